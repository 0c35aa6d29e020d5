"""`keepone train`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepone.commands.options import AsJson, RunName, Workspace

if TYPE_CHECKING:
    from rich.text import Text

    from keepone.learning.training import Standing, Trained
    from keepone.model import Judged

_LEFT_OUT = {
    "open": "left open",
    "unknown": "name a record that is not in the run",
    "uncompared": "were never compared",
}
_MOVED = 8


def train(
    run: RunName,
    *,
    labels: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help=("CSV or Parquet: id_l, id_r, match; or record_id, entity_id. May be repeated."),
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the model goes.")] = Path(
        "model.json"
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Write the model though it is not shown to be better.")
    ] = False,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Teach a run's model by pairs that people have labelled, and say what it gained.

    The gain is measured by cross-validation: each label is judged by a model that has learned from
    none of its entity. A model that is not better than the run's own, or than one that stands at
    the place it would go to, is not written, and the exit code is 3. Use the model with keepone run
    --model FILE, on the same export or the next.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.errors import GateError
    from keepone.learning.training import train_run
    from keepone.model_files import read_model
    from keepone.runs import find_run

    standing = read_model(out) if out.exists() else None
    found = find_run(run, workspace)
    trained = train_run(found, labels)
    compared = trained.against(standing) if standing else None
    refused = _refusal(trained, compared, out)
    written = force or refused is None
    if written:
        trained.save(out)
    if as_json:
        print_json(_told(found.run_id, trained, compared, out if written else None))
    else:
        console = stdout()
        for line in _lines(trained, compared):
            console.print(line)
        if written:
            console.print(f"  Saved      {out}; use it with keepone run INPUT --model {out}")
    if not written:
        assert refused is not None
        raise GateError(refused, hint="Label more pairs, or write it all the same with --force.")


def _refusal(trained: Trained, standing: Standing | None, out: Path) -> str | None:
    """Return why the model is not written, None if it may be."""
    if not trained.is_better:
        return "the trained model is no better than the run's own: nothing was written"
    if standing is None or standing.is_worse:
        return None
    if standing.theirs is None:
        return (
            f"the model in {out} learned from {standing.learned:,} labels, or weighs other fields:"
            " it was not replaced"
        )
    return f"the model in {out} is better: it was not replaced"


def _lines(trained: Trained, standing: Standing | None) -> Iterator[str | Text]:
    from keepone.commands.output import table_lines

    training, labels = trained.training, trained.labels
    others = training.labels - training.matches
    yield (
        f"  Labels     {training.labels:,} pairs: {training.matches:,} matches, {others:,} others"
    )
    for name, count in labels.left_out.items():
        if count:
            yield f"             {count:,} more {_LEFT_OUT[name]}"
    yield ""
    judged: list[tuple[str, Judged]] = [
        ("before", training.before),
        (f"after, over {training.folds} folds", training.after),
    ]
    if standing is not None and standing.theirs is not None and standing.ours is not None:
        judged += [
            (f"standing, {standing.fresh:,} unseen", standing.theirs),
            (f"after, the same {standing.fresh:,}", standing.ours),
        ]
    rows = [
        [
            f"  {name}",
            f"{one.log_loss:.4f}",
            f"{one.f1:.4f}",
            f"{one.best_f1:.4f} at {100 * one.best_threshold:.0f}",
            f"{one.ece:.4f}",
        ]
        for name, one in judged
    ]
    header = ["", "log loss", "F1 at join", "best F1", "calibration error"]
    yield from table_lines(header, rows, right=frozenset({1, 2, 3, 4}))
    yield ""
    for at, (what, before, after, shown) in enumerate(_moved(trained)):
        title = "Moved most " if not at else ""
        yield f"  {title:<11}{what}: {before / 1000:+.1f} → {after / 1000:+.1f} bits ({shown})"


def _moved(trained: Trained) -> list[tuple[str, int, int, str]]:
    """Return the levels that labels moved most: name, weight before, after, what showed them."""
    found = []
    for field in trained.model.fields:
        for level in field.levels:
            before = level.untrained or 0
            if (level.matches or level.others) and level.weight != before:
                shown = f"{level.matches:,} matches, {level.others:,} others"
                found.append((f"{field.field}, {level.level}", before, level.weight, shown))
    return sorted(found, key=lambda one: -abs(one[2] - one[1]))[:_MOVED]


def _told(
    run_id: str, trained: Trained, standing: Standing | None, written: Path | None
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "run_id": run_id,
        "model": None if written is None else str(written),
        **trained.training.model_dump(mode="json", exclude={"seen"}),
        "left_out": dict(trained.labels.left_out),
    }
    if standing is not None:
        told["standing"] = {
            "labels": standing.learned,
            "unseen": standing.fresh,
            "before": standing.theirs.model_dump() if standing.theirs else None,
            "after": standing.ours.model_dump() if standing.ours else None,
        }
    return told
