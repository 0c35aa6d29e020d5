"""One decision: what holds together, what its plain data tells, and what is left of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keepone.decisions import Decision, RecordKey
from keepone.decisions.decision import DISPOSITIONS, KINDS, SEEN, different, same
from keepone.errors import DecisionError

A, B, C = (RecordKey.of(name) for name in "abc")
TIME = "2026-05-01T10:00:00.000+00:00"
SPLIT = Decision(
    "split", "ann", ((A,), (B, C)), "two towns", ("Nord", "Süd"), seen=("low_score",), version=7,
    id="d-1", time=TIME,
)  # fmt: skip


def refused(decision: Decision) -> DecisionError:
    with pytest.raises(DecisionError) as told:
        decision.check()
    return told.value


@pytest.mark.parametrize(
    "decision",
    [
        same("a" * 200, [A, B], "x" * 20_000),
        different("ann", [A, B, C]),
        Decision("split", "ann", ((A,), (B, C)), names=("Nord",)),
        Decision("move", "ann", ((A, B), (), (C,))),
        Decision("move", "ann", ((A, B), (C,), ())),
        Decision("primary", "ann", ((A,),)),
        Decision("value", "ann", ((A,),), field="phone", value="+1"),
        *(Decision("disposition", "ann", ((A, B),), value=each) for each in DISPOSITIONS),
        Decision("note", "ann", value="of nothing in particular"),
        Decision("note", "ann", ((A,),), value="of one record"),
        Decision("blacklist", "ann", value="Test 1"),
        Decision("undo", "ann", undoes="d-1"),
        Decision("redo", "ann", undoes="d-2"),
        Decision("forget", "ann", erased=2),
        Decision("note", "ann", value="x", id="d" * 200, seen=SEEN, time="2026-05-01T12:00+00:00"),
    ],
)
def test_what_holds_together_is_taken(decision: Decision) -> None:
    decision.check()
    assert Decision.from_dict(json.loads(decision.as_json())) == decision


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (same("a" * 201, [A, B]), "has no author"),
        (same("ann", [A, B], 7), "holds something else than text"),  # type: ignore[arg-type]
        (Decision("note", "ann", value="x", id=""), "has no id"),
        (Decision("note", "ann", value="x", id="d" * 201), "has no id"),
        (Decision("note", "ann", value="x", time="soon"), "has no time in UTC ('soon')"),
        (Decision("note", "ann", value="x", time="2026-05-01T12:00+02:00"), "has no time in UTC"),
        (Decision("note", "ann", value="x", erased=-1), "holds a wrong number"),
        (Decision("note", "ann", value="x", version=-1), "holds a wrong number"),
        (Decision("note", "ann", value="a\ud800"), "holds text of which databases hold none"),
        (Decision("note", "ann", ((RecordKey("", "a\0"),),), value="x"), "holds text of which"),
        (Decision("note", "ann", value="x" * 20_001), "holds a text beyond 20,000 characters"),
        (Decision("same", "ann", ((A, B), (C,))), "has too few sets of records, or too many"),
        (different("ann", [A]), "has too few sets of records, or too many"),
        (Decision("move", "ann", ((A,), (B,))), "has too few sets of records, or too many"),
        (Decision("primary", "ann"), "has too few sets of records, or too many"),
        (Decision("note", "ann", ((A,), (B,)), value="x"), "has too few sets of records"),
        (Decision("split", "ann", ((A,), (B,)), names=tuple("xyz")), "names more names than parts"),
        (Decision("note", "ann", value="x", undoes="d-1"), "does not say what it undoes"),
        (Decision("redo", "ann"), "does not say what it undoes"),
        (Decision("value", "ann", ((A,),), field="phone"), "needs a value, and others have none"),
        (Decision("primary", "ann", ((A,),), value="x"), "needs a value, and others have none"),
        (Decision("note", "ann", value="x", field="phone"), "has a field"),
        (Decision("note", "ann", value=""), "has a value that says nothing"),
        (
            Decision("value", "ann", ((A,),), field="city", value=" "),
            "has a value that says nothing",
        ),
        (Decision("split", "ann", ((A,), (B, A))), "names a record twice"),
        (Decision("move", "ann", ((), (A,), (B,))), "has a set without records"),
        (Decision("value", "ann", ((A, B),), field="city", value="x"), "is about one record"),
    ],
)
def test_what_is_wrong_is_told(decision: Decision, said: str) -> None:
    told = refused(decision)
    assert told.message.startswith(f"a decision of kind {decision.kind!r} {said}")
    assert told.hint == "docs/decisions.md says what a decision of each kind holds."


@pytest.mark.parametrize("kind", ["blacklist", "undo", "redo", "forget"])
def test_some_kinds_are_about_no_record(kind: Any) -> None:
    value = "Test" if kind == "blacklist" else None
    undoes = "d-1" if kind in ("undo", "redo") else None
    told = refused(Decision(kind, "ann", ((A,),), value=value, undoes=undoes))
    assert "too few sets of records, or too many" in told.message


def test_an_unknown_kind_is_told_with_those_there_are() -> None:
    told = refused(Decision("sme", "ann"))  # type: ignore[arg-type]
    assert told.message.endswith(f"is not known; the kinds are {', '.join(KINDS)}")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "a decision has a kind, an author, an id and a time"),
        ("kind author id time", "a decision has a kind, an author, an id and a time"),
        ({"kind": "note", "author": "a", "id": "d"}, "has a kind, an author, an id and a time"),
        (SPLIT.as_dict() | {"colour": 1, "zeal": 2}, "a decision has no 'colour'"),
        (SPLIT.as_dict() | {"parts": 7}, "parts are lists of records, each a list of dataset and"),
        (SPLIT.as_dict() | {"parts": [[["a"]]]}, "parts are lists of records"),
        (SPLIT.as_dict() | {"parts": [[["", 7]]]}, "parts are lists of records"),
        (SPLIT.as_dict() | {"parts": [[[7, "a"]]]}, "parts are lists of records"),
        (SPLIT.as_dict() | {"parts": [[["", "a"]]]}, "has too few sets of records"),
    ],
)
def test_other_data_is_no_decision(told: Any, said: str) -> None:
    with pytest.raises(DecisionError) as raised:
        Decision.from_dict(told)
    assert said in raised.value.message
    assert raised.value.hint == "docs/decisions.md says what a decision of each kind holds."


def test_plain_data_tells_what_is_there_and_nothing_else() -> None:
    assert SPLIT.as_dict() == {
        "kind": "split",
        "author": "ann",
        "parts": [[["", "a"]], [["", "b"], ["", "c"]]],
        "why": "two towns",
        "names": ["Nord", "Süd"],
        "seen": ["low_score"],
        "version": 7,
        "id": "d-1",
        "time": TIME,
    }
    plain = Decision("note", "ann", value="x", version=0, id="d-2", time=TIME)
    assert plain.as_json() == (
        f'{{"kind":"note","author":"ann","value":"x","id":"d-2","time":"{TIME}"}}'
    )
    assert Decision.stored(3, SPLIT.as_json()).position == 3


def test_ids_of_15_characters_are_read_as_those_of_18() -> None:
    told = same("ann", [A, B]).as_dict()
    told["parts"] = [[["crm", "crm:0015f00002a0001"], ["", "b"]]]
    (first, _) = Decision.from_dict(told).records
    assert first == RecordKey("crm", "0015f00002a0001AAA")


def test_what_was_forgotten_takes_the_texts_with_it() -> None:
    left = SPLIT.without({B})
    assert (left.parts, left.why, left.names, left.value, left.erased) == (
        ((A,), (C,)), "", (), None, 1,
    )  # fmt: skip
    left.check()
    assert left.without({A, C}).erased == 3
    assert SPLIT.without({RecordKey.of("z")}) is SPLIT


def test_a_reason_says_who_when_and_why_on_one_line() -> None:
    told = Decision("note", "ann", why=" rang\n them  up ", value="x", time=TIME)
    assert told.said == "decided by ann on 2026-05-01: rang them up"
    assert SPLIT.without({A}).said == "decided by ann on 2026-05-01"
