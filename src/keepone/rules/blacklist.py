"""Words and phrases that mark a name as junk, compiled once for look-ups by token.

A term is found where its words stand whole and in order: "test" in "Test account", not in
"Testbed". Text is folded first: transliterated to ASCII, lower case, anything but letters and
digits a space.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
from anyascii import anyascii

from keepone.errors import SettingsError

_TERMS = pa.schema(
    [
        pa.field("position", pa.int32(), nullable=False),
        pa.field("lead", pa.string(), nullable=False),
        pa.field("folded", pa.string(), nullable=False),
        pa.field("term", pa.string(), nullable=False),
    ]
)
_GAPS = re.compile("[^a-z0-9]+")


def fold(text: str) -> str:
    """Return `text` as terms and names are compared."""
    return _GAPS.sub(" ", anyascii(text).lower()).strip(" ")


def compile_blacklist(terms: Sequence[str]) -> pa.Table:
    """Return one row per term: its `position` in the settings, `lead`, `folded` text, and itself.

    `lead` is the word of the term that the fewest terms hold: a name that has none of the leads
    has none of the terms, so thousands of phrases cost one look-up per word of a name. Raises
    `SettingsError` for a term without a letter or digit.
    """
    words = [fold(term).split() for term in terms]
    holders = Counter(word for each in words for word in set(each))
    rows: list[dict[str, object]] = []
    for position, (term, each) in enumerate(zip(terms, words, strict=True)):
        if not each:
            message = f"disposition.blacklist: {term!r} has no letter or digit to look for"
            raise SettingsError(message)
        lead = min(each, key=lambda word: (holders[word], -len(word), word))
        rows.append({"position": position, "lead": lead, "folded": " ".join(each), "term": term})
    return pa.Table.from_pylist(rows, schema=_TERMS)
