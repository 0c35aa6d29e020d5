"""Pairs of values that teach, and the level of agreement that each shows.

Names are words with spaces between. The file around them has 64 records: `services` stands in 32
of them, `royal` in 16, all other words in no other record, so that they are worth 1, 2, and 5 where
both of a pair have them. A record is found by 6 bits: half of that is some, nine tenths are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from keepone.kernels.pair_levels import compared_fields, levels_of_pairs
from keepone.reference import levels as reference
from tests.matching.levels import kernel_level, reference_level
from tests.matching.tables import Matchable, Record

_FILE = 64
_COMMON, _SOME = 32, 16


def _name(text: str) -> dict[str, Any]:
    """Read `words | alias | alias`."""
    main, *aliases = (part.strip() for part in text.split("|"))
    return {"tokens": main.split() or None, "aliases": aliases or None}


def _street(text: str) -> dict[str, Any]:
    """Read `number, street words`; a dash stands for nothing."""
    number, words = (part.strip() for part in text.split(","))
    return {
        "number": None if number == "-" else number,
        "tokens": words.replace("-", "").split() or None,
    }


def _shown(type_: str, one: dict[str, Any], other: dict[str, Any], around: Sequence[Record]) -> str:
    """Return the level of the pair in the file, which is the same the other way round."""
    records: list[Record] = [{"field": one}, {"field": other}, *around]
    level = kernel_level(type_, records, 0, 1)
    assert reference_level(type_, records, 0, 1) == level
    assert kernel_level(type_, records, 1, 0) == level
    return level


_AROUND: list[Record] = [
    {
        "field": {
            "tokens": [f"filler{at:02d}"]
            + ["services"] * (at < _COMMON - 2)
            + ["royal"] * (at < _SOME - 2)
        }
    }
    for at in range(_FILE - 2)
]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        # The same words, whatever stands between them and in whatever order.
        ("raistsmoox royal", "raistsmoox royal", "same, shared by 2"),
        ("raistsmoox royal", "royal raistsmoox", "same, shared by 2"),
        ("blue sky", "bluesky", "same, shared by 2"),
        ("acme acme", "acme", "same, shared by 2"),
        # A typo, two in a long word, letters that changed places, an abbreviation.
        ("raistsmoox", "raistsmox", "same but for spelling"),
        ("internatoinal", "internaitonal", "same but for spelling"),
        ("acme", "amce", "same but for spelling"),
        ("international", "intern", "same but for spelling"),
        ("blue sky hotel", "bluesky hotle", "same but for spelling"),
        ("service", "services", "same but for spelling, common"),
        # A contraction: letters in their order, the first and the last among them.
        ("raistsmoox landscpg", "raistsmoox landscaping", "same but for spelling"),
        ("raistsmoox brok", "raistsmoox brook", "same but for spelling"),
        ("raistsmoox pine", "raistsmoox pioneer", "both keep much, common shared"),
        # Words that hardly a record has may be slips: three letters bear one, six letters two.
        ("abc", "abd", "same but for spelling"),
        ("beach", "becahh", "same but for spelling"),
        ("beach", "bcahe", "nothing shared"),
        ("royul", "royal", "same but for spelling, common"),
        # Very short words bear none, nor do they shorten one; numbers neither.
        ("ab", "ac", "nothing shared"),
        ("in", "inn", "nothing shared"),
        ("24", "241", "nothing shared"),
        ("7eleven", "7elevan", "nothing shared"),
        # An initialism stands for three words or more.
        ("ibm", "international business machines", "same but for spelling"),
        ("bs", "blue sky", "nothing shared"),
        # One side says more: how much more, and how much both say.
        ("raistsmoox", "raistsmoox services", "one side adds little, some shared"),
        ("raistsmoox royal", "raistsmoox royal services", "one side adds little, rare shared"),
        ("raistsmoox royal", "raistsmoox royal zyxelon", "one side adds much, rare shared"),
        ("raistsmoox flurb", "raistsmoox flurb zyxelon", "one side adds some, very rare shared"),
        ("raistsmoox", "raistsmoox zyxelon", "one side adds much, some shared"),
        ("royal", "royal zyxelon", "one side adds much, common shared"),
        # Both words are common, and so are they together: more names than a few hold them.
        ("services royal", "services royal zyxelon", "one side adds much, common shared"),
        ("raistsmoox", "raistsmoox 7", "one side adds a number, some shared"),
        # Both sides keep words: branches by number, one company in two places, two companies.
        ("raistsmoox 7", "raistsmoox 24", "numbers differ, common shared"),
        ("raistsmoox services", "raistsmoox zyxelon", "both keep some, some shared"),
        (
            "raistsmoox flurb services",
            "raistsmoox flurb zyxelon",
            "both keep little, rare shared",
        ),
        ("royal raistsmoox", "royal zyxelon", "both keep much, common shared"),
        ("raistsmoox zyxelon", "flurb gnarf", "nothing shared"),
        # Further names: the two that agree best count.
        ("zyxelon | raistsmoox", "raistsmoox", "same, shared by 2"),
        ("zyxelon | flurb", "gnarf | flurb", "same, shared by 2"),
        ("zyxelon | raistsmoox", "raistsmoox services", "one side adds little, rare shared"),
        ("| raistsmoox", "raistsmoox", "same, shared by 2"),
        ("", "raistsmoox", "missing"),
        ("", "", "missing"),
    ],
)
def test_names(one: str, other: str, level: str) -> None:
    assert _shown("organisation", _name(one), _name(other), _AROUND) == level


@pytest.mark.parametrize(
    ("type_", "one", "other", "level"),
    [
        # Persons go by other forms of their given names, by initials, and by both.
        ("person", "bob raistsmoox", "robert raistsmoox", "same but for spelling"),
        ("person", "peggy raistsmoox", "raistsmoox margaret", "same but for spelling"),
        ("person", "r raistsmoox", "robert raistsmoox", "same but for spelling"),
        ("person", "b j raistsmoox", "bob james raistsmoox", "same but for spelling"),
        ("person", "r raistsmoox", "james raistsmoox", "both keep much, common shared"),
        ("person", "bob raistsmoox", "robert zyxelon", "both keep much, some shared"),
        # Companies do not.
        ("organisation", "bob raistsmoox", "robert raistsmoox", "both keep much, common shared"),
        ("organisation", "r raistsmoox", "robert raistsmoox", "both keep much, common shared"),
    ],
)
def test_names_of_persons(type_: str, one: str, other: str, level: str) -> None:
    assert _shown(type_, _name(one), _name(other), _AROUND) == level


@pytest.mark.parametrize(
    ("holders", "adds", "level"),
    [
        # Names that hold both words, the pair's two among them.
        (2, "royal", "one side adds little, very rare shared"),
        (5, "royal", "one side adds little, rare shared"),
        (7, "royal", "one side adds little, some shared"),
        (10, "royal", "one side adds little, some shared"),
        (11, "royal", "one side adds little, common shared"),
        # Where much is added, fewer do.
        (3, "zyxelon gnarf", "one side adds much, very rare shared"),
        (4, "zyxelon gnarf", "one side adds much, some shared"),
        (6, "zyxelon gnarf", "one side adds much, some shared"),
        (7, "zyxelon gnarf", "one side adds much, common shared"),
    ],
)
def test_a_name_that_many_names_hold(holders: int, adds: str, level: str) -> None:
    """Beside 256 records, half of which are royal."""
    around: list[Record] = [
        {
            "field": {
                "tokens": [f"filler{at:03d}"]
                + ["raistsmoox", "flurb"] * (at < holders - 2)
                + ["royal"] * (at % 2)
            }
        }
        for at in range(254)
    ]
    one, other = _name("raistsmoox flurb"), _name(f"raistsmoox flurb {adds}")
    assert _shown("organisation", one, other, around) == level


def test_a_name_of_common_words_goes_by_its_words() -> None:
    """Its rarest word stands in more names than are looked through."""
    around: list[Record] = [
        {
            "field": {
                "tokens": ["royal", "flurb", f"word{at:03d}"] if at < 130 else [f"word{at:03d}"]
            }
        }
        for at in range(1_500)
    ]
    one, other = _name("royal flurb"), _name("royal flurb zyxelon")
    assert _shown("organisation", one, other, around) == "one side adds much, some shared"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("a" * 300, "a" * 310, "same but for spelling"),
        ("a" * 255 + "bc" * 30, "a" * 255 + "cb" * 40, "nothing shared"),
    ],
    ids=["beginning", "common beginning"],
)
def test_very_long_words(one: str, other: str, level: str) -> None:
    assert _shown("organisation", _name(one), _name(other), _AROUND) == level


@pytest.mark.parametrize(
    ("records", "level"),
    [(2, "same, shared by 2"), (3, "same, shared by 5"), (5, "same, shared by 5"),
     (6, "same, shared by 15"), (60, "same, shared by 60"), (61, "same, shared by 300"),
     (301, "same, shared by more")],
)  # fmt: skip
def test_what_many_share_says_less(records: int, level: str) -> None:
    acme = _name("acme")
    others = [{"field": acme} for _ in range(records - 2)]
    assert _shown("organisation", acme, acme, others) == level
    phone = {"value": "+15551234567"}
    assert _shown("phone", phone, phone, [{"field": phone}] * (records - 2)) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("12, north main street", "12, north main street", "same number and street, shared by 2"),
        ("12, main north street", "12, north main street", "same number and street, shared by 2"),
        ("12, wentwort avenue", "12, wentworth avenue", "same number and street, shared by 2"),
        ("12, wentworth", "12, wentworth avenue", "same number, like street"),
        ("12, wentworth", "12, elm", "same number, other street"),
        ("12, -", "12, elm", "same number, other street"),
        ("12, wentworth", "14, wentworth", "other number, same street"),
        ("-, wentworth", "14, wentworth", "a number missing, same street"),
        ("-, wentworth", "14, wentworth avenue", "a number missing, like street"),
        ("12, wentworth", "14, wentworth avenue", "other number, like street"),
        ("12, wentworth", "14, elm", "other street"),
        ("-, wentworth", "-, elm", "other street"),
        ("12, -", "14, elm", "missing"),
        ("-, -", "-, -", "missing"),
    ],
)
@pytest.mark.parametrize("type_", ["street", "address"])
def test_streets(type_: str, one: str, other: str, level: str) -> None:
    assert _shown(type_, _street(one), _street(other), []) == level


@pytest.mark.parametrize(
    ("type_", "names", "level"),
    [
        ("phone", ["acme"] * 9, "same, shared by 2"),
        ("phone", ["acme", "bolt"] * 5, "same, shared by 2"),
        ("phone", ["acme", "bolt", "cord"] * 5, "same, shared by 5"),
        # A record without a name may be anybody's.
        ("phone", [None] * 9, "same, shared by 15"),
        # Cities are not held by a company: all that lie there count.
        ("city", ["acme"] * 9, "same, shared by 15"),
    ],
)
def test_a_value_is_as_common_as_the_companies_that_have_it(
    type_: str, names: list[str | None], level: str
) -> None:
    records: list[Record] = [
        {"field": {"value": "x"}, "name": {"tokens": name and [name]}, "other": {"value": str(at)}}
        for at, name in enumerate(names)
    ]
    types = {"field": type_, "name": "organisation", "other": "category"}
    tables = Matchable(types, records).compared_tables()
    first, *_ = compared_fields(**tables)
    one, other = (np.array([row], dtype=np.int64) for row in (0, 1))
    ((_, (codes,)),) = levels_of_pairs([first], one, other, 1)
    assert first.comparison.levels[int(codes[0])] == level
    by_reference, *_ = reference.compared_fields(**tables)
    assert by_reference.comparison.level(0, 1) == level


@pytest.mark.parametrize(
    ("type_", "one", "other", "towns", "level"),
    [
        # A name may say the town that both are in.
        ("organisation", "grand hotel geneva", "grand hotel", ("geneva", "geneva"), "same,"),
        ("organisation", "grand hotel", "geneva grand hotle", ("geneva", "geneva"), "same but for"),
        ("organisation", "palm bay inn", "bay inn", ("palm bay", "palm bay"), "same,"),
        ("organisation", "inn | spa geneva", "spa", ("geneva", "geneva"), "same,"),
        # What both say they share.
        ("organisation", "geneva hotel", "geneva inn", ("geneva", "geneva"), "both keep"),
        # The town alone is no name, and other towns tell branches apart, known or not.
        ("organisation", "geneva", "grand hotel", ("geneva", "geneva"), "nothing shared"),
        ("organisation", "grand hotel geneva", "grand hotel", ("geneva", "berne"), "one side adds"),
        ("organisation", "grand hotel geneva", "grand hotel", ("geneva", None), "one side adds"),
        ("organisation", "hotel a", "hotel", ("a b c d e f g", "a b c d e f g"), "one side adds"),
        ("title", "grand hotel geneva", "grand hotel", ("geneva", "geneva"), "one side adds"),
    ],
)
def test_a_name_that_says_the_town(
    type_: str, one: str, other: str, towns: tuple[str | None, str | None], level: str
) -> None:
    around: list[Record] = [
        {"name": {"tokens": [f"filler{at}"]}, "town": {"value": "berne"}} for at in range(30)
    ]
    records: list[Record] = [
        {"name": _name(one), "town": {"value": towns[0]}},
        {"name": _name(other), "town": {"value": towns[1]}},
        *around,
    ]
    tables = Matchable({"name": type_, "town": "city"}, records).compared_tables()
    by_kernel, *_ = compared_fields(**tables)
    by_reference, *_ = reference.compared_fields(**tables)
    for left, right in ((0, 1), (1, 0)):
        ones, others = (np.array([row], dtype=np.int64) for row in (left, right))
        ((_, (codes,)),) = levels_of_pairs([by_kernel], ones, others, 1)
        shown = by_kernel.comparison.levels[int(codes[0])]
        assert shown.startswith(level)
        assert by_reference.comparison.level(left, right) == shown


def test_a_place_of_many_says_less() -> None:
    mall = _street("12, mall")
    levels = [_shown("street", mall, mall, [{"field": mall}] * others) for others in (0, 1, 4, 14)]
    assert levels == [
        f"same number and street, {shared}"
        for shared in ("shared by 2", "shared by 5", "shared by 15", "shared by more")
    ]


@pytest.mark.parametrize(
    ("type_", "one", "other", "level"),
    [
        # Codes: one slip of the keyboard.
        ("phone", "+15551234567", "+15551234567", "same, shared by 2"),
        ("phone", "+15551234567", "+15551234576", "nearly the same"),
        ("phone", "+15551234567", "+1555123456", "nearly the same"),
        ("phone", "+15551234567", "+15551234600", "different"),
        ("phone", "+15551234567", None, "missing"),
        ("postal_code", "12345", "12354", "nearly the same"),
        ("email", "ann@acme.com", "anne@acme.com", "nearly the same"),
        ("identifier", "123456789", "123456780", "nearly the same"),
        ("identifier", "123456789", "987654321", "different"),
        # Right or wrong.
        ("region", "ca", "co", "different"),
        ("country", "us", "uk", "different"),
        ("web", "acme.com", "acne.com", "different"),
        ("street_number", "12", "12a", "different"),
        ("category", "school", "schools", "different"),
        # Words: a typo, or a beginning that is long enough.
        ("city", "springfield", "springfeild", "nearly the same"),
        ("city", "springfield", "springfields", "nearly the same"),
        ("family_name", "johnson", "johnsonson", "nearly the same"),
        ("family_name", "johnson", "smith", "different"),
        ("given_name", "martha", "marhta", "nearly the same"),
        ("given_name", "ann", "bob", "different"),
        # Words that one side leaves out.
        ("city", "bristol", "city of bristol", "nearly the same"),
        ("city", "west devon", "north devon", "different"),
        ("family_name", "parry", "gambier parry", "nearly the same"),
        ("city", "a", "a b c d e f", "nearly the same"),
        ("city", "a", "a b c d e f g", "different"),
        # Given names have other forms, and are cut to their first letter.
        ("given_name", "thomas", "tom", "nearly the same"),
        ("given_name", "tommy", "tom", "nearly the same"),
        ("given_name", "tom henry", "thomas", "nearly the same"),
        ("given_name", "t", "thomas", "nearly the same"),
        ("given_name", "h thomas", "harold", "nearly the same"),
        ("given_name", "tom", "harry", "different"),
        ("given_name", "t", "harry", "different"),
        ("family_name", "thomas", "tom", "different"),
        # Days: a slip, day and month swapped, the same year.
        ("date", "1980-03-04", "1980-03-04", "same, shared by 2"),
        ("date", "1980-03-04", "1980-03-05", "nearly the same"),
        ("date", "1980-03-04", "1908-03-04", "nearly the same"),
        ("date", "1980-03-11", "1980-11-03", "nearly the same"),
        ("date", "1980-03-04", "1980-12-25", "same year"),
        ("date", "1980", "1980-12-25", "same year"),
        ("date", "1980-03-04", "1975-12-25", "different"),
        ("date", "1980-03", "1980-04", "nearly the same"),
        ("date", "1980", "1980", "same, shared by 2"),
        ("date", "1980", "1981", "different"),
        # Numbers: a hundredth.
        ("number", "100", "100", "same, shared by 2"),
        ("number", "100", "99", "nearly the same"),
        ("number", "100", "98.9", "different"),
        ("number", "-100", "100", "different"),
        ("number", "0", "0.001", "different"),
    ],
)
def test_values(type_: str, one: str | None, other: str | None, level: str) -> None:
    assert _shown(type_, {"value": one}, {"value": other}, []) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (["smith a", "jones b"], ["jones b", "smith a"], "same, shared by 2"),
        (["smith a", "jones b"], ["smyth a", "jones b"], "same but for spelling"),
        (["smith a", "jones b"], ["smith b", "johnson c"], "both keep much, some shared"),
        (["smith a"], ["jones b"], "nothing shared"),
        (None, ["jones b"], "missing"),
    ],
)
def test_people(one: list[str] | None, other: list[str] | None, level: str) -> None:
    around: list[Record] = [{"field": {"people": [f"filler{at} x"]}} for at in range(_FILE - 2)]
    assert _shown("people", {"people": one}, {"people": other}, around) == level
