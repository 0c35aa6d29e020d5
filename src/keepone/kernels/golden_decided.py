"""Golden values that people decided on: they go before what any strategy chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.golden_choice import Choice
from keepone.kernels.roster import NONE, Roster, at_places


def newest_values(roster: Roster, judgements: pa.Table) -> dict[int, str]:
    """Return what was decided of groups, by their position in the roster; the newest holds.

    `judgements` are those of one field: row, value, and the decision, the greater the newer.
    """
    held = judgements.filter(pc.is_in(judgements.column("row"), value_set=pa.array(roster.rows)))
    if not len(held):
        return {}
    group_of = dict(zip(roster.rows.tolist(), roster.at.tolist(), strict=True))
    lines = held.sort_by("decision").to_pylist()
    return {group_of[line["row"]]: line["value"] for line in lines}


def with_decided(roster: Roster, choice: Choice, values: Mapping[int, str]) -> Choice:
    """Return the choice with the values that were decided of some groups.

    The value is that of the first record whose cell is written so; else it stands in no cell.
    """
    if not values:
        return choice
    cells, place, there = choice.cells, choice.place.copy(), choice.there.copy()
    joined = {group: text for group, text in choice.joined.items() if group not in values}
    decided = np.zeros(len(roster.first), dtype=bool)
    ends = [*roster.first[1:].tolist(), len(roster.rows)]
    for group, value in values.items():
        decided[group] = there[group] = True
        written = (
            at
            for at in range(int(roster.first[group]), ends[group])
            if cells.code[at] >= 0
            and cells.texts[int(cells.code[at])].as_py().strip() == value.strip()
        )
        place[group] = next(written, NONE)
        if place[group] == NONE:
            joined[group] = value
    marks = cells.filled & decided[roster.at]
    alike = cells.alike(roster, marks)
    beaten = roster.distinct(marks & (alike != at_places(alike, place)[roster.at]), alike)
    kept = choice.beaten[~decided[roster.at[choice.beaten]]]
    return replace(
        choice,
        there=there,
        place=place,
        beaten=np.sort(np.concatenate([kept, beaten])),
        joined=joined,
        decided=decided,
    )
