"""The parsers of fields and names take any text: nothing is raised, and nothing takes long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, check

# What repeats without end in the values that no one expects.
_PIECES = (
    "a", "x@", "www.", "http://", "1", "+1 ", "(", "/", "-", " ", "; ", "12/", "é", "\u0130",
    "No. ", "1/2 ", "c/o ", "&amp;", "&#", "%", ".", "0", "\u2028", "ﷺ", "ext. 5 ", "Suite ",
    "\t", '"',
)  # fmt: skip
_LONG = 3_000
_piece = st.sampled_from(_PIECES) | st.text(max_size=6)
_texts = st.lists(_piece, max_size=8).map("".join)


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=25)
@given(text=_texts)
def test_any_text(parser: str, text: str) -> None:
    # Towards what is long and holds many different characters.
    target(float(len(set(text))), label="different characters")
    check(parser, text)


@pytest.mark.parametrize("parser", PARSERS)
def test_a_long_value_takes_little(parser: str) -> None:
    for piece in _PIECES:
        check(parser, piece * (_LONG // len(piece)))


@pytest.mark.slow
@pytest.mark.parametrize("piece", _PIECES)
@pytest.mark.parametrize("parser", PARSERS)
def test_a_value_as_long_as_a_cell_may_be(parser: str, piece: str) -> None:
    check(parser, piece * (100_000 // len(piece)))


def test_a_long_word_in_a_mail_column_takes_little() -> None:
    check("mail", "x" * 100_000)
