"""Measures accuracy on every labelled set, with no settings.

Each set is run twice: with the prior as shipped, which was learned over all of them, and with one
learned over the others alone (generated accounts leave out all generated sets), as a new file is.
Files cut from the sets to be hard (`hard.py`), and made-up ones of other kinds (`kinds.py`), are
run with the latter alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import keepone
from bench.accuracy.figures import Measured, figures_of
from bench.accuracy.hard import hard_sets
from bench.accuracy.kinds import made_up
from bench.accuracy.learn_prior import Counted, count_levels
from bench.accuracy.sets import LabelledSet, labelled_sets, large_sets, names_alone
from bench.accuracy.unlabelled import measure_unlabelled
from bench.accuracy.unseen import others, prior_of
from keepone.evaluation import Evaluation, evaluate_run
from keepone.runs import Run


def measure(tell: Callable[[str], None]) -> tuple[dict[str, Measured], dict[str, Measured]]:
    """Return the figures of all sets, and of the files that are hard, by name.

    `tell` is called with the name of each file before it is run.
    """
    sets_found: dict[str, Measured] = {}
    hard_found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        workspace = scratch / "workspace"
        sets = labelled_sets(scratch)
        tell("what other sets teach")
        counted = {each.name: count_levels(each) for each in sets}
        for at, each in enumerate([*sets, *large_sets(scratch), *names_alone(sets, scratch)]):
            tell(each.name)
            shipped = _judged(each, workspace, f"set-{at}")
            unseen = _judged_unseen(each, others(each.name, counted), workspace, f"set-{at}")
            sets_found[each.name] = Measured(
                shipped.records,
                shipped.pairs.true,
                {"shipped": figures_of(shipped), "unseen": figures_of(unseen)},
            )
        tell("name_cases and gleif")
        sets_found |= measure_unlabelled(scratch)
        for at, each in enumerate([*hard_sets(sets, scratch), *made_up(scratch)]):
            tell(each.name)
            unseen = _judged_unseen(each, others(each.name, counted), workspace, f"hard-{at}")
            hard_found[each.name] = Measured(
                unseen.records, unseen.pairs.true, {"unseen": figures_of(unseen)}
            )
    return sets_found, hard_found


def _judged(labelled: LabelledSet, workspace: Path, run_id: str) -> Evaluation:
    settings = {"profile": {"link": labelled.link}}
    result = keepone.run(labelled.records, workspace=workspace, run_id=run_id, settings=settings)
    return evaluate_run(Run(result.path), labelled.truth)


def _judged_unseen(
    labelled: LabelledSet, counted: list[Counted], workspace: Path, run_id: str
) -> Evaluation:
    """Judge a run whose prior was learned on other sets."""
    # A workspace of its own: no run knows of the other prior, so that neither may serve the other.
    with prior_of(counted):
        return _judged(labelled, workspace / "unseen", run_id)
