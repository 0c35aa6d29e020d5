"""Golden records: what each strategy chooses, whose values count, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import SettingsError
from keepone.pipeline import STAGES
from keepone.rules.dispositions import RULES
from keepone.rules.golden import Unit, golden_units
from keepone.schema import FIELDS, MEMBERS, VERDICTS
from keepone.settings import (
    DispositionSettings,
    EnrichSettings,
    GoldenSettings,
    RelateSettings,
    SurvivorshipSettings,
)
from keepone.stages.golden import golden
from tests.aftermatch.tables import (
    COLUMNS,
    Matched,
    disposition_settings,
    golden_settings,
    matched,
    relate_settings,
)

_ENGINE = DuckDBEngine(threads=1)
_COLUMN = {header: f"c{at:03d}" for at, (header, *_) in enumerate(COLUMNS)}


def _golden(
    *lines: Mapping[str, str | None],
    rules: dict[int, str] | None = None,
    flags: list[tuple[int, str, str]] | None = None,
    valued: list[tuple[int, str, str]] | None = None,
    **choices: Any,
) -> dict[str, dict[str, Any]]:
    """Return the golden values of one group by header; its first row is the primary.

    `rules` says which rule decided on a row; else it is merged into the primary. `valued` is what
    was decided of fields.
    """
    tables = Matched(
        [dict(line) for line in lines], [0] * len(lines), flags=flags or [], valued=valued or []
    ).tables()
    members = [
        {
            "row": row,
            "group": 0,
            "size": len(lines),
            "primary": 0,
            "criterion": "record id",
            "probability": 990_000 if row else None,
            "weight": 9_000 if row else None,
            "conflicts": 0,
        }
        for row in range(len(lines))
    ]
    read = ("records", "inputs", "fields", "normalized", "features", "flags", "judgements")
    verdicts = [
        {
            "row": row,
            "disposition": "",
            "rule": (rules or {}).get(row, "duplicate" if row else "primary"),
            "reason": "",
            "proposed_disposition": None,
        }
        for row in range(len(lines))
    ]
    made = golden(
        _ENGINE,
        GoldenSettings(**choices),
        verdicts=pa.Table.from_pylist(verdicts, schema=VERDICTS.arrow()),
        members=pa.Table.from_pylist(members, schema=MEMBERS.arrow()),
        **{name: tables[name] for name in read},
    )
    headers = {column: header for header, column in _COLUMN.items()}
    return {headers[line["column"]]: line for line in made["golden"].to_pylist()}


@pytest.mark.parametrize(
    ("strategy", "sizes", "value", "source"),
    [
        ("primary", ["7", "9"], "7", 0),
        ("primary", [None, "9", "8"], "9", 1),
        ("primary", [" ", "N/A", "8"], "8", 2),
        ("most_frequent", ["7", "9", "9"], "9", 1),
        ("most_frequent", ["7", "9"], "7", 0),
        ("longest", ["7", "100", "99"], "100", 1),
        ("shortest", ["100", "7", "9"], "7", 1),
        ("highest", ["7", "1,200", "$900"], "1,200", 1),
        ("lowest", ["7", "-4", "$3.50"], "-4", 1),
        ("highest", ["2020-01-01", "2021-06-30"], "2021-06-30", 1),
        ("highest", ["big", "7"], "7", 1),
        ("union", ["b; a", "c;A", "b"], "b;a;c", None),
        ("union", ["b; a", "A", "B"], "b; a", 0),
        ("union", ["a", "b;a", "c", None], "a;b;c", None),
        ("any_true", ["no", "Yes", "no"], "Yes", 1),
        ("any_true", ["no", "maybe"], "no", 0),
        ("never", ["7", "9"], "7", 0),
        ("never", [None, "9"], None, None),
    ],
)  # fmt: skip
def test_a_strategy_chooses_and_says_from_where(
    strategy: str, sizes: list[str | None], value: str | None, source: int | None
) -> None:
    lines = [{"Account Name": "acme", "Size": size} for size in sizes]
    found = _golden(*lines, strategies={"Size": strategy})["Size"]
    assert (found["value"], found["source"], found["strategy"]) == (value, source, strategy)


@pytest.mark.parametrize(
    ("strategy", "source"), [("most_recent", 2), ("oldest", 1), ("most_complete", 3)]
)
def test_some_strategies_go_by_the_record(strategy: str, source: int) -> None:
    found = _golden(
        {"Size": "1", "Created Date": "2014-01-01"},
        {"Size": "2", "Created Date": "2009-01-01"},
        {"Size": "3", "Created Date": "2020-01-01"},
        {"Size": "4", "Created Date": "2015-01-01", "Phone": "+1", "Street": "1 main"},
        strategies={"Size": strategy},
    )
    assert found["Size"]["source"] == source


def test_the_best_source_comes_first_and_others_last() -> None:
    lines = [{"Size": str(row), "Relationship": name} for row, name in enumerate(("x", "b", "a"))]
    chosen: dict[str, Any] = {
        "strategies": {"Size": "source_priority"}, "source_column": "Relationship"
    }  # fmt: skip
    assert _golden(*lines, sources=("a", "b"), **chosen)["Size"]["source"] == 2
    assert _golden(*lines, sources=("z",), **chosen)["Size"]["source"] == 0


def test_what_loses_is_told_once_by_its_first_record_and_same_values_do_not_lose() -> None:
    names = ("ACME, Inc.", "Acme inc", "Bolt", "BOLT", "Core")
    found = _golden(*({"Account Name": name} for name in names))["Account Name"]
    assert found["value"] == "ACME, Inc."
    assert found["beaten"] == [{"row": 2, "value": "Bolt"}, {"row": 4, "value": "Core"}]


def test_the_primarys_own_writing_stands_where_the_best_says_the_same() -> None:
    found = _golden(
        {"Account Name": "acme inc"},
        {"Account Name": "ACME, Inc"},
        {"Account Name": "Acme,    Inc."},
        strategies={"name": "longest"},
    )["Account Name"]
    assert (found["value"], found["source"], found["changed"]) == ("acme inc", 0, False)


@pytest.mark.parametrize(
    "rule", [rule.name for rule in RULES if rule.disposition not in ("Merge", "Enrich")]
)
def test_a_record_that_is_not_merged_gives_nothing(rule: str) -> None:
    found = _golden({"Account Name": "acme"}, {"Phone": "+1"}, rules={1: rule})["Phone"]
    assert (found["value"], found["source"], found["gained"]) == (None, None, False)
    assert found["beaten"] == [{"row": 1, "value": "+1"}]


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.disposition == "Merge"])
def test_a_record_that_is_merged_gives_what_the_primary_lacks(rule: str) -> None:
    found = _golden({"Account Name": "acme"}, {"Phone": "+1"}, rules={1: rule})["Phone"]
    assert (found["value"], found["source"], found["gained"]) == ("+1", 1, True)


def test_a_filler_counts_as_blank_and_a_primary_that_has_one_gains() -> None:
    for filler in ("000", "N/A", " - ", "unknown", "XXX", "(999) 999-9999", None, ""):
        found = _golden({"Phone": filler}, {"Phone": "xxx"}, {"Phone": "+15551234567"})["Phone"]
        assert (found["value"], found["source"], found["gained"]) == ("+15551234567", 2, True)
        assert found["beaten"] == []


def test_a_placeholder_is_no_name() -> None:
    flags = [(0, "placeholder_name", "test")]
    found = _golden({"Account Name": "test"}, {"Account Name": "acme"}, flags=flags)
    assert found["Account Name"]["value"] == "acme"
    assert found["Account Name"]["gained"]


def _at(street: str | None, city: str | None, country: str | None) -> dict[str, str | None]:
    return {"Street": street, "City": city, "Country": country}


@pytest.mark.parametrize(
    ("primary", "others", "address"),
    [
        # Filled from a record whose address agrees, and from one alone: the one that fills most.
        (
            _at(None, "Salem", None),
            [_at("1 main", "SALEM", None), _at("2 side", "Salem", "US")],
            _at("2 side", "Salem", "US"),
        ),
        # Not from one that lies elsewhere, nor from one that shares no more than the country.
        (
            _at(None, "Salem", None),
            [_at("1 main", "Springfield", None)],
            _at(None, "Salem", None),
        ),
        (_at(None, None, "US"), [_at("1 main", None, "US")], _at(None, None, "US")),
        # An address that is blank is taken whole: the one with most parts, then the commonest.
        (
            _at(None, None, None),
            [_at("1 main", None, None), _at(None, "Salem", "US"), _at("2 main", "Salem", "DE")],
            _at("2 main", "Salem", "DE"),
        ),
        (
            _at(None, None, None),
            [
                _at("1 main", "Salem", None),
                _at("2 main", "Salem", None),
                _at("2 main", "SALEM", ""),
            ],
            _at("2 main", "Salem", None),
        ),
    ],
)
def test_an_address_stays_together(
    primary: dict[str, str | None],
    others: list[dict[str, str | None]],
    address: dict[str, str | None],
) -> None:
    found = _golden({"Account Name": "acme", **primary}, *others)
    assert {name: found[name]["value"] if name in found else None for name in address} == address


def test_another_strategy_may_take_a_whole_other_address() -> None:
    found = _golden(
        {"City": "Springfield", "Country": "US"},
        {"City": "Salem", "Street": "1 main"},
        strategies={"City": "most_recent"},
        date_column="Size",
    )
    assert found["City"]["source"] == 0
    found = _golden(
        {"City": "Springfield", "Country": "US", "Size": "2010-01-01"},
        {"City": "Salem", "Street": "1 main", "Size": "2020-01-01"},
        strategies={"City": "most_recent"},
        date_column="Size",
    )
    assert [found[name]["source"] for name in ("Street", "City", "Country")] == [1, 1, None]
    assert [found[name]["changed"] for name in ("Street", "City", "Country")] == [False, True, True]


def _units(*columns: tuple[str, str | None, str], **choices: Any) -> tuple[Unit, ...]:
    lines = [
        {
            "column": f"c{at:03d}", "header": header, "field": field, "type": kind, "filled": 1,
            "distinct": 1, "compared": False, "why": "",
        }
        for at, (header, field, kind) in enumerate(columns)
    ]  # fmt: skip
    fields = pa.Table.from_pylist(lines, schema=FIELDS.arrow())
    return golden_units(GoldenSettings(**choices), fields)


def test_several_addresses_of_a_record_are_told_apart_by_their_headers() -> None:
    units = _units(
        ("Account ID", None, "record_id"),
        ("Billing Street", "street", "street"),
        ("Shipping Street", "shipping_street", "street"),
        ("Billing City", "city", "city"),
        ("Shipping City", "shipping_city", "city"),
        ("Billing Latitude", "billing_latitude", "number"),
        ("Address 2: City", "address_2_city", "city"),
        ("Address 2: Street 1", "address_2_street_1", "street"),
        ("Phone", "phone", "phone"),
    )
    assert [[part.header for part in unit.parts] for unit in units] == [
        ["Billing Street", "Billing City", "Billing Latitude"],
        ["Shipping Street", "Shipping City"],
        ["Address 2: City", "Address 2: Street 1"],
        ["Phone"],
    ]


def test_a_part_that_no_word_places_belongs_to_the_only_address_that_lacks_it() -> None:
    street, country = ("Billing Street", "street", "street"), ("Country", "country", "country")
    (unit,) = _units(street, ("Billing City", "city", "city"), country)
    assert [part.header for part in unit.parts] == ["Billing Street", "Billing City", "Country"]
    other = ("Billing Country", "billing_country", "country")
    assert [len(unit.parts) for unit in _units(street, other, country)] == [2, 1]


def test_strategies_come_from_settings_then_header_then_field_then_defaults_then_type() -> None:
    units = _units(
        ("Owner", "owner", "meta"),
        ("Email Opt Out", "status", "meta"),
        ("Fax", "fax", "phone"),
        ("Notes", "notes", "text"),
        ("Score", "score", "meta"),
        ("Tier", None, "ignored"),
        strategies={"Tier": "highest"},
        defaults={"phone": "most_frequent", "category": "longest"},
    )
    assert [unit.strategy for unit in units] == [
        "never", "any_true", "most_frequent", "primary", "never", "highest"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"strategies": {"Colour": "longest"}}, "golden.strategies: no column is called 'Colour'"),
        ({"strategies": {"Id": "longest"}}, "golden.strategies: 'Id' holds the record ids"),
        ({"strategies": {"Fax": "longest", "fax": "union"}}, "'Fax' has two strategies"),
        ({"strategies": {"Street": "union"}}, "an address cannot be 'union': 'Street'"),
        (
            {"strategies": {"Street": "oldest", "city": "primary"}},
            "'Street' and 'City' are parts of one address",
        ),
        ({"defaults": {"colour": "longest"}}, "golden.defaults: there is no type 'colour'"),
    ],
)
def test_what_cannot_be_applied_is_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _units(
            ("Id", None, "record_id"),
            ("Fax", "fax", "phone"),
            ("Street", "street", "street"),
            ("City", "city", "city"),
            **choices,
        )
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"strategies": {"Phone": "source_priority"}}, "which source comes first"),
        (
            {"strategies": {"Phone": "most_recent"}, "date_column": "Day"},
            "golden.date_column: no column is called 'Day'",
        ),
        (
            {"strategies": {"Phone": "source_priority"}, "sources": ("a",), "source_column": "S"},
            "golden.source_column: no column is called 'S'",
        ),
    ],
)
def test_what_a_strategy_needs_has_to_be_there(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _golden({"Phone": "+1"}, {"Phone": "+2"}, **choices)
    assert message in refused.value.message


@pytest.mark.parametrize("strategy", ["primary", "most_frequent", "union", "never", "shortest"])
def test_what_a_person_decided_on_goes_before_every_strategy(strategy: str) -> None:
    lines = [{"Size": size} for size in ("7", "9", "9", "8;9")]
    told: dict[str, Any] = {"strategies": {"Size": strategy}}
    found = _golden(*lines, valued=[(0, "Size", "7"), (2, "Size", " 9 ")], **told)["Size"]
    assert (found["value"], found["source"], found["strategy"]) == ("9", 1, "decided")
    assert [each["value"] for each in found["beaten"]] == ["7", "8;9"]
    assert found["changed"]
    written = _golden(*lines, valued=[(3, "Size", "12")], **told)["Size"]
    assert (written["value"], written["source"]) == ("12", None)
    assert [each["value"] for each in written["beaten"]] == ["7", "9", "8;9"]


def test_a_decided_value_may_be_of_a_field_that_nobody_fills() -> None:
    found = _golden({"Size": "7"}, {}, valued=[(1, "city", "Berlin"), (1, "nowhere", "x")])
    assert found.keys() == {"Size", "City"}
    assert found["City"]["value"] == "Berlin"
    assert found["City"]["gained"]
    assert not found["City"]["changed"]


def test_a_decided_part_of_an_address_leaves_the_others() -> None:
    lines = [{"Street": "1 main", "City": "here"}, {"Street": "2 side", "City": "there"}]
    found = _golden(*lines, valued=[(0, "street", "2 side")])
    assert (found["Street"]["value"], found["Street"]["source"]) == ("2 side", 1)
    assert found["City"]["value"] == "here"


@given(matched(), golden_settings(), disposition_settings(), relate_settings)
@hypothesis_settings(max_examples=40)
def test_every_golden_value_is_a_cell_of_the_primary_or_a_merged_record_or_a_union(
    case: Matched, chosen: GoldenSettings, decided: DispositionSettings, related: RelateSettings
) -> None:
    tables: dict[str, Any] = case.tables()
    choices: dict[str, Any] = {
        "survivorship": SurvivorshipSettings(), "relate": related, "disposition": decided,
        "golden": chosen, "enrich": EnrichSettings(),
    }  # fmt: skip
    for stage in STAGES:
        if stage.name in choices:
            given = {name: tables[name] for name in stage.reads}
            given |= {name: choices[name] for name in stage.also}
            tables |= stage.run(_ENGINE, choices[stage.name], **given)
    verdicts = {line["row"]: line["rule"] for line in tables["dispositions"].to_pylist()}
    meant = {rule.name: rule.disposition for rule in RULES}
    cells, members = tables["inputs"].to_pylist(), tables["members"].to_pylist()
    for line in tables["golden"].to_pylist():
        column, source = line["column"], line["source"]
        group = [m["row"] for m in members if m["group"] == line["group"]]
        primary = members[line["group"]]["primary"]
        given = {row: cells[row][column] for row in group if cells[row][column] is not None}
        told = {value.strip() for row, _, value in case.valued if row in group}
        if line["strategy"] == "decided":
            assert line["value"].strip() in told
        elif source is not None:
            assert given[source] == line["value"]
            assert source == primary or meant[verdicts[source]] == "Merge"
        elif line["value"] is not None:
            assert line["strategy"] == "union"
            items = {
                item.strip()
                for row, text in given.items()
                if row == primary or meant[verdicts[row]] == "Merge"
                for item in text.split(chosen.separator)
            }
            assert {item.strip() for item in line["value"].split(chosen.separator)} <= items
        assert all(given[each["row"]] == each["value"] != line["value"] for each in line["beaten"])
        assert not (line["gained"] and line["changed"])
        if line["strategy"] == "never":
            assert source in (None, primary)
