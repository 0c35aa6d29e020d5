"""`keepone runs group`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, RunName, Workspace

if TYPE_CHECKING:
    from rich.text import Text

    from keepone.group_detail import GroupDetail

# Characters of a golden value, and of those that it beat, that are shown.
_LONGEST = 60


def group(
    run: RunName,
    group_id: Annotated[
        str, typer.Argument(metavar="GROUP", help="Id of a group, as in the column group_id.")
    ],
    *,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Show one group: its records with what is to be done and why, and the pairs that link them.

    And what its golden record gains, changes or had to choose. As JSON with every field of that,
    and every field and input column of the records.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.group_detail import GroupReader
    from keepone.runs import find_run

    found = GroupReader(find_run(run, workspace)).group(group_id)
    if as_json:
        print_json(found.as_dict())
        return
    console = stdout()
    for line in _lines(found):
        console.print(line)


def _lines(group: GroupDetail) -> Iterator[Text | str]:
    from keepone.commands.output import shown, table_lines

    records = "1 record" if group.size == 1 else f"{group.size:,} records"
    said = [f"Group {group.group_id}", shown(group.primary_name or "without a name"), records]
    if group.scores is not None:
        least, mean, most = group.scores
        said.append(f"scores {least:.2f} to {most:.2f}, mean {mean:.2f}")
    yield ", ".join([*said, *(flag.replace("_", " ") for flag in group.flags)])
    yield ""
    header = ("Record", "Score", "Disposition", "Reason")
    rows = [
        (
            record.record_id,
            "primary" if record.score is None else f"{record.score:.2f}",
            _verdict(record.disposition, record.proposed_disposition),
            record.reason,
        )
        for record in sorted(group.records, key=lambda record: not record.is_primary)
    ]
    yield from table_lines(header, rows, right=frozenset({1}))
    chosen = [each for each in group.golden if each.gained or each.changed or each.beaten]
    if chosen:
        yield ""
        header = ("Field", "Golden value", "From", "Beat")
        values = [
            (
                each.header,
                _cut(each.value or ""),
                each.record_id or "",
                _cut(" | ".join(value for _, value in each.beaten)),
            )
            for each in chosen
        ]
        yield from table_lines(header, values)
    if group.pairs:
        yield ""
        header = ("Pair", "", "Probability", "Bits")
        pairs = [
            (pair.left, pair.right, f"{pair.match_probability:.1%}", f"{pair.match_weight:.2f}")
            for pair in group.pairs
        ]
        yield from table_lines(header, pairs, right=frozenset({2, 3}))
    if group.relations:
        yield ""
        related = [
            (one.record_id, one.kind, one.related_id, "yes" if one.same_group else "no", one.why)
            for one in group.relations
        ]
        yield from table_lines(("Related", "Is", "Of", "In this group", "Why"), related)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _verdict(disposition: str, proposed: str | None) -> str:
    return f"{disposition} ({proposed})" if proposed else disposition
