"""What a run would take the columns of its inputs for, and what it would compare; nothing is left.

The inputs are read as a run reads them (the stages ingest and profile), in a folder that is gone
afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.explain.levels import level_in_words
from keepone.file_keys import meets_near
from keepone.kernels.comparisons import COMPARISONS
from keepone.pipeline import read_columns
from keepone.rules.blocking_keys import KEY_KINDS, KeyKind
from keepone.settings import Settings

# Values shown of a column, drawn at even steps, and characters shown of each.
_EXAMPLES = 3
_LONGEST = 200
_LEFT_OUT = "not compared: "


@dataclass(frozen=True, slots=True)
class InspectedColumn:
    """One input column: what it was taken for and why, what it holds, and how it is compared.

    `left_out` says why it is not compared, beside what `why` says of its type; empty where it is,
    or where the type says it. `records` are those of the files that have the column. `keys` are the
    blocking keys that its values make, `levels` the levels at which two values may agree.
    """

    header: str
    field: str | None
    type: str
    why: str
    compared: bool
    left_out: str
    records: int
    filled: int
    distinct: int
    examples: tuple[str, ...]
    datasets: tuple[str, ...] | None
    keys: tuple[str, ...]
    levels: tuple[str, ...]

    @property
    def filled_share(self) -> float:
        """The share of records with a value, 0 to 1."""
        return self.filled / self.records if self.records else 0.0


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """One input file, its rows, and what its reader noted."""

    file: str
    rows: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a run would make of its inputs; `columns` in the order of the inputs."""

    files: tuple[InspectedFile, ...]
    records: int
    rejects: dict[str, int]
    columns: tuple[InspectedColumn, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the inspection as plain data, with each column's `filled_share`."""
        told = asdict(self)
        for line, column in zip(told["columns"], self.columns, strict=True):
            line["filled_share"] = round(column.filled_share, 6)
        return told


def inspect(source: Any, settings: Settings | None = None) -> Inspection:
    """Return what a run with these settings would take the columns of `source` for.

    `source` and errors are those of `keepone.run`.
    """
    with read_columns(source, settings or Settings()) as made:
        records, inputs, fields = made["records"], made["inputs"], made["fields"]
        codes = pc.value_counts(made["rejects"].column("code")).to_pylist()
        by_dataset = {
            line["values"]: line["counts"]
            for line in pc.value_counts(records.column("dataset")).to_pylist()
        }
        return Inspection(
            files=tuple(
                InspectedFile(source.name, source.rows, tuple(source.notes))
                for source in made["sources"]
            ),
            records=records.num_rows,
            rejects={line["values"]: line["counts"] for line in codes},
            columns=tuple(
                _inspected(line, inputs.column(line["column"]), by_dataset)
                for line in fields.to_pylist()
            ),
        )


def _inspected(
    line: dict[str, Any], values: pa.ChunkedArray, by_dataset: dict[str, int]
) -> InspectedColumn:
    why, _, left_out = line["why"].partition(_LEFT_OUT)
    type_, compared = line["type"], line["compared"]
    datasets = line["datasets"]
    return InspectedColumn(
        header=line["header"],
        field=line["field"],
        type=type_,
        why=why.removesuffix("; "),
        compared=compared,
        left_out=left_out,
        records=sum(by_dataset[name] for name in datasets or by_dataset),
        filled=line["filled"],
        distinct=line["distinct"],
        examples=_examples(values),
        datasets=None if datasets is None else tuple(datasets),
        keys=key_words(type_) if compared else (),
        levels=COMPARISONS[type_].levels if compared else (),
    )


def _examples(values: pa.ChunkedArray) -> tuple[str, ...]:
    """Return a few different values, drawn at even steps of the rows that have one."""
    filled = np.flatnonzero(pc.is_valid(values).to_numpy())
    steps = np.linspace(0, max(len(filled) - 1, 0), min(len(filled), 4 * _EXAMPLES))
    drawn = values.take(pa.array(filled[np.rint(steps).astype(np.int64)]))
    found = (" ".join(value[: 2 * _LONGEST].split()) for value in drawn.to_pylist())
    short = (
        value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…" for value in found if value
    )
    return tuple(dict.fromkeys(short))[:_EXAMPLES]


def key_words(type_: str) -> tuple[str, ...]:
    """Return what blocking keys values of a type make, and which count only beside others."""
    kinds = [kind for kind in KEY_KINDS if kind.type == type_]
    return tuple(dict.fromkeys(key for kind in kinds for key in _keys(kind)))


def _keys(kind: KeyKind) -> Iterator[str]:
    crossed = " (crossed with others)" if kind.support else ""
    yield kind.made_of + crossed
    if meets_near(kind):
        yield "words one letter apart" + crossed


def short_levels(type_: str, levels: Sequence[str]) -> tuple[str, ...]:
    """Return the levels of a type in words, those together that differ only in how common."""
    said = (level_in_words(type_, level).partition(";")[0] for level in levels[1:])
    return tuple(dict.fromkeys(said))
