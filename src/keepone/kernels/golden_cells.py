"""The cells of one column, read for choosing among them: which are blank, which say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import words
from keepone.kernels.encoding import Longs
from keepone.kernels.roster import NONE, Bools, Roster
from keepone.rules.blank_cells import blank_words, filler_pattern, suspect_pattern

# Types in whose values case and punctuation say nothing, also once they are normalised.
_LOOSE = frozenset(
    {
        "organisation", "title", "person", "given_name", "family_name", "people", "street",
        "street_number", "address", "city", "category", "text",
    }
)  # fmt: skip
_AMOUNT = re.compile("-?([$€£] ?)?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,18})([.][0-9]{1,18})?")
_DAY = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ISO_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LEAST = np.iinfo(np.int64).min // 2


@dataclass(frozen=True, slots=True)
class Cells:
    """One column at the places of a roster: `texts`, each once, and the `code` of each cell's.

    A code is a position in `texts`, negative for a cell that is blank. `cleaned` gives the cells at
    some places as normalising left them, null where it did not read the cell.
    """

    kind: str
    texts: pa.Array
    code: Longs
    cleaned: Callable[[Longs], pa.Array] | None

    @property
    def filled(self) -> Bools:
        """Where a value stands."""
        return self.code >= 0

    def lengths(self) -> Longs:
        """Return how many characters each cell has, outer blanks aside; 0 where it is blank."""
        counted = pc.utf8_length(pc.utf8_trim_whitespace(self.texts)).to_numpy()
        return self._of_each(counted.astype(np.int64))

    def among(self, wanted: frozenset[str]) -> Longs:
        """Return 1 for each cell that says one of `wanted`, which are words, 0 for others."""
        found = pc.fill_null(pc.is_in(words(self.texts), pa.array(sorted(wanted))), False)  # noqa: FBT003
        return self._of_each(found.to_numpy(zero_copy_only=False).astype(np.int64))

    def _of_each(self, of_text: Longs) -> Longs:
        return of_text[self.code] * self.filled if len(of_text) else np.zeros_like(self.code)

    def plain(self, places: Longs) -> pa.DictionaryArray:
        """Return the cells at `places`, none of them blank, as normalising left them if it did."""
        values = self.texts.take(pa.array(self.code[places]))
        if self.cleaned is not None:
            values = pc.coalesce(self.cleaned(places), values)
        encoded = values.dictionary_encode()
        trimmed = pc.utf8_trim_whitespace(encoded.dictionary)
        return pa.DictionaryArray.from_arrays(encoded.indices, trimmed)

    def said(self, places: Longs) -> Longs:
        """Return a code for the cells at `places`, equal for those that say the same."""
        values = self.plain(places)
        texts = values.dictionary
        if self.kind in _LOOSE:
            texts = pc.coalesce(words(texts), texts)
        codes = texts.dictionary_encode().indices.take(values.indices)
        found: Longs = codes.to_numpy().astype(np.int64)
        return found

    def alike(self, roster: Roster, marks: Bools) -> Longs:
        """Return a code for the filled cells at `marks`: in a group the same for those who agree.

        What is written alike says the same, whatever normalising made of it. Negative elsewhere.
        """
        found = np.full(len(self.code), NONE, dtype=np.int64)
        places = np.flatnonzero(marks & self.filled)
        if len(places):
            leads, inverse = roster.runs(places, self.code)
            found[places] = self.said(leads)[inverse]
        return found


def read_cells(
    values: pa.Array, kind: str, cleaned: Callable[[Longs], pa.Array] | None, blank: Bools
) -> Cells:
    """Return the cells of a column of that type; those at `blank` are blank whatever they say."""
    encoded = values.dictionary_encode()
    texts = encoded.dictionary
    code = encoded.indices.fill_null(NONE).to_numpy().astype(np.int64)
    nothing = _says_nothing(texts, kind)
    if nothing.any():
        code = np.where((code >= 0) & ~nothing[code], code, NONE)
    return Cells(kind, texts, np.where(blank, NONE, code), cleaned)


def _says_nothing(texts: pa.Array, kind: str) -> Bools:
    """Return which of the texts count as blank."""
    suspect = pc.or_(
        pc.match_substring_regex(texts, suspect_pattern(kind)),
        pc.invert(pc.string_is_ascii(texts)),
    )
    found: Bools = suspect.to_numpy(zero_copy_only=False).copy()
    said = words(texts.filter(suspect))
    nothing = pc.or_kleene(
        pc.is_in(said, pa.array([None, *sorted(blank_words(kind))], pa.string())),
        pc.match_substring_regex(pc.replace_substring(said, " ", ""), filler_pattern(kind)),
    )
    found[found] = nothing.to_numpy(zero_copy_only=False)
    return found


def ranked(values: pa.Array, *, descending: bool) -> Longs:
    """Return a score for each value that rises with it, or falls; the least for null."""
    encoded = values.dictionary_encode()
    if not len(encoded.dictionary):
        return np.full(len(values), _LEAST, dtype=np.int64)
    order = pc.rank(encoded.dictionary, sort_keys="ascending", tiebreaker="dense").to_numpy()
    score = -order.astype(np.int64) if descending else order.astype(np.int64)
    code = encoded.indices.fill_null(NONE).to_numpy()
    return np.where(code >= 0, score[code], _LEAST)


def days(values: pa.Array) -> pa.Array:
    """Return values that begin with an ISO date, null for others."""
    is_day = pc.match_substring_regex(values, _ISO_DAY)
    return pc.if_else(is_day, values, pa.scalar(None, pa.string()))


def magnitudes(values: pa.DictionaryArray) -> pa.Array:
    """Return numbers as they are and dates as yyyymmdd, null for what is neither."""
    found = [_magnitude(text) for text in values.dictionary.to_pylist()]
    return pa.array(found, pa.float64()).take(values.indices)


def _magnitude(text: str) -> float | None:
    if day := _DAY.match(text):
        return float("".join(day.groups()))
    return float(re.sub("[$€£, ]", "", text)) if _AMOUNT.fullmatch(text) else None
