"""Measures accuracy on every labelled set, and holds it to the frozen figures.

    python -m bench.accuracy [--freeze REASON | --page]

Prints the tables, and what moved. Exits with 3 if a file's F1 fell by more than 0.005 (`make
accuracy`). With a reason the figures measured are the frozen ones from now on, and the tables of
docs/accuracy.md are theirs (`make accuracy-freeze REASON="…"`). Sets that are missing are told, and
their frozen figures stay. With `--page` nothing is measured, and the tables are made anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.accuracy.frozen import (
    TOLERANCE,
    Change,
    as_frozen,
    compare,
    read_frozen,
    with_reason,
    write_frozen,
)
from bench.accuracy.measure import measure
from bench.accuracy.page import PAGE, goals_table, hard_table, sets_table, with_tables
from bench.accuracy.sets import DATA

_FAILED = 3
_FIGURES = {
    "f1": "F1",
    "wrong_pairs": "wrong pairs per record",
    "merged_unequal": "unequal records merged",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, compare or freeze; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--freeze", metavar="REASON", help="let these be the frozen figures")
    parser.add_argument("--page", action="store_true", help="make the page's tables, and no more")
    options = parser.parse_args(arguments)
    if options.page:
        _write_page()
        return 0
    if options.freeze is not None and not options.freeze.strip():
        parser.error('say why the frozen figures change: make accuracy-freeze REASON="…"')
    sets, hard = measure(lambda name: print(name, file=sys.stderr))
    before, now = read_frozen(), as_frozen(sets, hard, [])
    for table in (goals_table(now), sets_table(now), hard_table(now)):
        print("\n".join(table), end="\n\n")
    changes = compare(before, now)
    print("\n".join(told(changes, freezing=options.freeze is not None)))
    if options.freeze is not None:
        write_frozen(with_reason(before, now, options.freeze.strip()))
        _write_page()
        return 0
    return _FAILED if any(each.verdict == "worse" for each in changes) else 0


def _write_page() -> None:
    PAGE.write_text(with_tables(PAGE.read_text("utf-8"), read_frozen()), encoding="utf-8")


def told(changes: Sequence[Change], *, freezing: bool = False) -> list[str]:
    """Return what moved, as lines for a person; whoever is `freezing` has said why already."""
    lines = []
    for verdict, says in (
        ("missing", f"Not measured, since they are not in {DATA}"),
        ("new", "Measured, and not frozen yet"),
    ):
        names = sorted({each.name for each in changes if each.verdict == verdict})
        if names:
            lines += [f"{says}: {'; '.join(names)}", ""]
    moved = [each for each in changes if each.verdict in {"worse", "better"}]
    if moved:
        lines += ["| set | prior | figure | frozen | now | difference | |"]
        lines += ["|---|---|---|---:|---:|---:|---|"]
        for each in moved:
            cells = [
                "-" if value is None else f"{value:{sign}.4f}"
                for value, sign in ((each.before, ""), (each.now, ""), (each.difference, "+"))
            ]
            named = [each.name, each.prior, _FIGURES[each.figure], *cells, each.verdict]
            lines.append(f"| {' | '.join(named)} |")
        lines.append("")
    worse = sum(each.verdict == "worse" for each in changes)
    if worse:
        figures = "figure is" if worse == 1 else "figures are"
        lines.append(f"{worse} {figures} worse by more than {TOLERANCE}.")
        if not freezing:
            lines[-1] += ' If that is meant, say why: make accuracy-freeze REASON="…"'

    else:
        lines.append(f"No F1 is below its frozen figure by more than {TOLERANCE}.")
    return lines


if __name__ == "__main__":
    sys.exit(main())
