"""`keepone evaluate`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, RunName, Workspace

if TYPE_CHECKING:
    from keepone.evaluation import Evaluation
    from keepone.evaluation.calibration import Calibration


def evaluate(
    run: RunName,
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
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a page: other thresholds, calibration, the worst mistakes explained.",
        ),
    ] = None,
    mistakes: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="How many of the worst mistakes of each kind the page and --json hold.",
        ),
    ] = 10,
    min_f1: Annotated[
        float | None,
        typer.Option(metavar="F1", min=0, max=1, help="Exit with 3 if F1 is less than this."),
    ] = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Judge a run's groups by a known truth.

    Says precision, recall and F1 over pairs of records, over records (B-cubed) and over whole
    groups; at which stage true pairs were lost and wrong ones made; and whether scores mean what
    they say. With --html or --json also what other thresholds of cluster.join would give, and the
    worst mistakes with their explanation.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.errors import GateError
    from keepone.evaluation import evaluate_run
    from keepone.runs import find_run

    found = find_run(run, workspace)
    columns = {"id_column": truth_id, "entity_column": truth_entity}
    if html is None and not as_json:
        evaluation = evaluate_run(found, truth, **columns)
    else:
        from keepone.evaluation.page import render_study
        from keepone.evaluation.study import study_run
        from keepone.files import write_text

        study = study_run(found, truth, mistakes=mistakes, **columns)
        evaluation = study.evaluation
        if html is not None:
            write_text(html, render_study(study))
        if as_json:
            print_json(study.as_dict())
    if not as_json:
        console = stdout()
        for line in _lines(evaluation):
            console.print(line)
        if html is not None:
            console.print(f"  Page       {html}")
    if min_f1 is not None and (evaluation.f1 is None or evaluation.f1 < min_f1):
        message = f"F1 {_ratio(evaluation.f1)} is below the wanted {min_f1:.4f}"
        if evaluation.f1 is None:
            message = "there is no F1: neither the truth nor the run has a pair"
        raise GateError(message)


def _lines(evaluation: Evaluation) -> list[str]:
    from keepone.evaluation.words import LOST, WRONG

    pairs = evaluation.pairs
    correct = f"{pairs.correct:,} of"
    grouped = f"{correct} {pairs.found:,} grouped pairs are true"
    true = f"{correct} {pairs.true:,} true pairs are grouped"
    lines = [
        f"  F1         {_ratio(pairs.f1)}",
        f"  Precision  {_ratio(pairs.precision)}   {grouped}",
        f"  Recall     {_ratio(pairs.recall)}   {true}",
    ]
    for title, parts, words in (
        ("Lost", evaluation.lost, LOST),
        ("Wrong", evaluation.wrong, WRONG),
    ):
        for name, count in parts.items():
            if count:
                lines.append(f"  {title:<11}{count:>11,}   {name}: {words[name]}")
                title = ""  # noqa: PLW2901 - the heading stands once
    for title, figures, says in (
        ("B-cubed", evaluation.b_cubed, "F1 by record"),
        ("Groups", evaluation.groups, "F1 of whole groups"),
        ("", evaluation.larger_groups, "of those of two records or more"),
    ):
        if figures is not None:
            ratios = f"precision {_ratio(figures.precision)}, recall {_ratio(figures.recall)}"
            lines.append(f"  {title:<11}{_ratio(figures.f1)}   {says}: {ratios}")
    lines.append(f"  Scores     {_calibrated(evaluation.calibration)}")
    if evaluation.unknown_records:
        lines.append(f"  {evaluation.unknown_records:,} records of the truth are not in the run")
    return lines


def _calibrated(calibration: Calibration) -> str:
    if calibration.expected_error is None or calibration.largest_gap is None:
        return "too few pairs to say whether they mean what they say"
    return (
        f"{calibration.expected_error:.4f}   expected calibration error;"
        f" {calibration.largest_gap:.1f} points at most"
    )


def _ratio(value: float | None) -> str:
    return "     -" if value is None else f"{value:.4f}"
