"""What the review app costs: answers, start, memory, paint, and twenty reviewers at once.

    python -m bench.review_load [--groups N] [--times N] [--seconds N] [--reviewers N] [--out DIR]

Makes a run over generated accounts that comes to about N groups, unless it stands in DIR already,
and opens `keepone review` on it as its users would: a process of its own, HTTP, signed-in people,
decisions in the workspace's log. The log and the files that the app lays out are made anew. Writes
`review_N.json` and prints the tables of docs/review.md. Linux only; the browser is Chromium, found
on the path or named by KEEPONE_CHROMIUM.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.review_actions import Rehearsal, Timed
from bench.review_app import App, Memory, Person, Started
from bench.review_crowd import Crowd, crowd
from bench.review_painted import painted
from keepone.decisions.workspace import LOG_FILE
from keepone.traces import LAID_OUT

_RUN = "load"
_SEED = "2"
# Generated accounts of the profile crm come to so many groups.
_GROUPS_PER_RECORD = 0.588
_PACE_SECONDS = 0.1
_PAINTS = 15
_NOT_YET = 503
_ASKED_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """All that was measured at one size; seconds, and MB of 10^6 bytes."""

    groups: int
    records: int
    cold: Started
    laid_out: float
    warm: Started
    warm_group: float
    memory: Memory
    actions: tuple[Timed, ...]
    painted: tuple[Timed, ...]
    crowd: Crowd


def made(groups: int, out: Path) -> Path:
    """Return a workspace whose run `load` has about so many groups; made where it is missing."""
    workspace = out / f"review_{groups}"
    if not (workspace / "runs" / _RUN / "manifest.json").exists():
        export = out / f"review_{groups}.csv"
        records = round(groups / _GROUPS_PER_RECORD)
        keepone = [sys.executable, "-m", "keepone"]
        subprocess.run(
            [*keepone, "generate", str(records), str(export), "--seed", _SEED], check=True
        )
        subprocess.run(
            [
                *keepone, "run", str(export), "--workspace", str(workspace), "--run-id", _RUN,
                "--columns", "review", "--quiet",
            ],
            check=True,
        )  # fmt: skip
        for path in (export, export.with_suffix(".truth.parquet")):
            path.unlink()
    for file in workspace.glob(f"{LOG_FILE}*"):
        file.unlink()
    return workspace


def measure(workspace: Path, reviewers: int, times: int, seconds: float) -> Load:
    """Measure everything on the run of a workspace."""
    names = [f"reviewer {at + 1}" for at in range(reviewers)]
    shutil.rmtree(workspace / "runs" / _RUN / LAID_OUT, ignore_errors=True)
    with App(workspace, _RUN, names) as app:
        cold = app.started
        person = app.person(names[0])
        began = time.perf_counter()
        _wait_for_groups(person)
        laid_out = time.perf_counter() - began
    with App(workspace, _RUN, names) as app:
        warm = app.started
        person = app.person(names[0])
        began = time.perf_counter()
        _wait_for_groups(person)
        warm_group = time.perf_counter() - began
        actions = tuple(Rehearsal(person, _RUN, times).timed())
        paints = tuple(painted(app, person, _RUN, _PAINTS))
        memory = app.memory
        board = app.person(names[0]).told(f"/api/runs/{_RUN}")
    with App(workspace, _RUN, names) as app:
        together = crowd(app, workspace, _RUN, names, seconds=seconds, pace=_PACE_SECONDS)
    steps = {step["label"].lower(): step["count"] for step in board["funnel"]}
    return Load(
        groups=steps["groups"],
        records=steps["records"],
        cold=cold,
        laid_out=laid_out,
        warm=warm,
        warm_group=warm_group,
        memory=memory,
        actions=actions,
        painted=paints,
        crowd=together,
    )


def _wait_for_groups(person: Person) -> None:
    """Return once the app shows the run's groups: it may be laying the run out still."""
    while (status := person.asked("GET", f"/api/runs/{_RUN}/groups")[0]) == _NOT_YET:
        time.sleep(_ASKED_AGAIN_SECONDS)
    assert status == 200, status


def markdown(load: Load) -> str:
    """Return the figures as tables."""
    together = load.crowd
    errors = len(together.errors)
    lines = [
        f"{load.groups:,} groups, {load.records:,} records",
        "",
        "| start | seconds |",
        "|---|---:|",
        f"| the command prints its address | {load.warm.printed:.2f} |",
        f"| the first page is answered | {load.warm.answered:.2f} |",
        f"| the first list of groups after signing in | {load.warm_group:.2f} |",
        f"| the first page where the run was never opened before | {load.cold.answered:.2f} |",
        f"| and until its groups are laid out, once | {load.laid_out:.1f} |",
        "",
        f"Memory after all of this: {_megabytes(load.memory)}.",
        "",
        *_table("in the server", load.actions),
        "",
        *_table("painted", load.painted),
        "",
        f"{together.reviewers} at once, {together.actions:,} actions, {together.seconds:.0f} s.",
        f"The server's processor time: {together.processor:.1f} ms an action.",
        f"Acknowledged: {together.acknowledged:,}; lost: {together.lost}; errors: {errors}.",
        f"Refused, since others had decided meanwhile: {together.changed}.",
        f"Peak memory: {_megabytes(together.peak)}.",
        "",
        *_table("all at once", together.timed),
    ]
    return "\n".join(lines) + "\n"


def _megabytes(memory: Memory) -> str:
    return f"{memory.proportional:,.0f} MB with mapped files, {memory.own:,.0f} MB of its own"


def _table(title: str, timed: Iterable[Timed]) -> list[str]:
    return [
        f"| {title} | times | p50, ms | p95, ms | longest, ms |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {each.name} | {each.times:,} | {each.half:.1f} | {each.p95:.1f}"
            f" | {each.longest:.0f} |"
            for each in timed
        ),
    ]


def main() -> None:
    """Make the run, measure, print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description="What the review app costs.")
    parser.add_argument("--groups", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=100, help="times each action is done")
    parser.add_argument("--seconds", type=float, default=60, help="how long reviewers work at once")
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path("demo/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    workspace = made(options.groups, options.out)
    load = measure(workspace, options.reviewers, options.times, options.seconds)
    kept = options.out / f"review_{options.groups}.json"
    kept.write_text(json.dumps(asdict(load), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(markdown(load))


if __name__ == "__main__":
    main()
