"""What operators read: the README of a plan and of its way back, word for word, and the tables.

The texts stand in guides/; `python -m tests.merge_plan.test_guides` writes them anew.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from keepone.merge_plan.document import File, LeftOut, read_plan
from keepone.merge_plan.groups import Winner
from keepone.merge_plan.guide import plan_guide
from keepone.merge_plan.making import Wishes
from keepone.merge_plan.restoring import write_way_back
from keepone.merge_plan.tables import Limits
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import (
    NAME,
    NOTE,
    ORIGIN,
    PARENT,
    Rows,
    account,
    children_of,
    group_of,
    planned,
    table,
    written,
)

_GUIDES = Path(__file__).parent / "guides"
_A, _B, _C, _D, _E, _F, _G, _H = (account(number) for number in range(8))
_LIMITS = Limits(rows=1_000, bytes=1_000_000)
_FILE = File(file="accounts.csv", sha256="", bytes=1)


def _salesforce(home: Path) -> Path:
    """Write a plan with all that a guide may speak of."""
    rows: Rows = {
        record: {NAME: "Acme", NOTE: None, PARENT: None, "Region": "N", "Owner": "Kim",
                 "Created Date": "2020-05-01"}
        for record in (_A, _B, _C, _D, _E, _F, _G, _H)
    }  # fmt: skip
    rows[_B] |= {"Created Date": "2019-05-01", NOTE: "\u00e4" * 5_000, "Region": "S"}
    rows[_H][PARENT] = _C
    rows[_F]["Owner"] = "Lee"
    winners = {NOTE: Winner(rows[_B][NOTE], _B), "Region": Winner("S", _B)}
    children = children_of([(sf_id("003", 1), "contact", _B), (sf_id("003", 2), "contact", _H)])
    plan, before = planned(
        rows,
        [group_of(rows, _A, _B, _C, _D, winners=winners), group_of(rows, _E, _F)],
        junk=[_G, _H],
        children=children,
    )
    origin = ORIGIN.model_copy(
        update={"export": [_FILE], "children": [_FILE.model_copy(update={"file": "contacts.csv"})]}
    )
    plan = plan.model_copy(update={"origin": origin, "accepted": ["currencies_differ"]})
    return written(home / "plan", plan, before, Wishes(statements=1))


def _other(home: Path) -> Path:
    """Write a plan of records that no Salesforce has."""
    rows: Rows = {
        str(number): {NAME: "Acme", "Town": str(number), PARENT: None} for number in range(1, 5)
    }
    rows["2"][PARENT] = "3"
    group = group_of(rows, "1", "3", winners={"Town": Winner("3", "3")})
    children = children_of([("t-1", "ticket", "3")])
    plan, before = planned(rows, [group], children=children, junk=["4"])
    plan = plan.model_copy(update={"origin": ORIGIN.model_copy(update={"export": [_FILE]})})
    return written(home / "plan", plan, before)


_PLANS = {"salesforce": _salesforce, "other": _other}


def _texts(home: Path) -> dict[str, str]:
    found = {}
    for name, write in _PLANS.items():
        folder = write(home / name)
        back = write_way_back(folder, _LIMITS).folder
        for file, guide in ((f"{name}.txt", folder), (f"{name}_way_back.txt", back)):
            text = (guide / "README.txt").read_text("utf-8")
            found[file] = text.replace(read_plan(folder).plan_id, "PLAN-ID")
    return found


@pytest.mark.parametrize("name", ["salesforce", "other"])
def test_the_operators_guides_say_what_there_is_to_do(name: str, tmp_path: Path) -> None:
    for file, text in _texts(tmp_path).items():
        if file.startswith(name):
            assert text == (_GUIDES / file).read_text("utf-8"), file


def test_a_guide_says_less_where_there_is_less() -> None:
    rows: Rows = {record: {NAME: "Acme"} for record in (_A, _B)}
    plan, _ = planned(rows, [group_of(rows, _A, _B)])
    told = plan_guide(plan, ["merge.apex"])
    for word in ("verify.csv", "deletes.csv", "primary_updates", "Accepted", "created date"):
        assert word not in told, word
    assert "merge.apex: run as a user" in told
    assert "merge.apex to" not in told
    many = [LeftOut(check="owners_differ", group_id="g", records=[_A], reason="x")] * 1_200
    told = plan_guide(plan.model_copy(update={"left_out": many, "unseen": []}), [])
    assert "Findings that are left for a person: 1,200 (verify.csv)." in told
    assert "owners_differ: 1,200 (if that is no reason: make the plan with --accept" in told
    assert "Not shown by the given files" not in told


def test_the_tables_for_people_tell_each_step_and_each_finding(tmp_path: Path) -> None:
    folder = _salesforce(tmp_path)
    steps = table(folder / "merge_steps.csv")
    assert [row["Step"] for row in steps] == ["1", "2"]
    first, second = steps
    assert (first["Keep"], first["Merge 1"], first["Merge 2"]) == (_A, _B, _C)
    assert (second["Merge 1"], second["Merge 2"], second["Merge 2 (name)"]) == (_D, "", "")
    assert (first["Created date"], second["Created date"]) == (f"becomes that of {_B}", "")
    assert first["Written afterwards"] == ""
    assert second["Written afterwards"].startswith("Description: \u00e4")
    findings = {row["Check"]: row for row in table(folder / "verify.csv")}
    assert set(findings) == {"owners_differ", "has_children"}
    assert findings["owners_differ"]["Records"] == f"{_E} {_F}"
    why = "junk; child records point to it and would go with it"
    assert findings["has_children"]["Reason"] == why
    assert table(folder / "deletes.csv") == [{"Id": _G}]
    assert table(folder / "crosswalk.csv") == [
        *({"old_id": each, "new_id": _A, "reason": "merged"} for each in (_B, _C, _D)),
        {"old_id": _G, "new_id": "", "reason": "deleted"},
    ]


def test_a_value_that_is_taken_away_is_told_as_such(tmp_path: Path) -> None:
    rows: Rows = {record: {NAME: "Acme", "Fax": "1", "Phone": "2"} for record in (_A, _B)}
    winners = {"Fax": Winner(None, None), "Phone": Winner("3", _B)}
    plan, before = planned(rows, [group_of(rows, _A, _B, winners=winners)])
    (step,) = table(written(tmp_path / "plan", plan, before) / "merge_steps.csv")
    assert (
        step["Values that change on the record kept"] == "Fax: (emptied, was 1); Phone: 3 (was 2)"
    )


def _write_anew() -> None:
    with tempfile.TemporaryDirectory() as home:
        for file, text in _texts(Path(home)).items():
            (_GUIDES / file).write_text(text, "utf-8")


if __name__ == "__main__":
    _write_anew()
