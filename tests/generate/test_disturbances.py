"""Each single disturbance changes what it says, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.generate import disturbances as d
from keepone.generate.columns import Change

DRAWS = st.integers(0, 2**63 - 1)
WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüé", min_size=1, max_size=12).map(str.title)
NAMES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)

ALL: tuple[Change, ...] = (
    d.keyboard_slip, d.transposed, d.dropped_letter, d.doubled_letter, d.typo, d.mistyped_digits,
    d.abbreviated, d.short_street, d.short_city, d.dropped_word, d.added_word, d.reordered,
    d.glued, d.parted, d.initialism, d.respelled_and, d.unpunctuated, d.unaccented, d.respaced,
    d.upper, d.lower, d.capitalised,
)  # fmt: skip


@pytest.mark.parametrize("change", ALL)
@given(name=NAMES | st.text(max_size=20), draw=DRAWS)
@settings(max_examples=40)
def test_same_bits_same_change_and_never_empty(change: Change, name: str, draw: int) -> None:
    assert change(name, draw) == change(name, draw)
    if any(sign.isascii() and sign.isalnum() for sign in name):
        assert change(name, draw).strip()


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_keyboard_slip_changes_one_letter(name: str, draw: int) -> None:
    changed = d.keyboard_slip(name, draw)
    assert len(changed) == len(name)
    differing = sum(one != two for one, two in zip(name, changed, strict=True))
    assert differing == (1 if changed != name else 0)
    assert changed[0] == name[0]


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_transposed_keeps_the_letters(name: str, draw: int) -> None:
    changed = d.transposed(name, draw)
    assert Counter(changed) == Counter(name)
    differing = [i for i, (a, b) in enumerate(zip(name, changed, strict=True)) if a != b]
    assert not differing or differing[1] == differing[0] + 1


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_dropped_and_doubled_letter_change_the_length_by_one(name: str, draw: int) -> None:
    assert len(name) - len(d.dropped_letter(name, draw)) in {0, 1}
    assert len(d.doubled_letter(name, draw)) - len(name) in {0, 1}


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_glued_and_parted_move_only_spaces(name: str, draw: int) -> None:
    for change, step in ((d.glued, -1), (d.parted, 1)):
        changed = change(name, draw)
        assert changed.replace(" ", "") == name.replace(" ", "")
        assert changed.count(" ") - name.count(" ") in {0, step}


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_reordered_keeps_the_words_and_added_word_all_of_them(name: str, draw: int) -> None:
    assert Counter(d.reordered(name, draw).replace(",", "").split()) == Counter(name.split())
    assert name in d.added_word(name, draw) != name


@given(name=NAMES, draw=DRAWS)
@settings(max_examples=100)
def test_unaccented_is_ascii(name: str, draw: int) -> None:
    assert d.unaccented(name, draw).isascii()


@given(number=st.integers(1000, 10**9).map(str), draw=DRAWS)
@settings(max_examples=100)
def test_mistyped_digits_change_one_digit_of_the_second_half(number: str, draw: int) -> None:
    changed = d.mistyped_digits(number, draw)
    differing = [i for i, (a, b) in enumerate(zip(number, changed, strict=True)) if a != b]
    assert len(differing) == 1
    assert differing[0] >= len(number) // 2


@pytest.mark.parametrize(
    ("change", "text", "draw", "expected"),
    [
        (d.abbreviated, "Acme Manufacturing Services", 0, "Acme Mfg Svcs"),
        (d.abbreviated, "Acme Foods", 0, "Acme Foods"),
        (d.short_street, "12 North Main Street", 0, "12 N Main St"),
        (d.short_street, "Hauptstraße 7", 0, "Hauptstr. 7"),
        (d.short_city, "St. Louis", 0, "Saint Louis"),
        (d.dropped_word, "The Royal Grill", 0, "Royal Grill"),
        (d.dropped_word, "Blue Heron Salon & Spa", 0, "Blue Heron Salon"),
        (d.dropped_word, "Blue Heron", 0, "Blue Heron"),
        (d.reordered, "Miller Plumbing", 1, "Plumbing, Miller"),
        (d.initialism, "Northern Lake Pest Control", 0, "NLPC"),
        (d.initialism, "Miller Plumbing", 0, "Miller Plumbing"),
        (d.respelled_and, "Fox & Sons", 0, "Fox and Sons"),
        (d.respelled_and, "Fox and Sons", 0, "Fox & Sons"),
        (d.unpunctuated, "J.K. Miller's", 0, "JK Millers"),
        (d.unaccented, "Müller", 1, "Mueller"),
        (d.unaccented, "Müller", 0, "Muller"),
        (d.typo, "Fox", 0, "Fox"),
    ],
)
def test_examples(change: Change, text: str, draw: int, expected: str) -> None:
    assert change(text, draw) == expected
