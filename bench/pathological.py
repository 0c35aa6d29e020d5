"""Files that are made to hurt: each ends in bounded time and memory, with its caps reported.

    python -m bench.pathological [--records N] [--memory SIZE] [--seconds N] [--only KIND ...]
        [--out DIR]

Writes a file of each kind (`KINDS`), runs `keepone run --memory SIZE` on it in a process of its
own, and prints a Markdown table of time, memory, and what the run says of its caps. Exits with 1
if a run fails, takes more than `--seconds`, holds more anonymous memory than SIZE, or leaves a law
of the manifest's `checks` broken. Input and runs are deleted afterwards. Linux only.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peaks import Peaks, run_watched
from keepone.machine import parse_memory
from keepone.manifest import Manifest, read_manifest

_SEED = 7
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = 50_000
_MANY_COLUMNS = 2_000
# Of long names and many columns, a file of the usual length would be one of gigabytes.
_MOST_CELL_BYTES = 100_000_000

Row = Sequence[str]


class Draw:
    """Words, names and other values drawn at random, the same for the same seed."""

    def __init__(self, seed: int = _SEED) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._words = [self.letters(self._random.randint(4, 9)) for _ in range(30_000)]

    def letters(self, count: int) -> str:
        """Return so many letters."""
        return "".join(self._random.choices(_LETTERS, k=count))

    def words(self, count: int) -> str:
        """Return so many words."""
        return " ".join(self._random.choices(self._words, k=count))

    def digits(self, count: int) -> str:
        """Return so many digits, none of them 0 or 1."""
        return "".join(self._random.choices("23456789", k=count))

    def phone(self) -> str:
        """Return a phone number of Chicago."""
        return f"+1 312 {self.digits(3)} {self.digits(4)}"

    def address(self) -> tuple[str, str, str]:
        """Return street, city and postal code."""
        return f"{self.digits(3)} {self.words(1)} street", self.words(1), f"6{self.digits(4)}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its header, and its rows, given how many and where to draw from.

    One that is `refused` holds nothing to compare: the run says so, and ends with exit code 2.
    """

    name: str
    says: str
    header: Row
    rows: Callable[[int, Draw], Iterator[Row]]
    refused: bool = False

    def write(self, path: Path, records: int) -> None:
        """Write a file of so many records, with ids in the first column."""
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(["Account ID", *self.header])
            for number, row in enumerate(self.rows(records, Draw())):
                out.writerow([f"A{number:07}", *row])


_ACCOUNT = ("Name", "Phone", "Street", "City", "Postal Code")


def _one_name(records: int, draw: Draw) -> Iterator[Row]:
    return (("Northwind Traders", draw.phone(), *draw.address()) for _ in range(records))


def _one_token(records: int, draw: Draw) -> Iterator[Row]:
    return ((f"Northwind {draw.words(2)}", draw.phone(), *draw.address()) for _ in range(records))


def _one_phone(records: int, draw: Draw) -> Iterator[Row]:
    return ((draw.words(2), "+1 312 555 2368", *draw.address()) for _ in range(records))


def _long_names(records: int, draw: Draw) -> Iterator[Row]:
    for _ in range(min(records, _MOST_CELL_BYTES // _LONG)):
        yield (draw.words(_LONG // 4)[:_LONG], draw.phone(), *draw.address())


def _many_columns(records: int, draw: Draw) -> Iterator[Row]:
    for _ in range(min(records, _MOST_CELL_BYTES // (_MANY_COLUMNS * 10))):
        yield (draw.words(2), *(draw.words(1) for _ in range(_MANY_COLUMNS - 2)))


def _one_group(records: int, draw: Draw) -> Iterator[Row]:
    for _ in range(records):
        mail = f"{draw.letters(8)}@northwind-traders.com"
        yield ("Northwind Traders", "+1 312 555 2368", "www.northwind-traders.com", mail)


def _near_group(records: int, draw: Draw) -> Iterator[Row]:
    for _ in range(records):
        name = f"Northwind Traders {draw.letters(5)}"
        yield (name, "+1 312 555 2368", "www.northwind-traders.com", f"{draw.digits(3)} Oak street")


def _one_column(records: int, draw: Draw) -> Iterator[Row]:
    return ((draw.words(2),) for _ in range(records))


def _blank(records: int, draw: Draw) -> Iterator[Row]:  # noqa: ARG001 - as all kinds
    return (("",) * len(_ACCOUNT) for _ in range(records))


def _equal(records: int, draw: Draw) -> Iterator[Row]:
    row = (draw.words(2), draw.phone(), *draw.address())
    return (row for _ in range(records))


KINDS: tuple[Kind, ...] = (
    Kind("one_name", "every record has one name, and else nothing in common", _ACCOUNT, _one_name),
    Kind("one_token", "one word is in every name", _ACCOUNT, _one_token),
    Kind(
        "one_phone", "every record has one phone, and else nothing in common", _ACCOUNT, _one_phone
    ),
    Kind("long_names", "names of 50,000 characters", _ACCOUNT, _long_names),
    Kind(
        "many_columns",
        "2,000 columns",
        ("Name", *(f"Field {number}" for number in range(1, _MANY_COLUMNS - 1))),
        _many_columns,
    ),
    Kind(
        "one_group",
        "all records match: only what stands before the @ differs",
        ("Name", "Phone", "Website", "Email"),
        _one_group,
    ),
    Kind(
        "near_group",
        "all records match in part: name, street number and nothing else differ",
        ("Name", "Phone", "Website", "Street"),
        _near_group,
    ),
    Kind("one_column", "a name and no other column", ("Name",), _one_column),
    Kind("blank", "no cell has a value but the id", _ACCOUNT, _blank, refused=True),
    Kind("equal", "all rows are equal but for the id", _ACCOUNT, _equal, refused=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run on one file; `manifest` is None where it left none."""

    kind: Kind
    input_mb: float
    peaks: Peaks
    manifest: Manifest | None

    def faults(self, memory: float) -> list[str]:
        """Say what of the promise was not kept, given the memory in MB."""
        told = []
        if not self.peaks.ended:
            told.append("takes too long")
        elif self.peaks.code != (2 if self.kind.refused else 0):
            told.append(f"ends with exit code {self.peaks.code}")
        elif self.manifest and not all(check.holds for check in self.manifest.checks):
            told.append("loses something on the way")
        if self.peaks.anonymous_mb > memory:
            told.append("holds more memory than it may take")
        return told


def try_out(kind: Kind, records: int, memory: str, seconds: float, out: Path) -> Outcome:
    """Write a file of the kind, run on it, and delete both."""
    source, workspace = out / f"{kind.name}.csv", out / f"{kind.name}-data"
    shutil.rmtree(workspace, ignore_errors=True)
    try:
        kind.write(source, records)
        command = [sys.executable, "-m", "keepone", "run", str(source), "--quiet"]
        command += ["--workspace", str(workspace), "--run-id", "r", "--memory", memory]
        peaks = run_watched(command, out / f"{kind.name}.log", seconds=seconds)
        folder = workspace / "runs" / "r"
        manifest = read_manifest(folder) if (folder / "manifest.json").exists() else None
        return Outcome(kind, source.stat().st_size / 1e6, peaks, manifest)
    finally:
        source.unlink(missing_ok=True)
        shutil.rmtree(workspace, ignore_errors=True)


def markdown(outcomes: Sequence[Outcome], memory: float) -> str:
    """Return the figures as a table."""
    lines = [
        (
            "| file | input, MB | records | pairs | groups | values capped | processor, s | wall, s"
            " | anonymous, MB | resident, MB | verdict |"
        ),
        f"|---|{'---:|' * 9}---|",
    ]
    for outcome in outcomes:
        counts = outcome.manifest.counts if outcome.manifest else None
        figures = ["", "", "", ""]
        if counts is not None:
            capped = sum(key.capped_blocks for key in counts.keys)
            figures = [
                f"{number:,}"
                for number in (counts.records, counts.candidate_pairs, counts.groups, capped)
            ]
        peaks = outcome.peaks
        kept = "refused: nothing to compare" if outcome.kind.refused else "holds"
        verdict = "; ".join(outcome.faults(memory)) or kept
        lines.append(
            f"| {outcome.kind.says} | {outcome.input_mb:,.0f} | {' | '.join(figures)}"
            f" | {peaks.cpu:.0f} | {peaks.wall:.0f} | {peaks.anonymous_mb:,.0f}"
            f" | {peaks.resident_mb:,.0f} | {verdict} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try every kind, print the table, and exit with 1 if one does not hold."""
    parser = argparse.ArgumentParser(description="Files that are made to hurt.")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--only", nargs="*", choices=[kind.name for kind in KINDS])
    parser.add_argument("--out", type=Path, default=Path("demo/bench"))
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    size = parse_memory(options.memory)
    memory = float("inf") if size is None else size / 1e6
    outcomes = []
    for kind in KINDS:
        if options.only is None or kind.name in options.only:
            outcomes.append(try_out(kind, options.records, options.memory, options.seconds, out))
            sys.stdout.write(f"{kind.name}: {outcomes[-1].peaks}\n")
            sys.stdout.flush()
    table = markdown(outcomes, memory)
    (out / "pathological.md").write_text(table, encoding="utf-8")
    sys.stdout.write(table)
    sys.exit(any(outcome.faults(memory) for outcome in outcomes))


if __name__ == "__main__":
    main()
