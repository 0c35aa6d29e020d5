"""The command line as people and scripts meet it: whole processes, exit codes, streams."""

from __future__ import annotations

import csv
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.fingerprints import CHILD_EXPORTS, GIVEN_DECISIONS, SOURCES
from keepone.pipeline import STAGES
from keepone.schema import REVIEW_READY
from keepone.settings import Settings
from tests.processes import ENVIRONMENT, keepone_process

ACCOUNTS = """\
Account ID,Account Name,Phone,Website,Billing Street,Billing City,score
A1,Raistsmoox Holdings Inc,(555) 201-3344,raistsmoox.com,12 Elm Street,Springfield,7
A2,"Raistsmoox Holdings, Inc.",555-201-3344,www.raistsmoox.com,12 Elm St,Springfield,
A3,Borealis Freight LLC,(555) 330-1002,borealisfreight.com,400 Harbor Road,Portland,
A4,Quillon & Sons Bakery,(555) 871-4410,quillonbakery.com,9 Mill Lane,Dover,=1+1
A5,Tanager Optical Group,(555) 640-0099,tanageroptical.com,77 Lake Avenue,Madison,
A6,,,,,,
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run the real pipeline once over a small export."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "accounts.csv").write_text(ACCOUNTS)
    return folder, keepone_process("run", "accounts.csv", "--run-id", "first", cwd=folder)


def test_a_run_ends_with_a_short_summary(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, process = done
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    assert len(lines) < 40
    for said in ("Run first", "Records", "Groups", "Duplicates", "Keep", "Account Name"):
        assert said in process.stdout
    assert f"open {Path('keepone-data/runs/first/report.html')}" in process.stdout
    for stage in STAGES:
        assert stage.name in process.stderr
    assert "\x1b" not in process.stdout + process.stderr


def test_nothing_of_the_input_is_lost(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = done
    run = folder / "keepone-data" / "runs" / "first"
    published = pq.read_table(run / "review_ready.parquet")
    names = published.column_names
    assert names[:11] == [column.name for column in REVIEW_READY.columns]
    assert names[-1] == "source_file"
    given = list(csv.DictReader(ACCOUNTS.splitlines()))
    manifest = json.loads((run / "manifest.json").read_text())
    columns = {column["header"]: column["column"] for column in manifest["columns"]}
    assert columns["score"] == "input_score"
    by_id = {line["Account ID"]: line for line in published.to_pylist()}
    for line in given[:5]:
        for header, value in line.items():
            assert (by_id[line["Account ID"]][columns[header]] or "") == value
    counts = manifest["counts"]
    assert counts["records"] + counts["rejects"] == len(given) == manifest["inputs"][0]["rows"]
    rejects = list(csv.DictReader((run / "rejects.csv").open()))
    assert len(rejects) == counts["rejects"]
    assert next(csv.reader((run / "review_ready.csv").open())) == names
    header = (run / "rejects.csv").read_text().splitlines()[0]
    assert header.replace('"', "") == "file,row,column,code,message,raw"


def test_json_is_all_there_is_on_stdout(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = done
    again = keepone_process("run", "accounts.csv", "--run-id", "first", "--json", cwd=folder)
    told = json.loads(again.stdout)
    assert told["run_id"] == "first"
    assert told["computed"] == []
    assert told["counts"]["records"] >= 5
    assert Path(folder, told["files"]["review_ready.csv"]).is_file()


def test_a_run_that_stands_is_shown_and_not_made_again(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = done
    again = keepone_process("run", "accounts.csv", "--run-id", "first", "--quiet", cwd=folder)
    assert "stood already; nothing was computed again" in again.stdout
    assert again.stderr == ""


def test_runs_are_listed_and_shown(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = done
    listed = keepone_process("runs", "list", cwd=folder)
    assert "first" in listed.stdout
    assert "finished" in listed.stdout
    told = json.loads(keepone_process("runs", "list", "--json", cwd=folder).stdout)
    assert told[0]["run_id"] == "first"
    run = str(folder / "keepone-data" / "runs" / "first")
    assert "survivorship" in CliRunner().invoke(app, ["runs", "show", run]).stdout
    told = json.loads(CliRunner().invoke(app, ["runs", "show", run, "--json"]).stdout)
    assert told["path"] == run
    empty = CliRunner().invoke(app, ["runs", "list", "--workspace", "none"])
    assert empty.stdout == "No runs in none. Make one with: keepone run INPUT\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "none.csv"), "none.csv"),
        (("run", "."), "folder"),
        (("run", "accounts.csv", "--run-id", "a/b"), "is no run id"),
        (("run", "accounts.csv", "--set", "cluster.jon=3"), "did you mean cluster.join?"),
        (("run", "accounts.csv", "--set", "score.review=90"), "thresholds must rise"),
        (("run", "accounts.csv", "--memory", "much"), "'much' is no size"),
        (("run", "accounts.csv", "--map", "name"), "is not FIELD=COLUMN"),
        (("run", "accounts.csv", "--map", "name=Nothing"), "Nothing"),
        (("run", "accounts.csv", "--config", "none.yaml"), "none.yaml"),
        (("run", "accounts.csv", "--workspace", "accounts.csv"), "accounts.csv"),
        (("run",), "INPUT"),
        (("run", "accounts.csv", "--no-such-option"), "--no-such-option"),
        (("runs", "show", "none"), "no run none"),
        (("evaluate", "first", "--truth", "none.csv"), "none.csv does not exist"),
    ],
)
def test_the_users_mistakes_end_with_2_and_no_traceback(
    done: tuple[Path, subprocess.CompletedProcess[str]], arguments: tuple[str, ...], said: str
) -> None:
    folder, _ = done
    process = keepone_process(*arguments, cwd=folder)
    assert process.returncode == 2
    assert said in process.stderr
    assert "Traceback" not in process.stdout + process.stderr
    assert process.stdout == ""


def test_a_missed_gate_ends_with_3(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = done
    (folder / "truth.csv").write_text("record_id,entity_id\nA1,1\nA2,2\nA3,2\n")
    arguments = ("evaluate", "first", "--truth", "truth.csv", "--min-f1", "0.99")
    process = keepone_process(*arguments, cwd=folder)
    assert process.returncode == 3
    assert "F1" in process.stdout
    assert "below the wanted 0.9900" in process.stderr


def test_our_faults_end_with_1_and_say_where_the_details_are(tmp_path: Path) -> None:
    code = (
        "import keepone.commands.stages as stages, keepone.cli as cli, keepone.pipeline, sys\n"
        "del keepone.pipeline.STAGES\n"
        "sys.argv = ['keepone', 'stages']\n"
        "cli.main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
    )
    assert process.returncode == 1
    assert "it is our fault" in process.stderr
    assert "Traceback" not in process.stderr
    (details,) = tmp_path.glob("keepone-fault-*.txt")
    assert str(details) in process.stderr
    assert "Traceback" in details.read_text()


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_an_interrupted_run_ends_with_130_and_can_go_on(tmp_path: Path) -> None:
    lines = (f"A{n},Name{n} Works {n % 97},street {n}" for n in range(60_000))
    (tmp_path / "many.csv").write_text("Id,Name,Street\n" + "\n".join(lines) + "\n")
    command = [sys.executable, "-m", "keepone.cli", "run", "many.csv", "--run-id", "cut"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    stages = tmp_path / "keepone-data" / "runs" / "cut" / "stages"
    while process.poll() is None and not list(stages.glob("01_*.parquet")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130, stderr.decode()
    assert b"Traceback" not in stderr
    assert b"with --run-id cut goes on from here" in stderr
    shown = keepone_process("runs", "show", "cut", cwd=tmp_path)
    assert "interrupted" in shown.stdout
    assert not list(tmp_path.rglob("*.partial"))


def test_stages_are_listed_in_order(tmp_path: Path) -> None:
    process = keepone_process("stages", "--json", cwd=tmp_path)
    assert [stage["name"] for stage in json.loads(process.stdout)] == [one.name for one in STAGES]
    assert len(CliRunner().invoke(app, ["stages"]).stdout.splitlines()) == len(STAGES) + 1


def test_config_schema_is_a_json_schema(tmp_path: Path) -> None:
    told = json.loads(keepone_process("config", "schema", cwd=tmp_path).stdout)
    assert set(told["properties"]) == set(Settings.model_fields)


def test_the_version_is_told(tmp_path: Path) -> None:
    process = keepone_process("--version", cwd=tmp_path)
    assert process.stdout == f"keepone {keepone.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "a.csv"),
        ("run", "a.csv", "-q"),
        ("plan", "make", "nowhere", "--out", "plan"),
        ("export", "nowhere", "--format", "csv", "--out", "b.csv"),
    ],
)
def test_nobody_else_has_the_last_word(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Native libraries may complain while Python takes them apart; it is not asked to."""
    (tmp_path / "a.csv").write_text(ACCOUNTS, encoding="utf-8")
    process = keepone_process(*arguments, cwd=tmp_path)
    said = process.stderr.splitlines()
    assert [line.split(":")[0] for line in said] == ["error", "hint"] * bool(process.returncode)


def test_what_is_to_be_done_at_the_end_is_done() -> None:
    code = (
        "import atexit, sys\n"
        "from keepone.__main__ import main\n"
        "atexit.register(print, 'the end', end='')\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "stages"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.endswith("the end")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, keepone.cli\n"
        "heavy = {'duckdb', 'numpy', 'pyarrow', 'scipy', 'keepone.pipeline', 'keepone.settings'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("engine", [(), ("--engine", "group_stats=pandas")])
def test_a_run_loads_pandas_only_where_it_runs_on_it(
    tmp_path: Path, engine: tuple[str, ...]
) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "a.csv").write_text(ACCOUNTS, encoding="utf-8")
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sorted({'pandas', 'requests'} & set(sys.modules))))\n"
        "from keepone.cli import main\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "run", "a.csv", "--json", "-q", *engine]
    done = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == ("pandas" if engine else "")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_takes_what_is_declared(stage: object) -> None:
    declared = next(one for one in STAGES if one is stage)
    taken = list(inspect.signature(declared.run).parameters)
    assert taken[:2] == ["engine", "settings"]
    assert sorted(taken[2:]) == sorted((*declared.also, *declared.reads))
    assert declared.name in Settings.model_fields


def test_every_artifact_is_written_before_it_is_read() -> None:
    written = {SOURCES, CHILD_EXPORTS, *GIVEN_DECISIONS}
    for stage in STAGES:
        assert set(stage.reads) <= written
        assert not set(stage.writes) & written
        written.update(stage.writes)
