"""What nobody looked up is never called clean; every lock is hashed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bench.audit import judged, main

ROOT = Path(__file__).parents[2]
WHOLE = {"name": "one", "version": "1", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "not found"}
BAD = {"name": "three", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("dependencies", "code", "says"),
    [
        ([WHOLE], 0, "clean, 1 packages"),
        ([WHOLE, SKIPPED], 3, "not audited: two"),
        ([], 3, "not audited"),
        ([WHOLE, SKIPPED, BAD], 1, "CVE-1 (mended in 3)"),
    ],
)
def test_what_is_said_of_a_lock(dependencies: list[dict[str, Any]], code: int, says: str) -> None:
    found, lines = judged("a.lock", dependencies)
    assert found == code
    assert says in lines[0]


def test_a_lock_that_cannot_be_looked_up_is_not_audited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "no.lock"
    assert main([str(lock)]) == 3
    assert "not audited" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_of_a_lock_has_a_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z][^=\s]*)(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(packages) > 30
    for package, rest in packages:
        assert rest.startswith("=="), package
        assert "--hash=sha256:" in rest, package
