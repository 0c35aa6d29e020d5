"""The shared text fold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.text import fold, fold_all, to_ascii
from keepone.reference import name_words as reference


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("A.B.C. Ltd", "abc ltd"),
        ("A/S", "as"),
        ("S.A.de C.V.", "sa de cv"),
        ("O'Brien\u2019s", "obriens"),
        ("AT&T", "at and t"),
        ("A+ @ Work", "a plus at work"),
        ("Straße Ærø Łódź", "strasse aero lodz"),
        ("\uff21\uff22\uff23\u3000\uff11", "abc 1"),
        ("№ 007 00", "no 7 0"),
        ("x_y-z", "x y z"),
        ("R&amp;D", "r and d"),
        ("Zim?nyi, M\ufffdller", "zimnyi mller"),
        ("Who? Us?", "who us"),
        ("???", ""),
        ("™", ""),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_many_texts_fold_as_each_alone_and_only_once(texts: list[str]) -> None:
    folded = fold_all(texts)
    assert folded == [fold(text) for text in texts]
    assert folded == [reference.folded(reference.latin(reference.composed(t))) for t in texts]
    assert fold_all(folded) == folded
    assert all(re.fullmatch("[a-z0-9]*(?: [a-z0-9]+)*", text) for text in folded)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_to_ascii_is_lower_case_ascii(text: str) -> None:
    ascii_text = to_ascii(text)
    assert ascii_text.isascii()
    assert ascii_text == ascii_text.lower()
