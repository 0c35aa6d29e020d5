"""What a run said of the time that was left, beside what was true: python -m bench.time_left FILE.

Runs the file once and prints, at each twentieth of the run, the seconds that were left, those that
were said, and how far that was off. It ends with 1 if a fifth was ever missed by that much.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

_STEPS = 20
_ALLOWED = 0.2


def main() -> int:
    """Run, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("file", type=Path)
    asked.add_argument("--events", type=Path, help="read the log of a run, and make none")
    told = asked.parse_args()
    lines = told.events.read_text().splitlines() if told.events else _events(told.file)
    rows = table([json.loads(line) for line in lines])
    print("| done | left, s | said, s | off |\n|---:|---:|---:|---:|")
    for share, left, said in rows:
        print(f"| {share:.0%} | {left:.1f} | {said:.1f} | {said / left - 1:+.0%} |")
    missed = sum(abs(said / left - 1) > _ALLOWED for _, left, said in rows)
    print(f"\n{len(rows) - missed} of {len(rows)} steps were right to {_ALLOWED:.0%}")
    return int(missed > 0)


def _events(file: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="keepone-left-") as workspace:
        command = [
            sys.executable, "-m", "keepone", "run", str(file), "--workspace", workspace,
            "--no-cache", "--log-format", "json",
        ]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stderr.splitlines()


def table(events: list[dict[str, Any]]) -> list[tuple[float, float, float]]:
    """Return share done, seconds left and seconds said at each step of the run.

    Between two events, what was said goes down as time does, as it does on the bar.
    """
    said = [(_time(each), each["seconds_left"]) for each in events if "seconds_left" in each]
    begin, end = said[0][0], _time(events[-1])
    rows = []
    for step in range(1, _STEPS):
        now = begin + (end - begin) * step / _STEPS
        at, left = max(each for each in said if each[0] <= now)
        rows.append((step / _STEPS, end - now, max(0.0, left - (now - at))))
    return rows


def _time(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


if __name__ == "__main__":
    sys.exit(main())
