"""What records are to each other: which reasons count, how often, and from which side."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.kernels.organisation import organisation_parser
from keepone.rules.relations import KINDS, SEEN_FROM_OTHER, parent_columns, relation_words
from keepone.schema import FIELDS, MEMBERS
from keepone.settings import RelateSettings
from keepone.stages.relate import relate
from tests.aftermatch.tables import Matched

_ENGINE = DuckDBEngine(threads=1)
_READS = (
    "records", "inputs", "fields", "features", "flags", "possible_matches", "child_exports",
)  # fmt: skip
_Line = dict[str, str | None]


def _made(case: Matched) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of the stage as lines, the first row of each group being primary."""
    tables = case.tables()
    members = [
        {
            "row": row,
            "group": group,
            "size": case.groups.count(group),
            "primary": group,
            "criterion": "oldest",
            "conflicts": 0,
        }
        for row, group in enumerate(case.groups)
    ]
    made = relate(
        _ENGINE,
        RelateSettings(),
        members=pa.Table.from_pylist(members, schema=MEMBERS.arrow()),
        **{name: tables[name] for name in _READS},
    )
    return {name: table.to_pylist() for name, table in made.items()}


def _relations(case: Matched) -> list[tuple[int, str, int, str]]:
    """Return who is what to whom by what."""
    found = _made(case)["relations"]
    return [(line["row"], line["kind"], line["other"], line["basis"]) for line in found]


def _named(name: str, **cells: str) -> _Line:
    return {"Account Name": name, **cells}


def test_both_see_a_relation_each_from_its_side() -> None:
    case = Matched([_named("a", **{"Parent Account ID": "001"}), _named("b")], [0, 1])
    assert _relations(case) == [(0, "subsidiary", 1, "parent id"), (1, "parent", 0, "parent id")]
    (first, second) = _made(case)["related"]
    assert (first["record_id"], first["related_id"], first["same_group"]) == ("000", "001", False)
    assert (second["record_id"], second["kind"]) == ("001", "parent")
    assert first["why"] == "Parent Account ID says so"


@pytest.mark.parametrize("pointer", ["000", "007", " ", "00"])
def test_a_pointer_to_itself_or_to_nothing_relates_nobody(pointer: str) -> None:
    case = Matched([_named("a", **{"Parent Account ID": pointer}), _named("b")], [0, 1])
    assert _relations(case) == []


def test_a_salesforce_id_of_15_characters_names_the_record_of_18() -> None:
    case = Matched([_named("a", **{"Parent Account ID": "0015f0000026Ptm"}), _named("b")], [0, 1])
    tables = case.tables()
    ids = pa.array(["0015f000002673FAAQ", "0015f0000026PtmAAE"])
    tables["records"] = tables["records"].set_column(2, "record_id", ids)
    members = [
        {"row": row, "group": row, "size": 1, "primary": row, "criterion": "alone", "conflicts": 0}
        for row in (0, 1)
    ]
    made = relate(
        _ENGINE,
        RelateSettings(),
        members=pa.Table.from_pylist(members, schema=MEMBERS.arrow()),
        **{name: tables[name] for name in _READS},
    )
    assert made["relations"].column("kind").to_pylist() == ["subsidiary", "parent"]


def test_of_several_reasons_the_surest_is_told() -> None:
    head = _named("acme", City="Rome", Zip="00100")
    below = _named("acme holding", City="Salem", Zip="75001")
    assert _relations(Matched([head, below], [0, 0])) == [
        (0, "subsidiary", 1, "name"),
        (1, "parent", 0, "name"),
    ]
    below = {**below, "Ultimate Parent": "000"}
    assert _relations(Matched([head, below], [0, 0])) == [
        (0, "parent", 1, "parent id"),
        (1, "subsidiary", 0, "parent id"),
    ]


@pytest.mark.parametrize(
    ("added", "shared", "kind"),
    [
        ("holding", {"Phone": "+1", "Street": "1 main"}, "parent"),
        ("holding", {"Tax ID": "12"}, None),
        ("division", {"Phone": "+1"}, "subsidiary"),
        ("group", {}, "parent"),
        ("group", {"Phone": "+1"}, None),
        ("group", {"Street": "1 main"}, None),
        ("group", {"City": "Rome"}, None),
        ("germany", {"Website": "acme.com"}, "subsidiary"),
        ("north", {}, "branch"),
        ("bakery", {}, None),
        ("holding bakery", {}, None),
    ],
)
def test_words_relate_unless_too_much_is_shared(
    added: str, shared: dict[str, str], kind: str | None
) -> None:
    case = Matched([_named(f"acme {added}", **shared), _named("acme", **shared)], [0, 0])
    expected = [] if kind is None else [
        (0, kind, 1, "name"), (1, SEEN_FROM_OTHER[kind], 0, "name"),
    ]  # fmt: skip
    assert _relations(case) == expected


def test_names_of_possible_matches_are_looked_at_too() -> None:
    case = Matched([_named("acme"), _named("acme holding")], [0, 1], possible=[(0, 1)])
    assert [(row, kind) for row, kind, *_ in _relations(case)] == [(0, "subsidiary"), (1, "parent")]


_ROME = {"Street": "1 main", "City": "Rome", "Zip": "00100"}
_SALEM = {"Street": "2 side", "City": "Salem", "Zip": "75001"}


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (_ROME, _SALEM, True),
        (_ROME, _SALEM | {"City": "Rome"}, True),
        (_ROME, _SALEM | {"Street": "1 main"}, False),
        (_ROME, {"City": "Salem"}, False),
        ({"City": "Rome", "Zip": "00100"}, {"City": "Salem", "Zip": "75001"}, True),
        ({"City": "Salem 2", "Zip": "00100"}, {"City": "Salem", "Zip": "75001"}, False),
        ({"City": "Rome", "Zip": "75001-1"}, {"City": "Salem", "Zip": "75001"}, False),
        (_ROME | {"Phone": "+1"}, _SALEM | {"Phone": "+1"}, False),
    ],
)
def test_another_place_differs_twice_and_is_reached_otherwise(
    one: dict[str, str], other: dict[str, str], found: bool
) -> None:
    case = Matched([_named("acme", **one), _named("acme", **other)], [0, 0])
    assert bool(_relations(case)) is found


def test_a_brand_is_told_of_groups_elsewhere_and_each_is_seen_beside_the_first() -> None:
    places = [
        {"City": city, "Zip": code} for city, code in (("Rome", "1"), ("Salem", "2"), ("Nice", "3"))
    ]
    lines = [_named("acme", **place) for place in places]
    assert _relations(Matched(lines, [0, 1, 2])) == [
        (0, "same brand", 1, "brand"),
        (0, "same brand", 2, "brand"),
        (1, "same brand", 0, "brand"),
        (2, "same brand", 0, "brand"),
    ]
    one_web = [line | {"Website": "acme.com"} for line in lines[:2]]
    assert {kind for _, kind, *_ in _relations(Matched(one_web, [0, 1]))} == {"branch"}
    junk = Matched(lines[:2], [0, 1], flags=[(0, "placeholder_name", "acme")])
    assert _relations(junk) == []


def test_children_are_counted_by_kind_and_once_each() -> None:
    case = Matched(
        [_named("a"), _named("b", **{"Parent Account ID": "000", "Ultimate Parent": "000"})],
        [0, 1],
        children=[("c1", 0, "contact"), ("c1", 0, "contact"), ("o1", 0, "case")],
    )
    assert _made(case)["children"] == [
        {"row": 0, "kind": "case", "children": 1},
        {"row": 0, "kind": "contact", "children": 1},
        {"row": 0, "kind": "subsidiary", "children": 1},
    ]


def test_relation_words_are_written_as_names_are_compared_on_them() -> None:
    parser = organisation_parser()
    listed = {word: each for word, each in relation_words().items() if each.unit}
    assert {each.kind for each in listed.values()} <= set(KINDS)
    for word in listed:
        assert parser.parse(f"zinc {word} acme")[0] == ["zinc", word, "acme"], word


@pytest.mark.parametrize(
    ("header", "names_parents"),
    [
        ("Parent Account ID", True),
        ("ParentId", True),
        ("Ultimate_Parent__c", True),
        ("Parent Customer (Account)", True),
        ("Number of child companies", False),
        ("Account ID", False),
    ],
)
def test_headers_of_parents(header: str, names_parents: bool) -> None:
    line = {
        "column": "c000", "header": header, "type": "meta", "filled": 1, "distinct": 1,
        "compared": False, "why": "",
    }  # fmt: skip
    fields = pa.Table.from_pylist([line], schema=FIELDS.arrow())
    assert parent_columns(fields) == ([("c000", header)] if names_parents else [])
