"""What every field kernel does to the text of cells before it looks at their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.text import to_ascii
from keepone.rules.absent_values import absent_values

Strings: TypeAlias = pa.Array | pa.ChunkedArray

# A lost letter twice, since the letter between two of them ends one match and begins the next.
_LOST_LETTER = (r"([a-z])\?+([a-z])", r"\1\2")
_SIGNS = (("['`]", ""), _LOST_LETTER, _LOST_LETTER, ("&", " and "))


def strings(values: Strings) -> pa.Array:
    """Return `values` as one array of strings."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array if array.type == pa.string() else array.cast(pa.string())


def null_if_empty(values: pa.Array) -> pa.Array:
    """Return `values` with null in place of empty strings."""
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def clean(values: Strings) -> pa.Array:
    """Return cells fit to be shown: trimmed, runs of white space one space, null if empty."""
    array = strings(values)
    messy = pc.fill_null(
        pc.match_substring_regex(array, r"[\t-\r]|  |^ | $|[^ -~]"), fill_value=False
    )
    if pc.any(messy).as_py():
        tidy = (" ".join(text.split()) for text in array.filter(messy).to_pylist())
        array = pc.replace_with_mask(array, messy, pa.array(tidy, pa.string()))
    return null_if_empty(array)


def words(values: pa.Array) -> pa.Array:
    """Return cells as lower-case ASCII words with single spaces between, null if nothing is said.

    As `text.fold`, but zeros that lead a number stay: they count in postal codes and phones.
    Initials stay apart as well. A question mark inside a word, a letter that was lost, vanishes.
    """
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(values)), fill_value=False)
    if pc.any(foreign).as_py():
        ascii_text = [to_ascii(text) for text in values.filter(foreign).to_pylist()]
        values = pc.replace_with_mask(values, foreign, pa.array(ascii_text, pa.string()))
    text = pc.ascii_lower(values)
    text = substitute(text, "['`&?]", _SIGNS)
    text = pc.replace_substring_regex(text, "[^a-z0-9]+", " ")
    text = pc.ascii_trim(text, " ")
    nothing = pc.is_in(text, pa.array(["", *sorted(absent_values())]))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), text)


def substitute(values: pa.Array, where: str, rules: Iterable[tuple[str, str]]) -> pa.Array:
    """Return `values` with each (pattern, replacement) applied to those that match `where`.

    Patterns are RE2. The search for `where` spares the many values that no rule concerns.
    """
    touched = pc.fill_null(pc.match_substring_regex(values, where), fill_value=False)
    if not pc.any(touched).as_py():
        return values
    changed = values.filter(touched)
    for pattern, replacement in rules:
        changed = pc.replace_substring_regex(changed, pattern, replacement)
    return pc.replace_with_mask(values, touched, changed)
