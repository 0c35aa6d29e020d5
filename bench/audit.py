"""Asks whether known vulnerabilities are in the locks: python -m bench.audit LOCK.

Exit codes: 0 where every locked package was looked up and none has one; 1 where one has; 3 where an
index did not answer for all of them. What was not looked up is never called clean.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_CLEAN, _VULNERABLE, _NOT_AUDITED = 0, 1, 3
_LONGEST_SECONDS = 300


def audit(lock: str) -> tuple[int, list[str]]:
    """Return the exit code for one lock, and what to say of it, a line each."""
    command = [
        sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip",
        "--progress-spinner", "off", "--format", "json", "--requirement", lock,
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return _NOT_AUDITED, [f"{lock}: not audited: no answer in {_LONGEST_SECONDS} s"]
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = done.stderr.strip().splitlines() or ["no answer"]
        return _NOT_AUDITED, [f"{lock}: not audited: {said[-1]}"]
    return judged(lock, dependencies)


def judged(lock: str, dependencies: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return the exit code for what was answered of one lock, and what to say of it."""
    found = [
        f"{lock}: {each['name']} {each['version']}: {one['id']}"
        f" (mended in {', '.join(one['fix_versions']) or 'no release'})"
        for each in dependencies
        for one in each.get("vulns", ())
    ]
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if found:
        return _VULNERABLE, found
    if skipped or not dependencies:
        return _NOT_AUDITED, [f"{lock}: not audited: {', '.join(skipped) or 'nothing in it'}"]
    return _CLEAN, [f"{lock}: clean, {len(dependencies)} packages"]


def main(locks: Sequence[str]) -> int:
    """Audit the locks, say what was found, and return the exit code of the worst."""
    codes = []
    for lock in locks:
        code, lines = audit(lock)
        codes.append(code)
        print("\n".join(lines), flush=True)
    return _VULNERABLE if _VULNERABLE in codes else max(codes, default=_NOT_AUDITED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
