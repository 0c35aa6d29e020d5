"""The files of a plan: exact for machines, safe for people, within what a platform takes."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepone.errors import InputError
from keepone.exports.formulas import unescaped_text
from keepone.merge_plan.apex import MOST_CHARACTERS, MOST_STATEMENTS, write_merges
from keepone.merge_plan.document import PLAN, read_plan
from keepone.merge_plan.groups import Winner
from keepone.merge_plan.making import Wishes
from keepone.merge_plan.proof import prove
from keepone.merge_plan.restoring import write_way_back
from keepone.merge_plan.soap import write_requests
from keepone.merge_plan.tables import Limits, write_machine_table, write_peoples_table
from keepone.merge_plan.targets import Target
from keepone.merge_plan.wire import (
    Refusal,
    Value,
    apex_literal,
    apex_string,
    csv_text,
    json_value,
    read_value,
)
from tests.merge_plan.worlds import (
    ID,
    NAME,
    NOTE,
    PARENT,
    Rows,
    account,
    group_of,
    planned,
    table,
    written,
)

_LIMITS = Limits(rows=1_000, bytes=1_000_000)


def _target(kind: str, length: int | None = None) -> Target:
    return Target(column="x", api_name="X__c", type=kind, length=length)


@pytest.mark.parametrize(
    ("kind", "text", "value", "loaded", "request_", "literal"),
    [
        ("date", "2020-01-31", date(2020, 1, 31), "2020-01-31T00:00:00.000+0000", "2020-01-31",
         "Date.newInstance(2020, 1, 31)"),
        ("datetime", "2020-01-31T23:30:00.5-0100", datetime(2020, 2, 1, 0, 30, 0, 500_000, UTC),
         "2020-02-01T00:30:00.500+0000", "2020-02-01T00:30:00.500Z",
         "Datetime.newInstanceGmt(2020, 2, 1, 0, 30, 0)"),
        ("currency", "$1,234.50", Decimal("1234.50"), "1234.50", "1234.50",
         "Decimal.valueOf('1234.50')"),
        ("int", "1,200", 1200, "1200", 1200, "1200"),
        ("long", "-3000000000", -3_000_000_000, "-3000000000", -3_000_000_000, "-3000000000L"),
        ("boolean", "Yes", True, "true", True, "true"),
        ("string", "=x", "=x", "=x", "=x", "'=x'"),
    ],
)  # fmt: skip
def test_each_kind_of_value_is_written_as_its_reader_takes_it(
    kind: str, text: str, value: Value, loaded: str, request_: object, literal: str
) -> None:
    read = read_value(_target(kind), text)
    assert read == value
    assert not isinstance(read, Refusal)
    assert (csv_text(read), json_value(read), apex_literal(read)) == (loaded, request_, literal)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("date", "31.01.2020"), ("datetime", "2020-02-30"), ("double", "1.2.3"), ("int", "1.5"),
        ("boolean", "maybe"), ("reference", "Acme Inc"), ("string", "12345"), ("string", "#N/A"),
        ("int", "3000000000"), ("long", "9" * 19), ("reference", "001D000000IRt53aaa"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_hold_is_refused(kind: str, text: str) -> None:
    assert isinstance(read_value(_target(kind, length=4), text), Refusal)


def _meant(literal: str) -> str:
    """Return the text that a string literal of Apex stands for."""
    known = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

    def one(match: re.Match[str]) -> str:
        if match[1] is not None:
            return chr(int(match[1], 16))
        return known.get(match[2], match[2])

    text = re.sub(r"\\(?:u([0-9A-F]{4})|(.))", one, literal[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


@given(st.text())
def test_apex_strings_are_ascii_and_mean_what_they_say(text: str) -> None:
    literal = apex_string(text)
    assert literal.isascii()
    assert "\n" not in literal
    assert not re.search(r"(?<!\\)(?:\\\\)*'", literal[1:-1])
    assert _meant(literal) == text


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(st.lists(_CELL, min_size=2, max_size=2), min_size=1, max_size=9))
@example([["=1", "\uff1d1"], [" @x", "\u3000-1"], ["'=1", "+49 30"]])
def test_tables_of_machines_are_exact_and_those_of_people_no_formulas(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    write_machine_table(folder, "exact", ["a", "b"], rows, Limits(rows=4, bytes=1_000_000))
    assert [[row["a"], row["b"]] for row in table(folder / "exact.csv")] == rows
    write_peoples_table(folder, "safe", ["a", "b"], rows, Limits(rows=4, bytes=1_000_000))
    for row, (first, _) in zip(table(folder / "safe.csv"), rows, strict=True):
        assert unescaped_text(row["a"]) == first
        active = row["a"].lstrip(" \u00a0\u3000").startswith(("=", "+", "-", "@", "\t", "\uff1d"))
        assert not active or re.fullmatch(r"[+-][0-9][0-9 .]*", first)


def test_parts_are_as_long_as_they_may_be(tmp_path: Path) -> None:
    rows = [[f"{number:04d}"] for number in range(50)]
    parts = write_machine_table(tmp_path, "part", ["Id"], rows, Limits(rows=1_000, bytes=100))
    assert len(parts) > 1
    assert all(path.stat().st_size <= 100 for path in parts)
    assert [[row["Id"]] for row in table(tmp_path / "part.csv")] == rows
    assert write_machine_table(tmp_path, "none", ["Id"], [], _LIMITS) == []
    assert not (tmp_path / "none.csv").exists()


def test_a_part_holds_as_many_rows_and_bytes_as_it_may(tmp_path: Path) -> None:
    rows = [[f"{number:04d}"] for number in range(9)]
    by_rows = write_machine_table(tmp_path, "rows", ["Id"], rows, Limits(rows=4, bytes=1_000))
    assert [path.name for path in by_rows] == ["rows_001.csv", "rows_002.csv", "rows_003.csv"]
    assert [path.read_text("utf-8").count("\n") for path in by_rows] == [5, 5, 2]
    # The header takes three bytes, and each row five.
    by_bytes = write_machine_table(tmp_path, "bytes", ["Id"], rows, Limits(rows=99, bytes=23))
    assert [path.stat().st_size for path in by_bytes] == [23, 23, 8]
    (whole,) = write_peoples_table(tmp_path, "whole", ["Id"], rows[:4], Limits(rows=4, bytes=26))
    assert whole == tmp_path / "whole.csv"
    assert whole.read_bytes() == b"\xef\xbb\xbfId\n0000\n0001\n0002\n0003\n"
    assert len(write_peoples_table(tmp_path, "two", ["Id"], rows[:4], Limits(4, 25))) == 2
    assert (Limits.of(7, 3), Limits.of(1, 1)) == (Limits(7, 3_000_000), Limits(1, 1_000_000))


def test_requests_are_in_calls_of_200_and_parts_within_the_limit(tmp_path: Path) -> None:
    rows: Rows = {account(number): {NAME: "A", NOTE: None} for number in range(402)}
    records = list(rows)
    pairs = list(zip(records[::2], records[1::2], strict=True))
    winners = {NOTE: Winner("ä", pairs[0][1])}
    groups = [group_of(rows, *pairs[0], winners=winners)]
    groups += [group_of(rows, *pair) for pair in pairs[1:]]
    plan, _ = planned(rows, groups)
    write_requests(tmp_path, plan, _LIMITS)
    calls = json.loads((tmp_path / "merge_requests.json").read_text("utf-8"))
    assert [len(call["merge"]) for call in calls] == [200, 1]
    assert calls[0]["merge"][0] == {
        "masterRecord": {"type": "Account", "Id": pairs[0][0], "Description": "ä"},
        "recordToMergeIds": [pairs[0][1]],
    }
    three = plan.model_copy(update={"groups": plan.groups * 3})
    (tmp_path / "three").mkdir()
    # 603 merges are calls of 200, 200, 200 and 3; of those that are full, two have their place.
    call = len(json.dumps(calls[0], ensure_ascii=False).encode())
    write_requests(tmp_path / "three", three, Limits(rows=1, bytes=int(2.5 * call)))
    held = [json.loads(path.read_text("utf-8")) for path in sorted((tmp_path / "three").iterdir())]
    assert [[len(each["merge"]) for each in part] for part in held] == [[200, 200], [200, 3]]
    (tmp_path / "parts").mkdir()
    write_requests(tmp_path / "parts", plan, Limits(rows=1, bytes=10))
    parts = sorted((tmp_path / "parts").iterdir())
    assert [path.name for path in parts] == ["merge_requests_001.json", "merge_requests_002.json"]
    assert [json.loads(path.read_text("utf-8")) for path in parts] == [[each] for each in calls]


def test_scripts_keep_to_what_the_platform_takes(tmp_path: Path) -> None:
    rows: Rows = {
        account(number): {NAME: f"C{number}", NOTE: "\u00e4" * (number * 7 % 3_000)}
        for number in range(600)
    }
    records = list(rows)
    groups = [
        group_of(rows, one, two, winners={NOTE: Winner(rows[two][NOTE], two)})
        for one, two in zip(records[::2], records[1::2], strict=True)
    ]
    plan, before = planned(rows, groups)
    folder = written(tmp_path / "plan", plan, before, Wishes(statements=70))
    scripts = [path.read_text("ascii") for path in sorted((folder / "apex").iterdir())]
    assert all(len(script) <= MOST_CHARACTERS for script in scripts)
    counts = [script.count("masters.add(") for script in scripts]
    assert max(counts) <= 70 <= MOST_STATEMENTS
    assert sum(counts) == len(plan.groups) == 300
    numbers = [
        int(number) for text in scripts for number in re.findall(r"steps.add\((\d+)\)", text)
    ]
    assert numbers == list(range(1, 301))


def test_a_script_leaves_room_for_the_triggers_of_the_org() -> None:
    """Of the 150 statements of a transaction, 50 are theirs."""
    assert Wishes().statements == 100


def test_texts_too_long_for_a_script_are_loaded_afterwards(tmp_path: Path) -> None:
    long = "\u00e4" * 9_000
    rows: Rows = {account(1): {NAME: "A", NOTE: None}, account(2): {NAME: "A", NOTE: long}}
    group = group_of(rows, *rows, winners={NOTE: Winner(long, account(2))})
    plan, before = planned(rows, [group])
    folder = written(tmp_path / "plan", plan, before)
    assert len((folder / "merge.apex").read_text("ascii")) <= MOST_CHARACTERS
    assert table(folder / "primary_updates.csv") == [{"Id": account(1), "Description": long}]


def test_a_plan_reads_as_it_was_written(tmp_path: Path) -> None:
    rows: Rows = {account(number): {NAME: "A"} for number in range(3)}
    plan, before = planned(rows, [group_of(rows, *rows)])
    folder = written(tmp_path / "plan", plan, before)
    assert read_plan(folder).groups == plan.groups
    again = written(tmp_path / "again", plan, before)
    for path in folder.rglob("*"):
        if path.is_file():
            other = again / path.relative_to(folder)
            assert other.read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"version": 1', '"version": 99', "newer release"),
        ('"groups"', '"troops"', "is damaged"),
        ('"salesforce"', '"colour": 1, "salesforce"', "is damaged: colour: "),
        ("{", "", "holds no merge plan"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    rows: Rows = {account(number): {NAME: "A"} for number in range(2)}
    plan, before = planned(rows, [group_of(rows, *rows)])
    path = written(tmp_path / "plan", plan, before) / PLAN
    path.write_text(path.read_text("utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_plan(tmp_path / "plan")


def test_a_plan_of_nothing_is_a_plan(tmp_path: Path) -> None:
    rows: Rows = {account(1): {NAME: "A"}}
    plan, before = planned(rows, [])
    folder = written(tmp_path / "plan", plan, before)
    assert prove(plan, before).holds
    assert {path.name for path in folder.iterdir()} == {"README.txt", "before", "plan.json"}
    back = write_way_back(folder, _LIMITS).folder
    assert {path.name for path in back.iterdir()} == {"README.txt"}


def test_what_is_made_again_points_only_to_what_is_there(tmp_path: Path) -> None:
    top, one, two, loser, other = (account(number) for number in range(5))
    rows: Rows = {record: {NAME: "A", PARENT: None} for record in (top, one, two, loser, other)}
    rows[loser][PARENT], rows[other][PARENT] = top[:15], loser
    plan, before = planned(rows, [group_of(rows, one, loser), group_of(rows, two, other)])
    assert prove(plan, before).holds
    back = write_way_back(written(tmp_path / "plan", plan, before), _LIMITS).folder
    made = {row["old_id"]: row["ParentId"] for row in table(back / "5_insert_if_purged.csv")}
    assert made == {loser: top, other: ""}
    assert table(back / "3_parents.csv") == [{"Id": other, "ParentId": loser}]


def test_the_name_of_a_person_account_is_made_of_its_parts(tmp_path: Path) -> None:
    rows: Rows = {
        account(number): {
            NAME: "Ada Lovelace", "Last Name": "Lovelace", "Is Person Account": "true"
        }
        for number in range(2)
    }  # fmt: skip
    plan, before = planned(rows, [group_of(rows, *rows)])
    back = write_way_back(written(tmp_path / "plan", plan, before), _LIMITS).folder
    assert table(back / "5_insert_if_purged.csv") == [
        {"old_id": account(1), "Name": "", "LastName": "Lovelace"}
    ]


def test_another_system_loads_under_its_own_headers(tmp_path: Path) -> None:
    rows: Rows = {str(number): {NAME: "Acme", "Telefon": str(number)} for number in range(1, 4)}
    group = group_of(rows, "1", "3", winners={"Telefon": Winner("3", "3")})
    plan, before = planned(rows, [group])
    folder = written(tmp_path / "plan", plan, before)
    assert table(folder / "primary_updates.csv") == [{ID: "1", "Telefon": "3"}]
    back = write_way_back(folder, _LIMITS).folder
    assert table(back / "1_masters.csv") == [{ID: "1", "Telefon": "1"}]
    assert not list(back.glob("*.apex"))


def test_a_script_is_filled_to_the_last_character_and_no_further(tmp_path: Path) -> None:
    """Two merges share a script as long as they fit; each script tells its number."""
    rows: Rows = {account(number): {NAME: "A", NOTE: None} for number in range(4)}
    one, two, three, four = rows
    scripts_by_length = {}
    for length in range(15_390, 15_430, 2):
        groups = [
            group_of(rows, one, two, winners={NOTE: Winner("x" * length, two)}),
            group_of(rows, three, four, winners={NOTE: Winner("x" * 15_600, four)}),
        ]
        plan, _ = planned(rows, groups)
        folder = tmp_path / f"{length}"
        folder.mkdir()
        write_merges(folder, plan, 100)
        scripts = [path.read_text("ascii") for path in sorted(folder.rglob("*.apex"))]
        assert all(len(script) <= 32_000 for script in scripts)
        for number, script in enumerate(scripts, start=1):
            assert script.startswith(f"// Keepone merge plan {plan.plan_id}, part {number}. ")
        scripts_by_length[sum(map(len, scripts))] = len(scripts)
    assert set(scripts_by_length.values()) == {1, 2}


def test_the_scripts_of_a_small_plan(tmp_path: Path) -> None:
    one, two, three, four = (account(number) for number in range(4))
    rows: Rows = {record: {NAME: "A", NOTE: None, "Employees": "3"} for record in (one, two)}
    rows[two] |= {NOTE: "it's", "Employees": None}
    rows |= {record: {NAME: "B", NOTE: None, "Employees": None} for record in (three, four)}
    winners = {NOTE: Winner("it's", two), "Employees": Winner(None, None)}
    groups = [group_of(rows, one, two, winners=winners), group_of(rows, three, four)]
    plan, before = planned(rows, groups)
    folder = written(tmp_path / "plan", plan, before)
    back = write_way_back(folder, _LIMITS).folder
    assert (
        (folder / "merge.apex").read_text("ascii")
        == f"""\
// Keepone merge plan {plan.plan_id}, part 1. Run the parts in the order of their numbers.
List<Account> masters = new List<Account>();
List<List<Id>> duplicates = new List<List<Id>>();
List<Integer> steps = new List<Integer>();
masters.add(new Account(Id='{one}', Description='it\\'s', NumberOfEmployees=null)); \
duplicates.add(new List<Id>{{'{two}'}}); steps.add(1);
masters.add(new Account(Id='{three}')); duplicates.add(new List<Id>{{'{four}'}}); steps.add(2);
Integer done = 0;
List<String> failed = new List<String>();
for (Integer i = 0; i < masters.size(); i++) {{
    try {{
        Database.merge(masters[i], duplicates[i], true);
        done++;
    }} catch (Exception problem) {{
        failed.add('step ' + steps[i] + ': ' + problem.getMessage());
    }}
}}
System.debug(LoggingLevel.ERROR, 'Keepone: merged ' + done + ' of ' + masters.size() + ' steps');
for (String line : failed) {{
    System.debug(LoggingLevel.ERROR, 'Keepone: ' + line);
}}
"""
    )
    assert (
        (back / "2_undelete.apex").read_text("ascii")
        == f"""\
// Keepone merge plan {plan.plan_id}, way back, part 1: records return from the recycle bin.
List<Id> ids = new List<Id>{{
    '{two}',
    '{four}'
}};
List<Account> gone = [SELECT Id FROM Account WHERE Id IN :ids AND IsDeleted = true ALL ROWS];
Integer done = 0;
for (Database.UndeleteResult result : Database.undelete(gone, false)) {{
    if (result.isSuccess()) {{
        done++;
    }} else {{
        System.debug(LoggingLevel.ERROR, 'Keepone: ' + result.getId() + ' ' + result.getErrors());
    }}
}}
System.debug(LoggingLevel.ERROR, 'Keepone: returned ' + done + ' of ' + ids.size());
"""
    )
