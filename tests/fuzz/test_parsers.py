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


# What fuzzing found once: twins that disagreed, and values that gave others when read again.
_FOUND = (
    ("names", "& Attn: e"),
    ("names", "Acme dba & Attn: e"),
    ("names", "x" * 42),
    ("names", "Acme Inc.\x1d/ Beta LLC"),
    ("phones", "001 1 3151-5135" + "\x00" * 11),
    ("phones", "001 3056 0123"),
    ("phones", "001 312 50123"),
    ("addresses", "\u058c/"),
    ("streets", "\u058b\uff11"),
    ("mail", ".@e.con"),
    ("mail", "@\n@\u0707b@yoa.o.oc.ue"),
    ("web", "google.com/maps\x00#e"),
    ("web", "https://l.facebook.com/l.php\x00\n?tp"),
)


@pytest.mark.parametrize(("parser", "text"), _FOUND)
def test_what_fuzzing_found(parser: str, text: str) -> None:
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
