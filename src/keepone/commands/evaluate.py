"""`keepone evaluate`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Workspace

if TYPE_CHECKING:
    from keepone.evaluate import Evaluation

_LOST = {
    "reading": "a record is not in the run",
    "blocking": "never compared",
    "score": "scored below cluster.join",
    "grouping": "scored above it, and parted",
}
_WRONG = {"score": "scored above cluster.join", "grouping": "brought together by others"}


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or its folder.")],
    *,
    truth: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet: record_id, entity_id; or labelled pairs: id_l, id_r, match.",
        ),
    ],
    truth_id: Annotated[
        str, typer.Option(metavar="COLUMN", help="The truth's column of record ids.")
    ] = "record_id",
    truth_entity: Annotated[
        str, typer.Option(metavar="COLUMN", help="The truth's column of entity ids.")
    ] = "entity_id",
    min_f1: Annotated[
        float | None,
        typer.Option(metavar="F1", min=0, max=1, help="Exit with 3 if F1 is less than this."),
    ] = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Judge a run's groups by a known truth, in pairs of records.

    Says precision, recall and F1, and at which stage true pairs were lost and wrong ones made.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.errors import GateError
    from keepone.evaluate import evaluate_run
    from keepone.runs import find_run

    found = find_run(run, workspace)
    evaluation = evaluate_run(found, truth, id_column=truth_id, entity_column=truth_entity)
    if as_json:
        print_json({"run_id": found.run_id} | evaluation.as_dict())
    else:
        console = stdout()
        for line in _lines(evaluation):
            console.print(line)
    if min_f1 is not None and (evaluation.f1 is None or evaluation.f1 < min_f1):
        message = f"F1 {_ratio(evaluation.f1)} is below the wanted {min_f1:.4f}"
        if evaluation.f1 is None:
            message = "there is no F1: neither the truth nor the run has a pair"
        raise GateError(message)


def _lines(evaluation: Evaluation) -> list[str]:
    correct = f"{evaluation.correct_pairs:,} of"
    grouped = f"{correct} {evaluation.grouped_pairs:,} grouped pairs are true"
    true = f"{correct} {evaluation.true_pairs:,} true pairs are grouped"
    lines = [
        f"  F1         {_ratio(evaluation.f1)}",
        f"  Precision  {_ratio(evaluation.precision)}   {grouped}",
        f"  Recall     {_ratio(evaluation.recall)}   {true}",
    ]
    for title, parts, words in (
        ("Lost", evaluation.lost, _LOST),
        ("Wrong", evaluation.wrong, _WRONG),
    ):
        for name, count in parts.items():
            if count:
                lines.append(f"  {title:<11}{count:>11,}   {name}: {words[name]}")
                title = ""  # noqa: PLW2901 - the heading stands once
    if evaluation.unknown_records:
        lines.append(f"  {evaluation.unknown_records:,} records of the truth are not in the run")
    return lines


def _ratio(value: float | None) -> str:
    return "     -" if value is None else f"{value:.4f}"
