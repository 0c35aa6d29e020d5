"""Two sets whose truth is not one of groups: pairs of names, and a file in which nothing is double.

`name_cases` has pairs of names with a verdict: the names become records of one column, and the pair
is found if its own score reaches `cluster.join`. `gleif` has no two rows of one entity, though some
that are equal in all that they say: whatever is merged is wrong, and counted by whether the records
differ.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

import keepone
from bench import real_files_sql as statements
from bench.accuracy.figures import Figures, Measured, ratios
from bench.accuracy.sets import DATA
from bench.real_files import FILES, Reading
from keepone.evaluation.calibration import calibration
from keepone.evaluation.truth import trial
from keepone.runs import Run

_NAME_CASES = DATA / "name_cases" / "cases.csv"
_TRUE_LABELS = "SELECT count(*) FILTER (is_match) FROM labels"


def measure_unlabelled(scratch: Path) -> dict[str, Measured]:
    """Return the figures of those of the two sets that are there.

    No prior is learned over them, so that the shipped one has not seen them.
    """
    found = {}
    if _NAME_CASES.exists():
        found["name_cases"] = _name_cases(scratch)
    if FILES["gleif"].path.exists():
        found["gleif"] = _gleif(scratch)
    return found


def _name_cases(scratch: Path) -> Measured:
    with _NAME_CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    ids = [(f"{at}-1", f"{at}-2") for at in range(len(cases))]
    records, truth = scratch / "name_cases.csv", scratch / "name_cases.pairs.csv"
    names = [name for case in cases for name in (case["name1"], case["name2"])]
    columns = {"record_id": [one for pair in ids for one in pair], "name": names}
    pacsv.write_csv(pa.table(columns), records)
    labels = {
        "id_l": [left for left, _ in ids],
        "id_r": [right for _, right in ids],
        "match": [case["is_match"] for case in cases],
    }
    pacsv.write_csv(pa.table(labels), truth)
    result = keepone.run(records, workspace=scratch / "workspace", run_id="name_cases")
    with trial(Run(result.path), truth) as opened:
        ((true_pairs,),) = opened.rows(_TRUE_LABELS)
        scores = opened.judged_scores()
        found = scores.reaching(opened.join, true_pairs)
        figures = ratios(found) | {"calibration_error": calibration(scores).expected_error}
    return Measured(len(names), true_pairs, {"shipped": figures, "unseen": figures})


def _gleif(scratch: Path) -> Measured:
    reading = Reading(FILES["gleif"], scratch / "workspace")
    (merged,) = reading.rows(statements.MERGED_COUNTED)
    records = reading.result.counts["records"]
    figures: Figures = {
        "merged_unequal": merged["unequal"] / records,
        "merged_equal": merged["equal"] / records,
    }
    return Measured(records, 0, {"shipped": figures, "unseen": figures})
