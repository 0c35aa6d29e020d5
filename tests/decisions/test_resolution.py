"""What follows of decisions: by hand, and for any log that Hypothesis makes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.decisions import Decision, RecordKey, Resolution, resolve
from keepone.decisions.decision import different, same

K = {name: RecordKey.of(name) for name in "abcdefgh"}


def keys(names: str) -> list[RecordKey]:
    return [K[name] for name in names]


def yes(names: str) -> Decision:
    return same("ann", keys(names))


def no(names: str) -> Decision:
    return different("bob", keys(names))


def split(*parts: str) -> Decision:
    return Decision("split", "ann", tuple(tuple(keys(part)) for part in parts))


def move(moved: str, joined: str, left: str) -> Decision:
    return Decision("move", "ann", tuple(tuple(keys(part)) for part in (moved, joined, left)))


def sets(resolution: Resolution) -> tuple[list[str], list[str]]:
    """Return what is together and what is apart, as names."""
    return tuple(  # type: ignore[return-value]
        ["".join(key.record_id for key in each) for each in found]
        for found in (resolution.together, resolution.apart)
    )


@pytest.mark.parametrize(
    ("decisions", "together", "apart", "overruled"),
    [
        ([], [], [], {}),
        ([yes("ab"), yes("bc")], ["abc"], [], {}),
        ([no("abc")], [], ["abc"], {}),
        ([yes("ab"), no("bc")], ["ab"], ["ac"], {}),
        # Of two explicit judgements of the same records the newer holds.
        ([yes("ab"), no("ab")], [], ["ab"], {0: 1}),
        ([no("ab"), yes("ab")], ["ab"], [], {0: 1}),
        ([no("abc"), yes("ab")], ["ab"], ["ac"], {0: 1}),
        ([yes("abc"), no("ac")], ["ab"], ["ac"], {0: 1}),
        ([no("ab"), yes("ab"), no("ab")], [], ["ab"], {1: 2}),
        # What is explicit beats what others imply, however old it is: of those the oldest goes.
        ([no("ac"), yes("ab"), yes("bc")], ["bc"], ["ab"], {1: 0}),
        ([yes("ab"), yes("bc"), no("ac")], ["bc"], ["ab"], {0: 2}),
        ([no("ad"), yes("ab"), yes("cd"), yes("bc")], ["bcd"], ["ab"], {1: 0}),
        ([yes("abcd"), split("ab", "cd")], ["ab", "cd"], ["ac"], {0: 1}),
        ([split("ab", "cd"), yes("bc")], ["bc"], ["ab", "ad", "bd"], {0: 1}),
        ([yes("abc"), move("c", "de", "ab")], ["ab", "cde"], ["ac"], {0: 1}),
        ([move("c", "", "ab")], [], ["ac", "bc"], {}),
    ],
)
def test_what_follows(
    decisions: list[Decision],
    together: list[str],
    apart: list[str],
    overruled: dict[int, int],
) -> None:
    resolution = resolve(decisions)
    assert sets(resolution) == (together, apart)
    ids = [each.id for each in decisions]
    found = {ids.index(lost): ids.index(won.id) for lost, won in resolution.overruled.items()}
    assert found == overruled


def test_the_newest_override_of_a_record_holds() -> None:
    said = [
        Decision("disposition", "ann", ((K["a"], K["b"]),), value="Keep"),
        Decision("value", "ann", ((K["a"],),), field="phone", value="1"),
        Decision("disposition", "bob", ((K["a"],),), value="Delete"),
        Decision("value", "bob", ((K["a"],),), field="city", value="2"),
        Decision("primary", "bob", ((K["a"],),)),
        Decision("blacklist", "bob", value="Test"),
    ]
    resolution = resolve(said)
    assert [
        (each.kind, each.record.record_id, each.field, each.value) for each in resolution.overrides
    ] == [
        ("disposition", "a", None, "Delete"),
        ("disposition", "b", None, "Keep"),
        ("primary", "a", None, None),
        ("value", "a", "city", "2"),
        ("value", "a", "phone", "1"),
    ]
    assert resolution.overruled == {said[0].id: said[2]}
    # Two records of which the same was decided are not one company by that.
    assert sets(resolution) == ([], [])
    assert resolution.blacklisted == {"Test": said[5]}


def test_two_keys_of_one_record_are_one() -> None:
    other = RecordKey.of("a", "crm")
    said = [same("ann", [K["a"], K["b"]]), different("bob", [other, K["b"]])]
    assert sets(resolve(said)) == (["ab"], ["aa"])
    assert sets(resolve(said, {other: K["a"]})) == ([], ["ab"])


def test_ten_thousand_records_of_one_decision() -> None:
    many = [RecordKey.of(f"{number:05d}") for number in range(10_000)]
    halves = Decision("split", "ann", (tuple(many[:5_000]), tuple(many[5_000:])))
    resolution = resolve([same("ann", many), halves, different("bob", many[:2])])
    assert [len(each) for each in resolution.together] == [4_999, 5_000]
    assert resolve([different("ann", many)]).apart == (tuple(many),)
    assert len(resolve([different("ann", many), same("ann", many)]).together[0]) == 10_000


_NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=4, unique=True).map("".join)


@st.composite
def _decision(draw: st.DrawFn) -> Decision:
    names = draw(_NAMES)
    kind = draw(st.sampled_from(("same", "same", "different", "split", "move")))
    at = draw(st.integers(1, len(names) - 1))
    match kind:
        case "same":
            return yes(names)
        case "different":
            return no(names)
        case "split":
            return split(names[:at], names[at:])
        case _:
            return move(names[0], names[1:at], names[at:])


def _explicit(decision: Decision, one: RecordKey, other: RecordKey) -> bool | None:
    """Return what a decision says by itself of two records."""
    place = {key: at for at, part in enumerate(decision.parts) for key in part}
    if one not in place or other not in place:
        return None
    ours, theirs = sorted((place[one], place[other]))
    if decision.kind == "move":
        return True if theirs < 2 else False if (ours, theirs) == (0, 2) else None
    return ours == theirs


@given(st.lists(_decision(), max_size=8))
@settings(max_examples=300)
def test_explicit_judgements_hold_by_the_newest(decisions: Sequence[Decision]) -> None:
    """What is apart by the newest word is apart; what is together by it is, or is overruled.

    Whatever is together follows of judgements that it is; and what is held apart never is together.
    """
    resolution = resolve(decisions)
    home = {key: at for at, held in enumerate(resolution.together) for key in held}
    first = {key: held[0] for held in resolution.together for key in held}
    for one, other in combinations(K.values(), 2):
        said = [
            (decision, word)
            for decision in decisions
            if (word := _explicit(decision, one, other)) is not None
        ]
        together = one in home and home[one] == home.get(other)
        ends = {first.get(one, one), first.get(other, other)}
        apart = len(ends) == 2 and any(ends <= set(each) for each in resolution.apart)
        assert not (together and apart)
        if said and not said[-1][1]:
            assert apart
        assert all(word == together or by.id in resolution.overruled for by, word in said)
    for held in resolution.together:
        assert all(key in resolution.named_by for key in held)


@given(st.lists(_decision(), max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_unrelated_judgements_does_not_matter(
    decisions: list[Decision], chance: object
) -> None:
    """A second log over other records, laid between the first in any way, changes nothing."""
    other = {key: RecordKey.of(f"{key.record_id}2") for key in K.values()}
    twins = [
        Decision(
            each.kind, each.author, tuple(tuple(other[key] for key in part) for part in each.parts)
        )
        for each in decisions
    ]
    mixed, left, right = [], list(decisions), list(twins)
    while left or right:
        take = left if left and (not right or chance.random() < 0.5) else right  # type: ignore[attr-defined]
        mixed.append(take.pop(0))
    whole, apart = resolve(mixed), [resolve(decisions), resolve(twins)]
    for name in ("together", "apart"):
        parts = [*getattr(apart[0], name), *getattr(apart[1], name)]
        assert sorted(getattr(whole, name)) == sorted(parts)
    assert whole.overruled == {**apart[0].overruled, **apart[1].overruled}
    assert resolve(mixed) == whole


def test_a_part_that_a_newer_judgement_brings_back_is_told() -> None:
    a, b, c = (RecordKey.of(name) for name in "abc")
    moved = Decision("move", "ann", ((a,), (), (b, c)))
    later = [same("ann", [a, b, c]), different("ann", [a, b])]
    resolution = resolve([moved, *later])
    assert resolution.together == ((a, c),)
    assert resolution.overruled[moved.id] is later[0]
