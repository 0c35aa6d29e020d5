"""What these tests share: the command line in process, and what is to be asked of each answer."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from keepone.cli import main
from keepone.manifest import Manifest, read_manifest

csv.field_size_limit(10**8)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str
    run: Path

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.run)

    @property
    def rejects(self) -> list[dict[str, str]]:
        with (self.run / "rejects.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def records(self) -> list[dict[str, str]]:
        with (self.run / "review_ready.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def notes(self) -> str:
        return "\n".join(note for file in self.manifest.inputs for note in file.notes)

    def refused(self, *said: str) -> None:
        """The mistake is the user's: code 2, what is wrong and what to do, no result."""
        assert self.code == 2, self.err
        assert re.search("^error: .+", self.err, re.MULTILINE)
        assert re.search("^hint:  .+", self.err, re.MULTILINE)
        assert self.out == ""
        for words in said:
            assert words in self.err
        assert not (self.run / "report.html").exists()
        assert not (self.run / "fault.txt").exists()

    def took(self, *, records: int, rejects: int) -> None:
        """The run is finished, and every row is a record or a reject that says where and why."""
        assert self.code == 0, self.err
        counts = self.manifest.counts
        assert counts is not None
        assert (counts.records, counts.rejects) == (records, rejects)
        rows = [file.rows for file in self.manifest.inputs]
        assert sum(row or 0 for row in rows) == records + rejects
        assert len(self.records) == records
        assert len(self.rejects) == rejects
        for reject in self.rejects:
            assert reject["file"]
            assert int(reject["row"]) > 0
            assert reject["message"]


Keepone = Callable[..., Answer]


@pytest.fixture
def keepone_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Keepone:
    """Call `keepone run` as its process would, in the test's own folder; the run is called `r`."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Answer:
        command = ["keepone", "run", *map(str, arguments), "--run-id", "r"]
        monkeypatch.setattr(sys, "argv", command)
        capsys.readouterr()
        code = _exit_code()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(code, out, err, tmp_path / "keepone-data" / "runs" / "r")

    return run


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    except ZeroDivisionError as error:  # the fault that tests make
        # What the interpreter does with an error that nobody caught.
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0
