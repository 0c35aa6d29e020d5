"""Datasets: sheets with the same set of columns belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepone.readers.source import Sheet


@dataclass(frozen=True, slots=True)
class Dataset:
    """Sheets that share their columns; `name` holds no colon, and is "" for the only dataset."""

    name: str
    sheets: tuple[Sheet, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """Its columns, in the order of its first sheet."""
        return self.sheets[0].header


def datasets(sheets: Sequence[Sheet]) -> tuple[Dataset, ...]:
    """Part sheets, given in the order of their labels, into datasets, sorted by name.

    A dataset takes its name from its first file, without folder and suffix; a number tells those
    apart that would have the same.
    """
    parts: dict[frozenset[str], list[Sheet]] = {}
    for sheet in sheets:
        parts.setdefault(frozenset(sheet.header), []).append(sheet)
    if len(parts) == 1:
        return (Dataset("", tuple(sheets)),)
    found: dict[str, Dataset] = {}
    for members in parts.values():
        stem = _stem(members[0].label)
        name, count = stem, 1
        while name in found:
            count += 1
            name = f"{stem} ({count})"
        found[name] = Dataset(name, tuple(members))
    return tuple(found[name] for name in sorted(found))


def _stem(label: str) -> str:
    file, _, sheet = label.rpartition("/")[2].partition(" [")
    stem = file.rpartition(".")[0] or file
    # Ids are qualified as dataset:id, which reads one way only if the name has no colon.
    return (f"{stem} [{sheet}" if sheet else stem).replace(":", "_")
