"""Every rule at work on a record that a reader understands; the table's own consistency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Formatter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import SettingsError
from keepone.golden_tables import GOLDEN
from keepone.rules.blacklist import compile_blacklist
from keepone.rules.disposition_facts import DETAILS, FACTS
from keepone.rules.dispositions import RULES
from keepone.rules.dispositions_page import page
from keepone.schema import FIELDS, MEMBERS, VERDICTS
from keepone.settings import DispositionSettings, EnrichSettings, GoldenSettings, RelateSettings
from keepone.stages.disposition import disposition
from keepone.stages.enrich import enrich
from keepone.stages.golden import golden
from keepone.stages.relate import relate
from tests.aftermatch.tables import Matched

_ENGINE = DuckDBEngine(threads=1)
_RELATE = (
    "records", "inputs", "fields", "features", "flags", "members", "possible_matches",
    "child_exports",
)  # fmt: skip
_DISPOSITION = (
    "records", "fields", "normalized", "features", "flags", "members", "relations", "children",
    "judgements", "blacklisted", "left_out",
)  # fmt: skip
_GOLDEN = (
    "records",
    "inputs",
    "fields",
    "normalized",
    "features",
    "flags",
    "members",
    "judgements",
    "verdicts",
)
_ENRICH = ("records", "fields", "normalized", "members", "golden", "verdicts")
_PAGE = Path(__file__).parents[2] / "docs" / "dispositions.md"


def _dispose(
    case: Matched,
    links: dict[int, tuple[int, int]] | None = None,
    *,
    held: int | None = None,
    children: tuple[str, ...] = ("contacts.csv",),
    primaries: Mapping[int, int] | None = None,
    unnamed: bool = False,
    **choices: Any,
) -> list[dict[str, Any]]:
    """Return the verdicts; a group's first row is primary, where `primaries` names no other.

    `links` gives rows a probability and conflict bits other than 99 % and none; `children` names
    the child exports given. The row `held` is one that people hold together with its primary. An
    `unnamed` export has no column of names.
    """
    tables = case.tables()
    if unnamed:
        tables["fields"] = tables["fields"].filter(pc.field("type") != "organisation")
        for name in ("normalized", "features"):
            of_names = [each for each in tables[name].column_names if each.startswith("name")]
            tables[name] = tables[name].drop_columns(of_names)
    size = {group: case.groups.count(group) for group in case.groups}
    first = {group: group for group in case.groups} | dict(primaries or {})
    members = [
        {
            "row": row,
            "group": group,
            "size": size[group],
            "primary": first[group],
            "criterion": "alone" if size[group] == 1 else "oldest: 2014-03-02",
            "probability": (links or {}).get(row, (990_000, 0))[0] if row != first[group] else None,
            "weight": 9_000 if row not in (first[group], held) else None,
            "conflicts": (links or {}).get(row, (0, 0))[1],
        }
        for row, group in enumerate(case.groups)
    ]
    tables["members"] = pa.Table.from_pylist(members, schema=MEMBERS.arrow())
    settings = DispositionSettings(**choices)
    given = RelateSettings(children=children)
    tables |= relate(_ENGINE, given, **{name: tables[name] for name in _RELATE})
    read = {name: tables[name] for name in _DISPOSITION}
    tables |= disposition(_ENGINE, settings, relate=given, **read)
    read = {name: tables[name] for name in _GOLDEN}
    tables |= golden(_ENGINE, GoldenSettings(), **read)
    read = {name: tables[name] for name in _ENRICH}
    made = enrich(_ENGINE, EnrichSettings(), disposition=settings, **read)
    lines: list[dict[str, Any]] = made["dispositions"].to_pylist()
    assert [line["row"] for line in lines] == list(range(len(case.groups))), "one verdict a record"
    return lines


_ACME: dict[str, str | None] = {"Account Name": "Acme", "Phone": "+1", "Street": "1 main"}
_MOVED: dict[str, str | None] = {"Account Name": "Acme", "Phone": "+1", "Street": "9 side"}
_ACME_HOLDING: dict[str, str | None] = {**_ACME, "Account Name": "acme holding"}
_BOLT: dict[str, str | None] = {
    "Account Name": "bolt", "City": "paris", "Zip": "75001", "Website": "bolt.com",
}  # fmt: skip
_JUNK: dict[str, str | None] = {"Account Name": "n/a", "Phone": "+1"}
_PLACEHOLDER = "placeholder_name"


@dataclass(frozen=True)
class _Case:
    """What the rule it stands for makes of one record."""

    matched: Matched
    verdict: str
    reason: str
    proposed: str | None = None
    row: int = 1
    links: dict[int, tuple[int, int]] = field(default_factory=dict)
    choices: dict[str, Any] = field(default_factory=dict)
    held: int | None = None


_PAIR = Matched([_ACME, _ACME], [0, 0])

_HELD: list[tuple[int, str, int, str | None]] = [(0, "same", 0, None), (1, "same", 0, None)]


def _judged(row: int, disposition: str) -> Matched:
    """Return two equal records of which people decided what becomes of one."""
    return Matched([_ACME, _ACME], [0, 0], judged=[(row, "disposition", 0, disposition)])


_CASES = {
    "junk_referred": _Case(
        Matched(
            [_JUNK, {**_BOLT, "Parent Account ID": "000"}],
            [0, 1],
            flags=[(0, _PLACEHOLDER, "n/a")],
            children=[("c1", 0, "contact"), ("c2", 0, "contact"), ("o1", 0, "opportunity")],
        ),
        "Verify",
        'The name is a placeholder ("n/a"), but other records refer to this one (contact: 2,'
        " opportunity: 1, subsidiary: 1): move them or correct the name",
        proposed="Delete",
        row=0,
    ),
    "junk_unchecked": _Case(
        Matched([_JUNK], [0], flags=[(0, _PLACEHOLDER, "n/a")]),
        "Verify",
        'The name is a placeholder ("n/a"), and no record of this export needs this one; whether'
        " contacts or others do is not known (--children)",
        proposed="Delete",
        row=0,
        choices={"children": ()},
    ),
    "decided_keep": _Case(_judged(1, "Keep"), "Keep", "Keep: decided by person 0"),
    "decided_merge": _Case(
        _judged(1, "Merge"),
        "Merge",
        'Merge into "Acme" (000): decided by person 0',
        links={1: (300_000, 1)},
    ),
    "decided_merge_alone": _Case(
        _judged(0, "Merge"),
        "Verify",
        "To be merged (decided by person 0), but it is itself the record that is kept",
        proposed="Keep",
        row=0,
    ),
    "decided_delete_primary": _Case(
        _judged(0, "Delete"),
        "Verify",
        "To be deleted (decided by person 0), but its group of 2 records would be merged into it",
        proposed="Delete",
        row=0,
    ),
    "decided_delete": _Case(_judged(1, "Delete"), "Delete", "Delete: decided by person 0"),
    "decided_verify_duplicate": _Case(
        _judged(1, "Verify"), "Verify", "To be verified: decided by person 0", proposed="Merge"
    ),
    "decided_verify": _Case(
        _judged(0, "Verify"),
        "Verify",
        "To be verified: decided by person 0",
        proposed="Keep",
        row=0,
    ),
    "decided_same": _Case(
        Matched([_ACME, _ACME], [0, 0], judged=_HELD),
        "Merge",
        'Merge into "Acme" (000): decided by person 1',
        links={1: (1_000_000, 0)},
        held=1,
    ),
    "junk_alone": _Case(
        Matched([_JUNK], [0], flags=[(0, _PLACEHOLDER, "n/a")]),
        "Delete",
        'The name is a placeholder ("n/a"), and no record of this export or the child exports needs'
        " this one",
        row=0,
    ),
    "junk_needed": _Case(
        Matched([_JUNK, _ACME], [0, 0], flags=[(0, _PLACEHOLDER, "n/a")]),
        "Verify",
        'The name is a placeholder ("n/a"), but its group of 2 records would be merged into this'
        " one: correct the name or choose another primary",
        proposed="Keep",
        row=0,
    ),
    "junk_in_group": _Case(
        Matched([_ACME, _JUNK], [0, 0], flags=[(1, _PLACEHOLDER, "n/a")]),
        "Verify",
        'The name is a placeholder ("n/a"), but the record is one of a group of 2 whose primary is'
        ' "Acme" (000)',
        proposed="Delete",
    ),
    "several_companies_duplicate": _Case(
        Matched([_ACME, _ACME], [0, 0], flags=[(1, "several_companies", "Acme; Bolt")]),
        "Verify",
        'Holds several companies (Acme; Bolt), one of which may be "Acme" (000)',
        proposed="Merge",
    ),
    "several_companies": _Case(
        Matched([_ACME], [0], flags=[(0, "several_companies", "Acme; Bolt")]),
        "Verify",
        "Holds several companies (Acme; Bolt): split it or keep it as it is",
        proposed="Keep",
        row=0,
    ),
    "hierarchy": _Case(
        Matched([_ACME, {**_ACME, "Parent Account ID": "000"}], [0, 0]),
        "Verify",
        'Is a subsidiary of "Acme" (000) (Parent Account ID says so), so related and not the same:'
        " same name, phone, street; weakest link 99.0 %",
        proposed="Keep",
    ),
    "name_of_relative": _Case(
        Matched([_ACME_HOLDING, {**_ACME_HOLDING, "Account Name": "acme"}], [0, 0]),
        "Verify",
        'Seems to be a subsidiary of "acme holding" (000) (one name adds "holding"), so related and'
        " not the same: same phone, street; similar name; weakest link 99.0 %",
        proposed="Keep",
    ),
    "branch_elsewhere": _Case(
        Matched([_BOLT, {**_BOLT, "City": "rome", "Zip": "00100"}], [0, 0]),
        "Verify",
        'Seems to be a branch at another place than "bolt" (000): same name, website; different'
        " postal code, city; weakest link 99.0 %",
        proposed="Keep",
    ),
    "alias_elsewhere": _Case(
        Matched(
            [_ACME, {"Account Name": "boltworks"}], [0, 1], aliases={0: ["boltworks", "boltworks"]}
        ),
        "Verify",
        'Is also called "boltworks", which is the name of "boltworks" (001) in another group',
        proposed="Merge",
        row=0,
    ),
    "names_differ": _Case(
        Matched(
            [{"Account Name": "zinc", "City": "paris"}, {"Account Name": "acme", "City": "paris"}],
            [0, 0],
        ),
        "Verify",
        'Matches "zinc" (000), but the names share nothing, and no id, phone, web site or mail'
        " address is the same: same city; different name; weakest link 99.0 %",
        proposed="Merge",
    ),
    "weak_link": _Case(
        Matched([_ACME, _MOVED], [0, 0]),
        "Verify",
        'Only 94.9 % sure to be "Acme" (000): same name, phone; different street',
        proposed="Merge",
        links={1: (949_999, 7)},
    ),
    "ids_conflict": _Case(
        Matched([{**_ACME, "Tax ID": "12"}, {**_ACME, "Tax ID": "13"}], [0, 0]),
        "Verify",
        'Matches "Acme" (000), but identifiers differ (tax id 13 against 12): same name, phone,'
        " street; different tax id; weakest link 99.0 %",
        proposed="Merge",
        links={1: (990_000, 7)},
    ),
    "legal_forms_differ": _Case(
        Matched([_ACME, _ACME], [0, 0], legal={0: "inc", 1: "llc"}),
        "Verify",
        'Matches "Acme" (000), but legal forms differ (llc against inc): same name, phone, street;'
        " weakest link 99.0 %",
        proposed="Merge",
        links={1: (990_000, 6)},
    ),
    "countries_differ": _Case(
        _PAIR,
        "Verify",
        'Matches "Acme" (000), but countries differ (between records that link them): same name,'
        " phone, street; weakest link 99.0 %",
        proposed="Merge",
        links={1: (990_000, 4)},
    ),
    "primary_is_junk": _Case(
        Matched([_JUNK, _ACME], [0, 0], flags=[(0, _PLACEHOLDER, "n/a")]),
        "Verify",
        'Matches "n/a" (000), whose name must be settled first: same phone; different name;'
        " weakest link 99.0 %",
        proposed="Merge",
    ),
    "large_group": _Case(
        Matched([_ACME] * 3, [0] * 3),
        "Verify",
        'Matches "Acme" (000), in a group of 3, more than are merged unseen: same name, phone,'
        " street; weakest link 99.0 %",
        proposed="Merge",
        choices={"max_group": 2},
    ),
    "suspicious_alone": _Case(
        Matched([{"Phone": "+1"}], [0], flags=[(0, "no_name", "")]),
        "Verify",
        "No other record is taken for the same, and something is odd: no name",
        proposed="Keep",
        row=0,
    ),
    "enrich": _Case(
        Matched([_ACME, {**_ACME, "Size": " big  one", "City": "Salem"}], [0, 0]),
        "Enrich",
        'Primary of 2 records (oldest: 2014-03-02); gains Size "big one", city "Salem" from "Acme"'
        " (001)",
        row=0,
    ),
    "budget_junk": _Case(
        Matched([_JUNK], [0], flags=[(0, _PLACEHOLDER, "n/a")], left_out=[0]),
        "Verify",
        'The name is a placeholder ("n/a"), but not all records that may be the same company were'
        " compared, since the run's time was short",
        proposed="Delete",
        row=0,
    ),
    "budget_duplicate": _Case(
        replace(_PAIR, left_out=[0]),
        "Verify",
        'Matches "Acme" (000), but not all records that may be the same company were compared,'
        " since the run's time was short: same name, phone, street; weakest link 99.0 %",
        proposed="Merge",
    ),
    "budget": _Case(
        replace(_PAIR, left_out=[1]),
        "Verify",
        "Not all records that may be the same company were compared, since the run's time was"
        " short",
        proposed="Keep",
        row=0,
    ),
    "primary": _Case(_PAIR, "Keep", "Primary of 2 records (oldest: 2014-03-02)", row=0),
    "duplicate_settled": _Case(
        Matched(
            [{**_ACME, "Website": "acme.com"}, {**_ACME, "Website": "acme.com"}],
            [0, 0],
            legal={0: "inc", 1: "llc"},
        ),
        "Merge",
        'Merge into "Acme" (000): legal forms differ (llc against inc), but agreement on web domain'
        " and phone settles it; same name, phone, street, website; weakest link 99.0 %",
        links={1: (990_000, 2)},
    ),
    "duplicate": _Case(
        _PAIR,
        "Merge",
        'Merge into "Acme" (000): same name, phone, street; weakest link 97.2 %',
        links={1: (972_999, 0)},
    ),
    "alone": _Case(Matched([_ACME], [0]), "Keep", "No other record is taken for the same", row=0),
}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_each_rule_gives_its_verdict_and_reason(rule: str) -> None:
    case = _CASES[rule]
    assert _dispose(case.matched, case.links, held=case.held, **case.choices)[case.row] == {
        "row": case.row,
        "disposition": case.verdict,
        "rule": rule,
        "reason": case.reason,
        "proposed_disposition": case.proposed,
    }


def test_rules_ask_and_say_only_what_is_declared_and_nothing_is_declared_in_vain() -> None:
    asked = {fact for rule in RULES for fact in rule.when}
    said = {detail for rule in RULES for _, detail, *_ in Formatter().parse(rule.reason) if detail}
    assert (asked, said) == (set(FACTS), set(DETAILS))
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all((rule.disposition == "Verify") == (rule.proposed is not None) for rule in RULES)


def test_only_junk_is_deleted_and_never_where_another_record_needs_it() -> None:
    deleting = [rule for rule in RULES if rule.disposition == "Delete"]
    assert [rule.when for rule in deleting] == [("decided_delete",), ("junk", "all_junk")]
    asked_before = [rule.when for rule in RULES[: RULES.index(deleting[1])] if "junk" in rule.when]
    doubts = ("referred", "unchecked", "unfinished")
    assert asked_before == [("junk", "all_junk", fact) for fact in doubts]


def test_one_account_merges_branches_and_nothing_else() -> None:
    for rule in ("branch_elsewhere", "name_of_relative"):
        case = _CASES[rule]
        found = _dispose(case.matched, branches="one_account")[1]["rule"]
        assert found == {"branch_elsewhere": "duplicate"}.get(rule, rule)
    north: dict[str, str | None] = {"Account Name": "acme north"}
    branch = Matched([{"Account Name": "acme"}, north], [0, 0])
    assert _dispose(branch)[1]["rule"] == "name_of_relative"
    assert _dispose(branch, branches="one_account")[1]["rule"] == "duplicate"


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({"Tax ID": "12"}, {"Tax ID": "12"}, "duplicate_settled"),
        ({"Phone": "+1", "Website": "a.com"}, {"Phone": "+1", "Website": "a.com"},
         "duplicate_settled"),
        ({"Phone": "+1", "Website": "a.com"}, {"Phone": "+2", "Website": "a.com"},
         "legal_forms_differ"),
    ],
)  # fmt: skip
def test_legal_forms_are_settled_by_an_id_or_by_domain_and_phone(
    one: dict[str, str | None], other: dict[str, str | None], rule: str
) -> None:
    case = Matched(
        [{"Account Name": "acme", **one}, {"Account Name": "acme", **other}],
        [0, 0],
        legal={0: "inc", 1: "llc"},
    )
    assert _dispose(case, {1: (990_000, 2)})[1]["rule"] == rule


def test_a_form_that_differs_only_on_the_way_is_settled_where_both_have_the_same() -> None:
    acme: dict[str, str | None] = {"Account Name": "acme"}
    (_, found) = _dispose(
        Matched([acme, acme], [0, 0], legal={0: "inc", 1: "inc"}), {1: (990_000, 2)}
    )
    assert found["rule"] == "duplicate_settled"
    (_, found) = _dispose(Matched([acme, acme], [0, 0], legal={0: "inc"}), {1: (990_000, 2)})
    assert found["rule"] == "legal_forms_differ"


@pytest.mark.parametrize(
    ("name", "other", "rule"),
    [
        ("acme", "zinc", "names_differ"),
        ("acme", "acne", "duplicate"),
        ("robert garcia dental", "rgd", "duplicate"),
        ("american supply", "asc", "duplicate"),
        ("propsmorgan", "morgan place", "duplicate"),
        ("acme zinc", "zinc bolts", "duplicate"),
        ("propszinc", "zinc place", "duplicate"),
        ("propsoil", "oil place", "names_differ"),
    ],
)
def test_names_share_words_spelling_or_initials_or_nothing(
    name: str, other: str, rule: str
) -> None:
    case = Matched([{"Account Name": name}, {"Account Name": other}], [0, 0])
    assert _dispose(case)[1]["rule"] == rule


def test_further_names_count_as_names() -> None:
    case = Matched(
        [{"Account Name": "zinc"}, {"Account Name": "acme"}], [0, 0], aliases={1: ["zinc works"]}
    )
    assert _dispose(case)[1]["rule"] == "duplicate"


@pytest.mark.parametrize("shared", ["Phone", "Website", "Tax ID"])
def test_names_may_differ_where_something_but_a_place_is_shared(shared: str) -> None:
    lines: list[dict[str, str | None]] = [
        {"Account Name": name, shared: "12"} for name in ("zinc", "acme")
    ]
    assert _dispose(Matched(lines, [0, 0]))[1]["rule"] == "duplicate"


def test_what_people_delete_is_not_deleted_where_others_would_be_merged_into_it() -> None:
    case = _CASES["decided_delete_primary"]
    assert [each["disposition"] for each in _dispose(case.matched)] == ["Verify", "Merge"]


def test_what_people_hold_together_is_merged_whatever_else_is_noticed() -> None:
    several: dict[str, str | None] = {"Account Name": "Acme; Bolt"}
    bolt: dict[str, str | None] = {"Account Name": "boltworks"}
    case = Matched(
        [_ACME, _ACME | several, bolt],
        [0, 0, 2],
        flags=[(1, "several_companies", "Acme; Bolt")],
        aliases={1: ["boltworks"]},
        judged=_HELD,
    )
    assert _dispose(case, {1: (1_000_000, 0)}, held=1)[1]["rule"] == "decided_same"


def test_what_people_hold_together_waits_where_the_primary_is_junk() -> None:
    flags = [(0, _PLACEHOLDER, "n/a")]
    case = Matched([_JUNK, _ACME], [0, 0], flags=flags, judged=_HELD)
    found = _dispose(case, {1: (1_000_000, 0)}, held=1)
    assert [each["rule"] for each in found] == ["junk_needed", "primary_is_junk"]


def test_nobody_is_asked_again_about_names_of_groups_that_are_held_apart() -> None:
    bolt: dict[str, str | None] = {"Account Name": "boltworks"}
    cases: list[tuple[list[tuple[int, str, int, str | None]], str]] = [
        ([], "alias_elsewhere"),
        ([(0, "apart", 0, None), (1, "apart", 0, None)], "alone"),
        ([(0, "apart", 0, None), (1, "apart", 1, None)], "alias_elsewhere"),
        ([(0, "primary", 0, None), (1, "primary", 0, None)], "alias_elsewhere"),
    ]
    for judged, rule in cases:
        case = Matched([_ACME, bolt], [0, 1], aliases={0: ["boltworks"]}, judged=judged)
        assert _dispose(case)[0]["rule"] == rule


def test_names_that_people_blacklisted_are_junk_beside_those_of_the_settings() -> None:
    case = Matched([_ACME, {"Account Name": "Bolt"}], [0, 1], blacklisted=("acme",))
    found = _dispose(case, blacklist=("bolt",))
    assert [each["rule"] for each in found] == ["junk_alone"] * 2


def test_a_group_of_nothing_but_junk_is_deleted_whole() -> None:
    flags = [(row, _PLACEHOLDER, "n/a") for row in (0, 1)]
    found = _dispose(Matched([_JUNK, _JUNK], [0, 0], flags=flags))
    assert [each["disposition"] for each in found] == ["Delete", "Delete"]


def test_what_a_person_merges_keeps_its_primary_from_being_deleted() -> None:
    flags = [(row, _PLACEHOLDER, "n/a") for row in (0, 1, 2)]
    judged: list[tuple[int, str, int, str | None]] = [(1, "disposition", 0, "Merge")]
    case = Matched([_JUNK, _JUNK, _JUNK], [0, 0, 0], flags=flags, judged=judged)
    found = _dispose(case)
    assert [each["rule"] for each in found] == ["junk_needed", "decided_merge", "junk_in_group"]


def test_groups_of_which_pairs_were_left_out_are_verified_whole() -> None:
    case = Matched([_ACME, _ACME, {"Account Name": "Bolt"}, _JUNK], [0, 0, 2, 3], left_out=[1, 3])
    case.flags.append((3, _PLACEHOLDER, "n/a"))
    found = _dispose(case)
    assert [(each["rule"], each["proposed_disposition"]) for each in found] == [
        ("budget", "Keep"),
        ("budget_duplicate", "Merge"),
        ("alone", None),
        ("budget_junk", "Delete"),
    ]
    assert {each["disposition"] for each in found if each["rule"] != "alone"} == {"Verify"}


def test_page_in_docs_is_current() -> None:
    command = (
        "python -c 'from keepone.rules.dispositions_page import page; print(page(), end=\"\")'"
        " > docs/dispositions.md"
    )
    assert _PAGE.read_text(encoding="utf-8") == page(), f"write it anew: {command}"


@pytest.mark.parametrize(
    ("name", "blacklist", "term"),
    [
        ("TEST-Account", ("test",), "test"),
        ("Testbed", ("test",), None),
        ("Please do not use this", ("use do", "Do Not Use!"), "Do Not Use!"),
        ("Do not ever use", ("do not use",), None),
        ("Zoë Müller", ("zoe muller",), "zoe muller"),
        ("Тест", ("test",), "test"),
        ("Acme test sample", ("sample", "test"), "sample"),
        ("Müller", ("ller",), None),
        (None, ("test",), None),
    ],
)
def test_blacklisted_terms_are_whole_words_in_order(
    name: str | None, blacklist: tuple[str, ...], term: str | None
) -> None:
    (found,) = _dispose(Matched([{"Account Name": name}], [0]), blacklist=blacklist)
    if term is None:
        assert found["rule"] == "alone"
    else:
        assert found["reason"].startswith(f'The name holds the blacklisted term "{term}"')


def test_a_term_with_nothing_to_look_for_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"disposition.blacklist: '\*\*' has no letter"):
        compile_blacklist(("test", "**"))


def test_labels_are_renamed_and_rules_are_not() -> None:
    case = _CASES["weak_link"]
    primary, weak = _dispose(case.matched, case.links, labels={"Merge": "Update", "Verify": "Look"})
    assert (primary["disposition"], primary["rule"]) == ("Keep", "primary")
    assert (weak["disposition"], weak["rule"]) == ("Look", "weak_link")
    assert weak["proposed_disposition"] == "Update"


def test_a_name_that_two_groups_bear_is_nobodys_alias() -> None:
    bolt: dict[str, str | None] = {"Account Name": "boltworks"}
    case = Matched([_ACME, bolt, bolt], [0, 1, 2], aliases={0: ["boltworks"]})
    assert [found["rule"] for found in _dispose(case)] == ["alone"] * 3


def test_a_short_further_name_points_at_nobody() -> None:
    case = Matched([_ACME, {"Account Name": "its"}], [0, 1], aliases={0: ["its"]})
    assert [found["rule"] for found in _dispose(case)] == ["alone"] * 2


def test_a_further_name_that_is_in_its_own_group_points_at_nobody() -> None:
    bolt: dict[str, str | None] = {"Account Name": "boltworks"}
    case = Matched([_ACME, bolt], [0, 0], aliases={0: ["boltworks"]})
    assert _dispose(case)[0]["rule"] == "primary"


def test_a_further_name_of_six_letters_points_at_a_company() -> None:
    case = Matched([_ACME, {"Account Name": "zephyr"}], [0, 1], aliases={0: ["zephyr"]})
    assert [found["rule"] for found in _dispose(case)] == ["alias_elsewhere", "alone"]


def test_of_several_such_names_the_first_in_the_alphabet_is_told() -> None:
    names = ("zephyr", "boltworks", "morgan")
    others: list[dict[str, str | None]] = [{"Account Name": name} for name in names]
    case = Matched([_ACME, *others], [0, 1, 2, 3], aliases={0: [*names]})
    assert 'Is also called "boltworks"' in _dispose(case)[0]["reason"]


def test_of_several_relatives_in_a_group_the_primary_is_told() -> None:
    """The record names both others as its parents; the primary comes after the other."""
    child = {**_ACME, "Parent Account ID": "000", "Ultimate Parent": "002"}
    found = _dispose(Matched([_ACME, child, _ACME], [0, 0, 0]), primaries={0: 2})[1]
    assert found["rule"] == "hierarchy"
    assert 'a subsidiary of "Acme" (002) (Ultimate Parent says so)' in found["reason"]


def test_a_parent_in_another_group_says_nothing_of_the_primary() -> None:
    child = {**_ACME, "Parent Account ID": "002"}
    case = Matched([_ACME, child, _BOLT], [0, 0, 2], possible=[(1, 2)])
    assert _dispose(case)[1]["rule"] == "duplicate"


def test_records_that_share_no_filled_field_are_told_as_such() -> None:
    (_, found) = _dispose(Matched([{"Phone": "+1"}, {"City": "Rome"}], [0, 0]))
    assert found["reason"] == (
        "Merge into 000: no compared field is filled in both; weakest link 99.0 %"
    )


def test_records_without_any_names_go_by_their_ids() -> None:
    phone: dict[str, str | None] = {"Phone": "+1"}
    found = _dispose(Matched([phone, phone], [0, 0]), unnamed=True, blacklist=("acme",))
    assert [(each["rule"], each["reason"]) for each in found] == [
        ("primary", "Primary of 2 records (oldest: 2014-03-02)"),
        ("duplicate", "Merge into 000: same phone; weakest link 99.0 %"),
    ]


def test_what_is_odd_is_told_with_what_it_is_about() -> None:
    (found,) = _dispose(Matched([_ACME], [0], flags=[(0, "odd_phone", "+1")]))
    assert found["reason"].endswith("something is odd: odd phone: +1")


def test_a_placeholder_that_is_blacklisted_too_is_junk_once() -> None:
    case = Matched([{"Account Name": "test"}], [0], flags=[(0, _PLACEHOLDER, "test")])
    (found,) = _dispose(case, blacklist=("test",))
    assert found["reason"].startswith('The name holds the blacklisted term "test", and no record')


@pytest.mark.parametrize(
    "judged",
    [(1, "apart", 0, None), (1, "disposition", 0, "Delete"), (3, "disposition", 0, "Merge")],
)
def test_only_a_merge_within_it_saves_a_group_of_junk(
    judged: tuple[int, str, int, str | None],
) -> None:
    flags = [(row, _PLACEHOLDER, "n/a") for row in (0, 1)]
    case = Matched([_JUNK, _JUNK, _ACME, _ACME], [0, 0, 2, 2], flags=flags, judged=[judged])
    assert [each["disposition"] for each in _dispose(case)[:2]] == ["Delete", "Delete"]


def test_one_record_may_be_held_together_with_some_and_apart_from_others() -> None:
    case = Matched([_ACME, _ACME, _BOLT], [0, 0, 2], judged=[*_HELD, (1, "apart", 0, None)])
    found = _dispose(case, {1: (1_000_000, 0)}, held=1)[1]
    assert found["reason"] == 'Merge into "Acme" (000): decided by person 1'


def test_long_names_are_cut_in_reasons() -> None:
    long: dict[str, str | None] = {"Account Name": "é" * 500}
    assert f'"{"é" * 79}…" (000)' in _dispose(Matched([long, long], [0, 0]))[1]["reason"]


def test_of_many_gains_a_dozen_is_listed_and_the_others_are_counted() -> None:
    tables = Matched([{}, {}], [0, 0]).tables()
    columns = [f"c{at:03d}" for at in range(13)]
    field = {"field": None, "type": "ignored", "filled": 1, "distinct": 1, "compared": False}
    fields = [
        field | {"column": column, "header": f"Extra {column}", "why": ""} for column in columns
    ]
    gained = {"group": 0, "value": "some", "source": 1, "strategy": "primary", "gained": True}
    golden_values = [gained | {"column": column, "changed": False} for column in columns]
    member = {"group": 0, "size": 2, "primary": 0, "criterion": "oldest", "conflicts": 0}
    verdict = {"disposition": "Keep", "rule": "primary", "reason": "kept"}
    made = enrich(
        _ENGINE,
        EnrichSettings(),
        disposition=DispositionSettings(),
        records=tables["records"],
        normalized=tables["normalized"],
        fields=pa.Table.from_pylist(fields, schema=FIELDS.arrow()),
        members=pa.Table.from_pylist([member | {"row": 0}], schema=MEMBERS.arrow()),
        golden=pa.Table.from_pylist(golden_values, schema=GOLDEN.arrow()),
        verdicts=pa.Table.from_pylist([verdict | {"row": 0}], schema=VERDICTS.arrow()),
    )
    (reason,) = made["dispositions"].column("reason").to_pylist()
    assert [reason.count(f'Extra {column} "some"') for column in columns] == [1] * 12 + [0]
    assert reason.endswith(" from 001 and 1 more")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme trading group", "same name"),
        ("acme trading limited", "similar name"),
        ("acme bolts", "similar name"),
        ("acmet rading gruop", "similar name"),
        ("apex trading limited", "different name"),
    ],
)
def test_names_that_share_words_or_nearly_all_letters_are_similar(name: str, said: str) -> None:
    first: dict[str, str | None] = {"Account Name": "acme trading group"}
    (_, found) = _dispose(Matched([first, {"Account Name": name}], [0, 0]))
    assert f": {said}; weakest link" in found["reason"]


def test_a_street_with_another_number_is_not_similar() -> None:
    first: dict[str, str | None] = {"Account Name": "acme", "Street": "1 long main"}
    found = [
        _dispose(Matched([first, first | {"Street": street}], [0, 0]))[1]["reason"]
        for street in ("1 main", "2 main")
    ]
    assert "; similar street" in found[0]
    assert "; different street" in found[1]
