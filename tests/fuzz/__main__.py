"""Reads malformed files by the thousand: `python -m tests.fuzz --files 10000`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.fuzz.cases import case_of
from tests.fuzz.crew import Found, fuzz

# After so many files it says how far it is.
_AT_ONCE = 500


def main() -> int:
    """Read the files, say what came of them; 1 if one of them did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="how many files")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=1, help="what all of them are made from")
    parser.add_argument("--readers", type=int, default=1, help="how many processes read")
    parser.add_argument("--write", type=Path, help="write the first file there, and read none")
    asked = parser.parse_args()
    if asked.write:
        case = case_of(asked.seed, asked.first)
        asked.write.write_bytes(case.content)
        print(case.kind, case.suffix, case.rows, case.settings)
        return 0
    found, end = Found(), asked.first + asked.files
    for first in range(asked.first, end, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, end))
        found.merge(fuzz(asked.seed, numbers, readers=asked.readers))
        print(f"{found.files:,} files, {len(found.faults)} faults", file=sys.stderr)
    print(_told(found))
    return 1 if found.faults else 0


def _told(found: Found) -> str:
    kinds = Counter({kind: 0 for kind, _ in found.outcomes})
    for (kind, _), count in found.outcomes.items():
        kinds[kind] += count
    lines = ["| file | files | read | refused | faults |", "|---|---|---|---|---|"]
    for kind, count in sorted(kinds.items()):
        read, refused, faults = (
            found.outcomes[kind, outcome] for outcome in ("read", "refused", "fault")
        )
        lines.append(f"| {kind} | {count:,} | {read:,} | {refused:,} | {faults:,} |")
    most = (
        f"{found.files:,} files; at most {found.most_seconds:.1f} s of processor time,"
        f" {found.most_memory >> 20:,} MB, {found.most_child_memory >> 20:,} MB in a child"
    )
    lines += ["", most]
    for fault in found.faults:
        lines += ["", f"{fault.number} ({fault.kind}, {fault.way}): {fault.said}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
