"""Accuracy on every labelled set, with no settings: pairwise precision, recall and F1 of groups.

    python -m bench.accuracy.measure [--out FILE]

Each set is run twice: with the prior as shipped, which was learned over all of them, and with one
learned over the others alone (generated accounts leave out all generated sets), as a new file is.
Files cut from the sets to be hard (`hard.py`) are run with the latter alone. Prints Markdown
tables, and writes them where told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import keepone
from bench.accuracy.hard import hard_sets
from bench.accuracy.learn_prior import count_levels
from bench.accuracy.sets import LabelledSet, labelled_sets, names_alone
from bench.accuracy.unseen import Counted, others, prior_of
from keepone.evaluate import Evaluation, evaluate_run
from keepone.runs import Run


def _judged(labelled: LabelledSet, workspace: Path, run_id: str) -> Evaluation:
    result = keepone.run(labelled.records, workspace=workspace, run_id=run_id)
    return evaluate_run(Run(result.path), labelled.truth)


def _judged_unseen(
    labelled: LabelledSet, counted: Counted, workspace: Path, run_id: str
) -> Evaluation:
    """Judge a run whose prior was learned on other sets."""
    # A workspace of its own: no run knows of the other prior, so that neither may serve the other.
    with prior_of(counted):
        return _judged(labelled, workspace / "unseen", run_id)


def _row(name: str, shipped: Evaluation, unseen: Evaluation) -> str:
    figures = [
        f"{value:.4f}" if value is not None else "-"
        for one in (shipped, unseen)
        for value in (one.precision, one.recall, one.f1)
    ]
    return f"| {name} | {shipped.records:,} | {shipped.true_pairs:,} | {' | '.join(figures)} |"


def _hard_row(name: str, judged: Evaluation) -> str:
    """Return the figures of a hard file; where there is no true pair, what was merged counts."""
    figures = [judged.precision, judged.recall, judged.f1] if judged.true_pairs else [None] * 3
    shown = [f"{value:.4f}" if value is not None else "-" for value in figures]
    wrong = 100 * (judged.grouped_pairs - judged.correct_pairs) / judged.records
    return (
        f"| {name} | {judged.records:,} | {judged.true_pairs:,} | {' | '.join(shown)}"
        f" | {wrong:.2f} |"
    )


def main() -> None:
    """Measure every set and print the table."""
    parser = argparse.ArgumentParser(description="Accuracy on every labelled set.")
    parser.add_argument("--out", type=Path, help="also write the table here")
    options = parser.parse_args()
    shown = ("precision", "recall", "F1")
    columns = ["set", "records", "true pairs", *shown, *(f"{each}, unseen" for each in shown)]
    lines = [f"| {' | '.join(columns)} |", "|---" + "|---:" * (len(columns) - 1) + "|"]
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "workspace"
        sets = labelled_sets(Path(scratch))
        counted = {each.name: count_levels(each) for each in sets}
        for each in sets:
            unlike = others(each.name, counted)
            files = {each.name: each}
            files |= {f"{each.name}-names": one for one in names_alone([each], Path(scratch))}
            for run_id, one_file in files.items():
                shipped = _judged(one_file, workspace, run_id)
                unseen = _judged_unseen(one_file, unlike, workspace, f"{run_id}-unseen")
                lines.append(_row(one_file.name, shipped, unseen))
        columns = ["file", "records", "true pairs", *shown, "wrong pairs per 100 records"]
        lines += ["", f"| {' | '.join(columns)} |", "|---" + "|---:" * (len(columns) - 1) + "|"]
        for at, each in enumerate(hard_sets(sets, Path(scratch))):
            unlike = others(each.name, counted)
            lines.append(
                _hard_row(each.name, _judged_unseen(each, unlike, workspace, f"hard-{at}"))
            )
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if options.out:
        options.out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
