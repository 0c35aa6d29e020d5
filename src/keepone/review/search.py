"""Finds groups by what people remember of a record: its name, web site, phone, or an id."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.review.prepared import Prepared

Numbers = npt.NDArray[np.int32]

# Fewer digits are in too many phones.
_LEAST_DIGITS = 4
# Places that are looked at one by one; where a text is more frequent, each value is asked.
_FEW = 20_000
# A sample of so many bytes tells how frequent a text is.
_SAMPLED = 1 << 20


class _Texts:
    """The texts of one field, each once, and the numbers that each stands for: mostly groups."""

    def __init__(self, prepared: Prepared, name: str) -> None:
        self._texts = prepared.table(f"sought_{name}").column("text").combine_chunks()
        self._held = prepared.array(f"sought_{name}_held")
        self._begins = prepared.array(f"sought_{name}_begins")

    def __len__(self) -> int:
        return len(self._texts)

    def groups(self, text: str) -> Numbers:
        """Return the numbers of the texts that hold `text`, some perhaps more than once."""
        return self.held(np.flatnonzero(self._holding(text)))

    def held(self, places: npt.NDArray[np.int64]) -> Numbers:
        """Return the numbers of the texts at these places."""
        begins = self._begins[places]
        counts = self._begins[places + 1] - begins
        starts = np.cumsum(counts) - counts
        found: Numbers = self._held[np.arange(counts.sum()) + np.repeat(begins - starts, counts)]
        return found

    def among(self, places: npt.NDArray[np.int64], text: str) -> npt.NDArray[np.int64]:
        """Return those of some places whose text holds `text`."""
        held = pc.match_substring(self._texts.take(pa.array(places)), text)
        mask: npt.NDArray[np.bool_] = held.to_numpy(zero_copy_only=False)
        return places[mask]

    def _holding(self, text: str) -> npt.NDArray[np.bool_]:
        sought = text.encode()
        sampled = min(len(self._bytes), _SAMPLED)
        often = self._bytes.count(sought, 0, sampled) * len(self._bytes) > _FEW * max(1, sampled)
        places = None if often else self._places(sought)
        if places is None:
            every: npt.NDArray[np.bool_] = pc.match_substring(self._texts, text).to_numpy(
                zero_copy_only=False
            )
            return every
        held = np.zeros(len(self._texts), dtype=np.bool_)
        at = np.searchsorted(self._ends, places, side="right")
        # What begins in one text and ends in the next is in neither.
        held[at[places + len(sought) <= self._ends[at]]] = True
        return held

    def _places(self, sought: bytes) -> npt.NDArray[np.int64] | None:
        """Return where `sought` stands among the bytes of all texts, None if it does too often."""
        places: list[int] = []
        at = self._bytes.find(sought)
        while at >= 0:
            if len(places) == _FEW:
                return None
            places.append(at)
            at = self._bytes.find(sought, at + 1)
        return np.array(places, dtype=np.int64)

    @cached_property
    def _bytes(self) -> bytes:
        """All texts in a row; a scan of them takes a tenth of what asking each takes."""
        _, _, data = self._texts.buffers()
        return data.to_pybytes() if data is not None and len(self._texts) else b""

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        _, offsets, _ = self._texts.buffers()
        ends: npt.NDArray[Any] = np.frombuffer(offsets, dtype=np.int32)
        return ends[1 : len(self._texts) + 1].astype(np.int64)


class _Worded:
    """Texts that hold words, found by these: a word is in many texts, and there are few words."""

    def __init__(self, prepared: Prepared, name: str) -> None:
        self._texts = _Texts(prepared, name)
        self._words = _Texts(prepared, f"{name}_words")

    def groups(self, text: str) -> Numbers:
        """Return the groups of the texts that hold `text`, some perhaps more than once."""
        pieces = text.split(" ")
        within = np.zeros(len(self._texts), dtype=np.bool_)
        within[self._words.groups(max(pieces, key=len))] = True
        places = np.flatnonzero(within)
        if len(pieces) > 1:
            # A text that holds all has a word that holds each piece; so has many another.
            places = self._texts.among(places, text)
        return self._texts.held(places)


class Search:
    """Finds groups of one run by a text."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    def groups(self, text: str) -> npt.NDArray[np.int32]:
        """Return the groups of the record or group with this id, else those that hold `text`."""
        if (row := self._prepared.row(text)) is not None:
            return self._prepared.group_at[[row]]
        if (position := self._prepared.position(text)) is not None:
            return np.array([position], dtype=np.int32)
        plain = _plain(text)
        digits = "".join(letter for letter in plain if letter.isdigit())
        is_number = len(digits) >= _LEAST_DIGITS and not any(map(str.isalpha, plain))
        found = [np.zeros(0, dtype=np.int32)]
        for name, texts in self._fields.items():
            if name == "phone":
                found += [texts.groups(digits)] if is_number else []
            elif name == "website":
                found += [texts.groups(plain)] if " " not in plain else []
            else:
                found.append(texts.groups(plain))
        return np.concatenate(found)

    @cached_property
    def _fields(self) -> dict[str, _Texts | _Worded]:
        names = self._prepared.table("sought").column("field").to_pylist()
        return {
            name: (_Worded if name == "name" else _Texts)(self._prepared, name) for name in names
        }


def _plain(text: str) -> str:
    """Return the text in small letters without their marks, as texts are laid out."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
