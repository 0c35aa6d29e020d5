"""CSV files of a plan, in parts: exact ones for machines, safe ones for people.

A machine's file has every value as it is, in UTF-8 without a mark, so that what is loaded is what
was meant. A person opens theirs in a spreadsheet, where a cell that begins with `=` is a formula:
there cells are escaped as in exports (`exports.formulas`), and the file begins with the mark by
which spreadsheets know UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from keepone.exports.formulas import escaped_text

Cell = str | int | None

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a file may be; `bytes` and `rows` are those of one part, the header included."""

    rows: int
    bytes: int

    @classmethod
    def of(cls, rows: int, megabytes: int) -> Limits:
        """Return the limits for so many rows and megabytes."""
        return cls(rows, megabytes * _MEGABYTE)


DEFAULT_LIMITS = Limits.of(rows=100_000, megabytes=100)


def write_machine_table(
    folder: Path, stem: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], limits: Limits
) -> list[Path]:
    """Write rows exactly to `<stem>.csv`, or to numbered parts where one would be too long.

    No row, no file. Returns the files that were written.
    """
    return _write(folder, stem, header, rows, limits, mark=b"")


def write_peoples_table(
    folder: Path, stem: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], limits: Limits
) -> list[Path]:
    """Write rows for people to open in a spreadsheet; no cell becomes a formula."""
    safe = ([_safe(cell) for cell in row] for row in rows)
    return _write(folder, stem, header, safe, limits, mark=codecs.BOM_UTF8)


def _safe(cell: Cell) -> Cell:
    return escaped_text(cell) if isinstance(cell, str) else cell


def _write(
    folder: Path,
    stem: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    limits: Limits,
    *,
    mark: bytes,
) -> list[Path]:
    first = mark + _line(header)
    parts: list[Path] = []
    file: io.BufferedWriter | None = None
    count = size = 0
    try:
        for row in rows:
            line = _line(row)
            if file is None or count >= limits.rows or size + len(line) > limits.bytes:
                if file is not None:
                    file.close()
                parts.append(folder / f"{stem}_{len(parts) + 1:03d}.csv")
                file = parts[-1].open("wb")
                count, size = 0, file.write(first)
            size += file.write(line)
            count += 1
    finally:
        if file is not None:
            file.close()
    return [parts[0].rename(folder / f"{stem}.csv")] if len(parts) == 1 else parts


def _line(cells: Sequence[Cell]) -> bytes:
    text = io.StringIO(newline="")
    # Only what the end of a line holds is quoted, so that the end is changed afterwards.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n").encode("utf-8") + b"\n"
