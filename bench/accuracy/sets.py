"""The labelled files: where they stand and what their truth looks like."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from keepone.generate import generate, write

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A file of records with its truth: `clusters` (record_id, entity_id) or `pairs`.

    Pairs are (id_l, id_r, match). `link` is the column of sources that are known to be free of
    duplicates within themselves.
    """

    name: str
    records: Path
    truth: Path
    kind: str = "clusters"
    link: str | None = None

    @property
    def origin(self) -> str:
        """Whose records these are: cuts of a set are the set's, generated accounts all one's."""
        return origin_of(self.name)


def origin_of(name: str) -> str:
    """Return whose records a set of this name holds."""
    return "accounts" if name.startswith("accounts") else name.partition(",")[0]


_STORED = (
    ("chicago", "records.csv", "clusters", None),
    ("overture", "records.csv", "pairs", None),
    ("fodors_zagat", "records.csv", "clusters", "source"),
    ("dblp_acm", "records.csv", "clusters", "source"),
    ("historical_50k", "records.parquet", "clusters", None),
    ("febrl3", "records.csv", "clusters", None),
)


def labelled_sets(scratch: Path) -> list[LabelledSet]:
    """Return every stored set that is there, and generated accounts written to `scratch`."""
    found = [
        LabelledSet(
            name,
            DATA / name / records,
            DATA / name / ("truth.csv" if kind == "clusters" else "pairs.csv"),
            kind,
            link,
        )
        for name, records, kind, link in _STORED
        if (DATA / name / records).exists()
    ]
    profiles: tuple[Literal["crm", "dense"], ...] = ("crm", "dense")
    for profile in profiles:
        out = scratch / f"accounts_{profile}.csv"
        truth = write(generate(10_000, profile=profile, seed=7), out)
        found.append(LabelledSet(f"accounts_{profile}", out, truth))
    return found


def large_sets(scratch: Path) -> list[LabelledSet]:
    """Return accounts of the size that the speed is judged by, written to `scratch`."""
    out = scratch / "accounts_94k.csv"
    return [LabelledSet("accounts_94k", out, write(generate(94_000, profile="crm", seed=7), out))]


_NAMES = {"chicago": "Site name", "dblp_acm": "title", "accounts_crm": "Account Name"}


def names_alone(sets: list[LabelledSet], scratch: Path) -> list[LabelledSet]:
    """Return those of `sets` that have one column of names, as files of the id and that column."""
    found = []
    for each in sets:
        if each.name in _NAMES:
            table = read_text(each.records)
            out = scratch / f"{each.name}_names.csv"
            pacsv.write_csv(table.select([table.column_names[0], _NAMES[each.name]]), out)
            found.append(LabelledSet(f"{each.name}, names alone", out, each.truth))
    return found


def read_truth(path: Path) -> pa.Table:
    """Read a truth file, CSV or Parquet, every value as text."""
    return pq.read_table(path) if path.suffix == ".parquet" else read_text(path)


def read_text(path: Path) -> pa.Table:
    """Read a CSV file, every value as text."""
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    types = pacsv.ConvertOptions(column_types={name: pa.string() for name in header})
    parsing = pacsv.ParseOptions(newlines_in_values=True)
    return pacsv.read_csv(path, parse_options=parsing, convert_options=types)
