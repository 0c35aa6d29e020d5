"""What answers teach: F1 after 50 to 400 answers, asked for as `keepone label` does or drawn.

    python -m bench.accuracy.learning [--out FILE] [--sets NAME ...]

Answers are taken from the truth, always right, and only for pairs that the run scored. The model is
trained on them as `keepone train` does, kept where that refuses, and the file is run again with it.
What is drawn is drawn from all scored pairs alike; its figures are means over some draws.

Where the truth is labelled pairs, one half of them is asked and the other half judges. Where it is
entities, all pairs judge: those that were asked about are among them, and as evidence only.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

import keepone
from bench.accuracy.sets import LabelledSet, labelled_sets, read_truth
from keepone.errors import InputError
from keepone.evaluation import evaluate_run
from keepone.learning.compared import ComparedRun
from keepone.learning.questions import Pair, Questions
from keepone.learning.training import train_run
from keepone.runs import Run
from keepone.settings import FitSettings, Settings

SETS = ("chicago", "overture", "dblp_acm")
COUNTS = (50, 100, 200, 400)
_DRAWS = 3
_AT_ONCE = 10
_SEED = 11

Answers = list[tuple[str, str, bool]]


class _Answerable(ComparedRun):
    """A run of whose scored pairs those alone are there that the truth has an answer to."""

    def __init__(self, run: Run, answers: dict[Pair, bool] | None) -> None:
        super().__init__(run)
        self._answers = answers

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table of the run, `pairs` without what nobody knows."""
        table = super().table(name, columns)
        if name != "pairs" or self._answers is None:
            return table
        ids = super().table("records", ["record_id"]).column(0).to_pylist()
        ends = zip(table["l"].to_pylist(), table["r"].to_pylist(), strict=True)
        known = [_key(ids[left], ids[right]) in self._answers for left, right in ends]
        return table.filter(pa.array(known, pa.bool_()))


@dataclass(frozen=True, slots=True)
class _Set:
    """A labelled set: who answers (a pair's label, or records' entities), and what judges."""

    name: str
    records: Path
    labels: dict[Pair, bool] | None
    entity_of: dict[str, str]
    judge: Path

    def answer(self, one: str, other: str) -> bool:
        if self.labels is not None:
            return self.labels[_key(one, other)]
        return self.entity_of.get(one, one) == self.entity_of.get(other, other)


def _key(one: str, other: str) -> Pair:
    first, second = sorted((one, other))
    return first, second


def _set(labelled: LabelledSet, scratch: Path) -> _Set:
    truth = read_truth(labelled.truth)
    columns = [truth.column(name).to_pylist() for name in truth.column_names]
    if labelled.kind == "clusters":
        entity_of = dict(zip(*columns[:2], strict=True))
        return _Set(labelled.name, labelled.records, None, entity_of, labelled.truth)
    order = np.random.default_rng(_SEED).permutation(truth.num_rows)
    half = truth.num_rows // 2
    judge = scratch / f"{labelled.name}.judge.csv"
    pacsv.write_csv(truth.take(pa.array(np.sort(order[half:]))), judge)
    asked = truth.take(pa.array(np.sort(order[:half]))).to_pylist()
    labels = {_key(one["id_l"], one["id_r"]): one["match"] == "1" for one in asked}
    return _Set(labelled.name, labelled.records, labels, {}, judge)


def _asked(questions: Questions, own: _Set, count: int) -> Answers:
    """Ask as the command does: some questions at a time, each lot in the light of the answers."""
    answers: dict[Pair, bool | None] = {}
    while len(answers) < count:
        coming = questions.next(answers, min(_AT_ONCE, count - len(answers)))
        if not coming:
            break
        answers |= {(one.id_l, one.id_r): own.answer(one.id_l, one.id_r) for one in coming}
    return [(*pair, bool(match)) for pair, match in answers.items()]


def _drawn(run: ComparedRun, own: _Set, count: int, seed: int) -> Answers:
    """Draw pairs from all that the run scored."""
    ids = run.table("records", ["record_id"]).column(0).to_pylist()
    pairs = run.table("pairs", ["l", "r"]).to_pylist()
    pairs = [pair for pair in pairs if pair["l"] != pair["r"]]
    order = np.random.default_rng(seed).permutation(len(pairs))[:count]
    ends = [(ids[pairs[at]["l"]], ids[pairs[at]["r"]]) for at in order.tolist()]
    return [(one, other, own.answer(one, other)) for one, other in ends]


def _f1_with(run: Run, own: _Set, answers: Answers, scratch: Path) -> float:
    """Return the F1 of a run with the model that these answers teach, where it is better."""
    labels = scratch / "labels.csv"
    with labels.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id_l", "id_r", "match"), *answers])
    try:
        trained = train_run(run, [labels])
    except InputError:  # too few of either kind
        return _f1(run, own)
    if not trained.is_better:
        return _f1(run, own)
    settings = Settings(fit=FitSettings(model=trained.model))
    result = keepone.run(own.records, workspace=scratch, run_id="trained", settings=settings)
    return _f1(Run(result.path), own)


def _f1(run: Run, own: _Set) -> float:
    return evaluate_run(run, own.judge).f1 or 0.0


def _rows(own: _Set, scratch: Path) -> Iterator[list[str]]:
    run = Run(keepone.run(own.records, workspace=scratch, run_id="before").path)
    answerable = _Answerable(run, own.labels)
    before = f"{_f1(run, own):.4f}"
    asked = _asked(Questions(answerable), own, max(COUNTS))
    figures = [_f1_with(run, own, asked[:count], scratch) for count in COUNTS]
    yield [own.name, "label", before, *(f"{figure:.4f}" for figure in figures)]
    draws = [_drawn(answerable, own, max(COUNTS), seed) for seed in range(_DRAWS)]
    means = [
        float(np.mean([_f1_with(run, own, drawn[:count], scratch) for drawn in draws]))
        for count in COUNTS
    ]
    yield [own.name, "drawn", before, *(f"{figure:.4f}" for figure in means)]


def main() -> None:
    """Measure the sets and print the table."""
    parser = argparse.ArgumentParser(description="What answers teach.")
    parser.add_argument("--out", type=Path, help="also write the table here")
    parser.add_argument("--sets", nargs="+", default=SETS, help="names of labelled sets")
    options = parser.parse_args()
    columns = ["set", "order", "before", *(f"{count} answers" for count in COUNTS)]
    lines = [f"| {' | '.join(columns)} |", "|---|---" + "|---:" * (len(columns) - 2) + "|"]
    with tempfile.TemporaryDirectory() as scratch:
        for labelled in labelled_sets(Path(scratch)):
            if labelled.name in options.sets:
                folder = Path(scratch) / labelled.name
                folder.mkdir()
                for row in _rows(_set(labelled, folder), folder):
                    lines.append(f"| {' | '.join(row)} |")
                    sys.stderr.write(lines[-1] + "\n")
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if options.out:
        options.out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
