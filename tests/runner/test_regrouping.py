"""What became of groups: told by the records that two runs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from keepone.errors import RunError
from keepone.regrouping import KINDS, OTHERS_SHOWN, compare_groups
from keepone.runs import Run
from tests.runner.toy_pipeline import run_toy

Groups = Mapping[str, str]
"""Record to group."""


def written(folder: Path, run_id: str, groups: Groups) -> Run:
    """Make a finished run whose published tables hold these groups."""
    run = run_toy(folder, run_id=run_id)
    ids = sorted(groups)
    ready = pa.table(
        {
            "record_id": pa.array(ids, pa.string()),
            "source_file": pa.array(["f"] * len(ids), pa.string()),
            "group_id": pa.array([groups[each] for each in ids], pa.string()),
        }
    )
    names = sorted(set(groups.values()))
    stats = pa.table(
        {
            "group_id": pa.array(names, pa.string()),
            "size": pa.array([list(groups.values()).count(name) for name in names], pa.int32()),
            "primary_name": pa.array([f"Company {name}" for name in names], pa.string()),
        }
    )
    pq.write_table(ready, run.path / "review_ready.parquet")
    pq.write_table(stats, run.path / "group_stats.parquet")
    return run


def by_group(groups: Groups) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record, group in groups.items():
        found.setdefault(group, set()).add(record)
    return found


def expected(a: Groups, b: Groups) -> dict[str, set[str]]:
    """Say which groups are of which kind, group by group."""
    one, other = by_group(a), by_group(b)
    becomes = {g: {b[r] for r in records if r in b} for g, records in one.items()}
    comes_of = {g: {a[r] for r in records if r in a} for g, records in other.items()}
    return {
        "kept": {g for g, to in becomes.items() if len(to) == 1 and comes_of[min(to)] == {g}},
        "split": {g for g, to in becomes.items() if len(to) > 1},
        "merged": {g for g, of in comes_of.items() if len(of) > 1},
        "new": {g for g, of in comes_of.items() if not of},
        "gone": {g for g, to in becomes.items() if not to},
    }


grouped = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("UVWXYZ"), max_size=10)


@given(grouped, grouped)
@hypothesis_settings(max_examples=30, deadline=None)
def test_each_group_is_told_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, a: Groups, b: Groups
) -> None:
    folder = tmp_path_factory.mktemp("regrouping")
    found = compare_groups(written(folder, "a", a), written(folder, "b", b), limit=100)
    kinds = expected(a, b)
    for kind in KINDS:
        told = {example.group_id for example in found.examples[kind]}
        assert told == kinds[kind]
        groups = by_group(b if kind in {"merged", "new"} else a)
        assert found.counts[kind].groups == len(told)
        assert found.counts[kind].records == sum(len(groups[each]) for each in told)
        assert found.counts[kind].several == sum(len(groups[each]) > 1 for each in told)


def test_examples_have_names_and_lead_to_the_other_run(tmp_path: Path) -> None:
    a = written(tmp_path, "a", {"1": "G", "2": "G", "3": "G", "4": "H"})
    b = written(tmp_path, "b", {"1": "K", "2": "K", "3": "L", "4": "L", "5": "M"})
    found = compare_groups(a, b, limit=5)
    (split,) = found.examples["split"]
    assert (split.group_id, split.name, split.size) == ("G", "Company G", 3)
    assert [(each.group_id, each.size, each.shared) for each in split.others] == [
        ("K", 2, 2),
        ("L", 2, 1),
    ]
    (merged,) = found.examples["merged"]
    assert (merged.group_id, [each.name for each in merged.others]) == (
        "L", ["Company G", "Company H"],
    )  # fmt: skip
    assert [each.group_id for each in found.examples["new"]] == ["M"]


def test_what_has_no_room_is_counted(tmp_path: Path) -> None:
    records = [f"{number:02}" for number in range(12)]
    a = written(tmp_path, "a", dict.fromkeys(records, "G"))
    b = written(tmp_path, "b", {record: record for record in records})
    (split,) = compare_groups(a, b, limit=1).examples["split"]
    assert len(split.others) == OTHERS_SHOWN
    assert split.more == 12 - OTHERS_SHOWN


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    a, b = run_toy(tmp_path, run_id="a"), run_toy(tmp_path, run_id="b")
    (b.path / "group_stats.parquet").unlink()
    with pytest.raises(RunError, match="cannot read the tables of a and b"):
        compare_groups(a, b, limit=1)
