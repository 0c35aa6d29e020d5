"""What a run leaves in its folder, and what becomes of it when it is run again."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from keepone.errors import InputError, InternalError, RunError, WorkspaceError
from keepone.lock import locked
from keepone.machine import Machine
from keepone.manifest import read_manifest, write_manifest
from keepone.runs import check_run_id, find_run, list_runs, new_run_id
from keepone.settings import Settings
from tests.runner.toy_pipeline import ALL, NAMES, ToySource, replaced, run_toy

JOIN_60 = Settings.model_validate({"cluster": {"join": 60}})


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.suffix in {".parquet", ".csv", ".html"} or path.name == "model.json"
    }


def test_a_run_leaves_what_is_promised(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        ".lock",
        "golden.csv",
        "golden.parquet",
        "group_stats.parquet",
        "manifest.json",
        "model.json",
        "rejects.csv",
        "report.html",
        "review_ready.csv",
        "review_ready.parquet",
        "stages",
    }
    assert (run.path / "stages" / "03_candidates.parquet").is_file()
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["counts"] == {
        "records": 4,
        "rejects": 1,
        "rejects_by_code": {"empty_row": 1},
        "candidate_pairs": 3,
        "uncollapsed_pairs": 3,
        "survivors": 3,
        "groups": 2,
        "duplicates": 2,
        "dispositions": {"Keep": 2, "Enrich": 0, "Merge": 2, "Delete": 0, "Verify": 0},
        "relations": {"parent and subsidiary": 1},
        "missed": {"pairs": 5, "low": 2, "high": 9, "grouped": 3},
        "keys": [
            {
                "name": "name",
                "blocks": 2,
                "pairs": 3,
                "alone": 3,
                "cost": 3,
                "matches": 3,
                "matches_alone": 3,
                "capped_blocks": 2,
                "capped_pairs": 30,
                "lost_pairs": 20,
            },
        ],
        "golden": [
            {
                "header": "Name",
                "field": "name",
                "strategy": "primary",
                "groups": 1,
                "differ": 1,
                "gained": 0,
                "changed": 1,
            },
        ],
    }
    (source,) = manifest["inputs"]
    assert source["rows"] == len(NAMES)
    assert source["notes"] == ["read as a toy"]
    (column,) = manifest["columns"]
    assert (column["header"], column["column"], column["field"]) == ("Name", "Name", "name")
    for stage in manifest["stages"]:
        assert stage["seconds"] >= stage["write_seconds"] >= 0
        assert stage["bytes"] == sum(file["bytes"] for file in stage["artifacts"])
        for file in stage["artifacts"]:
            assert (run.path / file["file"]).stat().st_size == file["bytes"]
            assert file["plain_bytes"] > 0
    assert [stage["name"] for stage in manifest["stages"]] == list(ALL)
    assert manifest["stages"][0]["rows"] == 4


def test_the_csv_says_what_the_parquet_says(tmp_path: Path) -> None:
    names = ('He said "no"', "a,b", "line\nbreak", "=1+1", " padded ")
    run = run_toy(tmp_path, ToySource(names))
    told = pq.read_table(run.path / "review_ready.parquet")
    types = {column: pa.string() for column in told.column_names}
    read = pacsv.read_csv(
        run.path / "review_ready.csv",
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )
    assert read.column_names == told.column_names
    assert read.column("Name").to_pylist() == told.column("Name").to_pylist()
    assert sorted(read.column("Name").to_pylist()) == sorted(names)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_and_memory_change_no_byte(tmp_path: Path, threads: int) -> None:
    one = run_toy(tmp_path, run_id="one", machine=Machine(threads=2, memory=10**9))
    # With no memory for tables between stages, each is read back from its file.
    other = run_toy(tmp_path / "other", machine=Machine(threads=threads, memory=0))
    assert hashes(one.path) == hashes(other.path)


def test_a_finished_run_is_not_computed_again(tmp_path: Path) -> None:
    first = run_toy(tmp_path)
    before = (first.path / "manifest.json").read_bytes()
    again = run_toy(tmp_path)
    assert first.computed == ALL
    assert again.computed == ()
    assert (again.path / "manifest.json").read_bytes() == before


def test_changed_settings_redo_only_what_they_change(tmp_path: Path) -> None:
    run_toy(tmp_path)
    again = run_toy(tmp_path, settings=JOIN_60)
    assert again.computed == ALL[ALL.index("cluster") :]
    manifest = again.finished()
    assert [stage.reused for stage in manifest.stages] == [True] * 6 + [False] * 8
    assert [stage.number for stage in manifest.stages] == list(range(14))
    assert manifest.thresholds["join"] == 60
    assert manifest.inputs[0].rows == len(NAMES)
    assert manifest.inputs[0].notes == ["read as a toy"]
    fresh = run_toy(tmp_path / "fresh", settings=JOIN_60)
    assert hashes(again.path) == hashes(fresh.path)


def test_a_slice_that_is_also_read_redoes_its_readers(tmp_path: Path) -> None:
    run_toy(tmp_path)
    settings = Settings.model_validate({"score": {"review": 30}})
    again = run_toy(tmp_path, settings=settings)
    assert again.computed == ("score", "disposition", "publish")
    reasons = pq.read_table(again.path / "review_ready.parquet").column("reason")
    assert set(reasons.to_pylist()) == {"reviewed from 30"}


def test_settings_of_the_machine_redo_nothing(tmp_path: Path) -> None:
    run_toy(tmp_path)
    settings = Settings.model_validate({"machine": {"threads": 1, "compression_level": 9}})
    assert run_toy(tmp_path, settings=settings).computed == ()


@pytest.mark.parametrize("stopped", ["ingest", "block", "score", "publish"])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, stopped: str) -> None:
    def interrupt(*_: object, **__: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, stages=replaced(stopped, interrupt))
    run = find_run("toy", tmp_path)
    assert run.manifest().status == "interrupted"
    with pytest.raises(RunError, match="not finished"):
        run.finished()
    done = run_toy(tmp_path)
    assert done.computed == ALL[ALL.index(stopped) :]
    fresh = run_toy(tmp_path / "fresh")
    assert hashes(done.path) == hashes(fresh.path)


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    run = run_toy(tmp_path)
    before = hashes(run.path)
    file = run.path / "rejects.csv"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-3])
    else:
        file.unlink()
    assert "ingest" in run_toy(tmp_path).computed
    assert hashes(run.path) == before


def test_a_missing_report_is_written_again(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    (run.path / "report.html").unlink()
    assert run_toy(tmp_path).computed == ()
    assert (run.path / "report.html").is_file()


def test_the_report_sees_the_counts(tmp_path: Path) -> None:
    def render(folder: Path) -> str:
        counts = read_manifest(folder).counts
        assert counts is not None
        return f"{counts.records} records"

    run = run_toy(tmp_path, render=render)
    assert (run.path / "report.html").read_text() == "4 records"


def test_an_id_belongs_to_its_inputs(tmp_path: Path) -> None:
    run_toy(tmp_path)
    with pytest.raises(RunError, match=r"other inputs \(toy.csv\)"):
        run_toy(tmp_path, ToySource(("Other Inc",)))
    assert find_run("toy", tmp_path).manifest().status == "finished"


def test_a_user_error_before_any_stage_leaves_nothing(tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> dict[str, Any]:
        message = "no rows"
        raise InputError(message)

    with pytest.raises(InputError):
        run_toy(tmp_path, stages=replaced("ingest", refuse))
    assert list_runs(tmp_path) == []
    assert not (tmp_path / "runs" / "toy").exists()
    assert run_toy(tmp_path, ToySource(("Mended Inc",))).computed == ALL


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "runs" / "toy" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep me")

    def refuse(*_: object, **__: object) -> dict[str, Any]:
        message = "no rows"
        raise InputError(message)

    with pytest.raises(InputError):
        run_toy(tmp_path, stages=replaced("ingest", refuse))
    assert mine.read_text() == "keep me"


def test_a_user_error_later_is_kept_with_the_run(tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> dict[str, Any]:
        message = "no column can be compared"
        raise InputError(message)

    with pytest.raises(InputError):
        run_toy(tmp_path, stages=replaced("profile", refuse))
    manifest = find_run("toy", tmp_path).manifest()
    assert (manifest.status, manifest.error) == ("failed", "no column can be compared")
    assert not (tmp_path / "runs" / "toy" / "fault.txt").exists()


def test_a_fault_of_ours_leaves_its_details(tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> dict[str, Any]:
        message = "surprise"
        raise ZeroDivisionError(message)

    with pytest.raises(ZeroDivisionError) as caught:
        run_toy(tmp_path, stages=replaced("fit", fail))
    details = tmp_path / "runs" / "toy" / "fault.txt"
    assert caught.value.__notes__ == [str(details)]
    assert "Traceback" in details.read_text()
    assert "surprise" in details.read_text()
    assert run_toy(tmp_path).computed[0] == "fit"
    assert not details.exists()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "stage fit writes"),
        ({"model": {}, "extra": {}}, "stage fit writes"),
        ({"model": pa.table({"a": [1]})}, "the table model has no schema"),
    ],
)
def test_a_stage_that_breaks_its_contract_is_our_fault(
    tmp_path: Path, values: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InternalError, match=complaint):
        run_toy(tmp_path, stages=replaced("fit", lambda *_, **__: values))


def test_results_of_a_former_run_do_not_outlive_its_settings(tmp_path: Path) -> None:
    def interrupt(*_: object, **__: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    run = run_toy(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, settings=JOIN_60, stages=replaced("cluster", interrupt))
    for name in ("review_ready.csv", "review_ready.parquet", "group_stats.parquet", "report.html"):
        assert not (run.path / name).exists()
    assert (run.path / "stages" / "05_pairs.parquet").exists()


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "no space left"), (errno.EACCES, "cannot write")]
)
def test_a_disk_that_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    real = os.fsync
    calls = []

    def refuse(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 20:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WorkspaceError, match=said) as caught:
        run_toy(tmp_path)
    assert caught.value.hint is not None
    assert not list(tmp_path.rglob("*.partial"))
    monkeypatch.undo()
    resumed = run_toy(tmp_path)
    assert 0 < len(resumed.computed) < len(ALL)


def test_a_workspace_that_is_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(WorkspaceError, match="cannot write"):
        run_toy(file)


def test_two_processes_do_not_share_a_run(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    with locked(run.path), pytest.raises(RunError, match="another process"):
        run_toy(tmp_path)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from keepone.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / ".lock").exists()
    with locked(tmp_path):
        pass


def test_a_run_whose_process_is_gone_reads_as_interrupted(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    write_manifest(run.path, run.manifest().model_copy(update={"status": "running"}))
    assert run.manifest().status == "interrupted"
    with locked(run.path):
        assert run.manifest().status == "running"


@pytest.mark.parametrize("run_id", ["", ".", "..", "a/b", "a b", "ü", "a\n", "x" * 65, "-" * 65])
def test_what_may_not_name_a_folder_is_no_run_id(run_id: str) -> None:
    with pytest.raises(RunError, match="is no run id"):
        check_run_id(run_id)


@pytest.mark.parametrize("run_id", ["a", "2026-q1", "A.b_c-9", "x" * 64])
def test_a_run_id_is_taken_as_it_is(run_id: str) -> None:
    assert check_run_id(run_id) == run_id


def test_new_run_ids_are_run_ids_and_differ() -> None:
    made = {check_run_id(new_run_id()) for _ in range(20)}
    assert len(made) > 1


def test_runs_are_found_by_id_and_by_folder(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    assert find_run("toy", tmp_path).path == run.path
    assert find_run(str(run.path)).path == run.path
    with pytest.raises(RunError, match="no run other"):
        find_run("other", tmp_path)


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    (run.path / "manifest.json").write_text('{"run_id": "toy"')
    with pytest.raises(RunError, match="is damaged"):
        run.manifest()
