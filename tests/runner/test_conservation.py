"""Each law of a run is broken once, by damage to what a stage gives, and the run says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keepone.conservation import LAWS
from keepone.errors import LawError
from keepone.schema import TABLES
from keepone.stage import Stage
from tests.runner.toy_pipeline import STAGES, ToySource, run_toy

Change = Callable[[dict[str, Any], int], dict[str, Any] | None]


def damaged(stage: str, name: str, change: Change) -> tuple[Stage, ...]:
    """Return the toy stages with one whose table `name` is changed: given a line and its place."""

    def harmed(sound: Stage) -> Stage:
        def run(*given: Any, **tables: Any) -> Mapping[str, Any]:
            values = dict(sound.run(*given, **tables))
            old = values[name]
            lines = [change(line, at) for at, line in enumerate(old.to_pylist())]
            kept = [line for line in lines if line is not None]
            values[name] = pa.Table.from_pylist(kept, schema=old.schema)
            return values

        return replace(sound, run=run)

    return tuple(harmed(each) if each.name == stage else each for each in STAGES)


def without(place: int) -> Change:
    return lambda line, at: None if at == place else line


def with_(place: int, **values: Any) -> Change:
    return lambda line, at: line | values if at == place else line


DAMAGE = {
    "a row is lost": ("ingest", "rejects", without(0), 0, ""),
    "a record has no cells": ("ingest", "inputs", without(3), 1, "r06"),
    "two records have one id": ("ingest", "records", with_(1, record_id="r02"), 1, "r02, r02"),
    "a record is in no group": ("cluster", "groups", without(2), 2, "r04"),
    "a record is in two groups": ("survivorship", "members", with_(1, row=2), 2, "r03, r04"),
    "a record is in a group of its own": ("survivorship", "members", with_(1, group=1), 2, "r03"),
    "a group has a wrong size": ("survivorship", "members", with_(2, size=7), 2, "r04"),
    "a group has two primaries": ("survivorship", "members", with_(1, primary=1), 3, "r03"),
    "the primary is elsewhere": ("survivorship", "members", with_(2, primary=0), 3, "r04"),
    "the primary is nobody": ("survivorship", "members", with_(2, primary=99), 3, "r04"),
    "a record has no disposition": ("disposition", "dispositions", without(1), 4, "r03"),
    "a verdict is another": (
        "disposition", "dispositions", with_(1, disposition="Keep"), 4, "r03"
    ),
    "a rule is unknown": ("disposition", "dispositions", with_(1, rule="toy"), 4, "r03"),
    "no reason is given": ("disposition", "dispositions", with_(1, reason=""), 4, "r03"),
    "nothing is proposed": (
        "disposition",
        "dispositions",
        with_(1, disposition="Verify", rule="weak_link"),
        4,
        "r03",
    ),
    "the primary is deleted": (
        "disposition",
        "dispositions",
        with_(0, disposition="Delete", rule="junk_alone"),
        5,
        "r03, r06",
    ),
    "the primary is merged": (
        "disposition",
        "dispositions",
        with_(2, disposition="Merge", rule="duplicate"),
        5,
        "r04",
    ),
    "a golden value is from elsewhere": ("golden", "golden", with_(0, source=2), 6, "r04"),
    "a golden value is from nowhere": ("golden", "golden", with_(0, source=99), 6, "row 99"),
    "a lone record has a golden value": ("golden", "golden", with_(0, group=2, source=2), 6, "r04"),
    "a group is not counted": ("group_stats", "group_stats", without(0), 7, "r0"),
    "a size is wrong": ("group_stats", "group_stats", with_(0, size=9), 7, "r0"),
    "a sum is wrong": ("group_stats", "group_stats", with_(0, verify=9), 7, "r0"),
    "a record is not published": ("publish", "review_ready", without(0), 8, "r0"),
    "a group has two names": ("publish", "review_ready", with_(0, group_id="g-1"), 8, "r0"),
    "a primary is not marked": ("publish", "review_ready", with_(0, primary_id="r99"), 8, "r0"),
    "a verdict is changed": ("publish", "review_ready", with_(0, disposition="Delete"), 8, "r0"),
    "a golden record is missing": ("publish", "golden_records", without(0), 8, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_breaks_a_law(tmp_path: Path, name: str) -> None:
    stage, table, change, law, ids = DAMAGE[name]
    with pytest.raises(LawError) as error:
        run_toy(tmp_path, stages=damaged(stage, table, change))
    assert error.value.exit_code == 1
    assert LAWS[law].says in error.value.message
    assert ids in error.value.message.partition("records concerned:")[2]
    folder = tmp_path / "runs" / "toy"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "failed"
    assert manifest["error"] == error.value.message
    *held, broken = manifest["checks"]
    assert all(check["holds"] for check in held)
    assert (broken["law"], broken["holds"]) == (LAWS[law].says, False)
    assert not [path.name for path in folder.glob("*.csv")]
    assert not [path.name for path in folder.glob("*.parquet")]
    # What broke a law is not believed afterwards: all is made anew.
    again = run_toy(tmp_path)
    assert again.computed == tuple(stage.name for stage in STAGES)
    assert all(check.holds for check in again.finished().checks)


def test_each_law_is_broken_by_some_damage() -> None:
    assert {law for _, _, _, law, _ in DAMAGE.values()} == set(range(len(LAWS)))


def test_all_laws_are_checked_by_every_run(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    checks = run.finished().checks
    assert [check.law for check in checks] == [law.says for law in LAWS]
    assert checks[0].counts == {"rows": 5, "records": 4, "rejects": 1}
    assert checks[7].counts["Merge"] == 2
    # A run that takes all over from another checks it, too.
    other = run_toy(tmp_path, run_id="other")
    assert not other.computed
    assert other.finished().checks == checks


def test_twenty_records_are_named_and_the_others_counted(tmp_path: Path) -> None:
    source = ToySource(tuple(f"name{number}" for number in range(50)))
    stages = damaged("disposition", "dispositions", lambda line, _: line | {"reason": ""})
    with pytest.raises(LawError) as error:
        run_toy(tmp_path, source, stages=stages)
    named, _, more = error.value.message.partition("records concerned: ")[2].partition(" and ")
    assert len(named.split(", ")) == 20
    assert more == "30 more"


def test_what_laws_read_is_there() -> None:
    for law in LAWS:
        assert set(law.reads) <= TABLES.keys()


def test_the_checks_of_a_run_hold_no_values(tmp_path: Path) -> None:
    stages = damaged("disposition", "dispositions", with_(1, reason=""))
    with pytest.raises(LawError) as error:
        run_toy(tmp_path, stages=stages)
    assert pc.any(
        pc.match_substring(pa.array([error.value.message]), "acme", ignore_case=True)
    ) == (pa.scalar(value=False))
