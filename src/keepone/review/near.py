"""What nearly joined a group: records of other groups that scored high with a member."""

from __future__ import annotations

from typing import Any

import numpy as np

from keepone.group_pairs import MILLION
from keepone.review.beside import Names
from keepone.review.group_shapes import NAMELESS, Near, percent
from keepone.review.pairs import Pairs
from keepone.review.prepared import Prepared, Rows, at, run_of

_NEAR_SHOWN = 20


def near_lines(prepared: Prepared, pairs: Pairs, rows: Rows) -> list[dict[str, Any]]:
    """Return the possible matches of members, `r` in another group, the likeliest first."""
    matches = prepared.table("near")
    left = matches.column("l").to_numpy()
    places = [
        place for row in np.unique(pairs.stands_for[rows]) for place in run_of(left, int(row))
    ]
    lines = at(matches, places, matches.column_names)
    return sorted(lines, key=lambda line: -line["probability"])[:_NEAR_SHOWN]


def near(prepared: Prepared, pairs: Pairs, names: Names, rows: Rows) -> list[Near]:
    """Return records of other groups that scored high with a member, the likeliest first."""
    shown = near_lines(prepared, pairs, rows)
    others, mine = [line["r"] for line in shown], [line["l"] for line in shown]
    groups = at(
        prepared.groups,
        [int(prepared.group_at[row]) for row in others],
        ["group_id", "primary_name", "size"],
    )
    ids = at(prepared.records, others, ["record_id"])
    my_ids = at(prepared.records, mine, ["record_id"])
    called, my_names = names(others), names(mine)
    scored = pairs.places(np.array(mine, dtype=np.int64), np.array(others, dtype=np.int64))
    alone = at(prepared.table("pairs"), scored.tolist(), ["model_probability"])
    join = prepared.tables.manifest.thresholds["join"]
    return [
        Near(
            record_id=ids[place]["record_id"],
            name=called[place],
            group_id=groups[place]["group_id"],
            group_name=groups[place]["primary_name"] or NAMELESS,
            group_size=groups[place]["size"],
            member=my_ids[place]["record_id"],
            member_name=my_names[place],
            score=percent(line["probability"]),
            why=_why_not(alone[place]["model_probability"], join),
        )
        for place, line in enumerate(shown)
    ]


def _why_not(by_itself: int, join: float) -> str:
    """Return in a few words why a possible match stayed apart, which is so probable by itself."""
    # Cut, not rounded: what is below a threshold never reads as if it were not.
    own = f"{by_itself * 1_000 // MILLION / 10:g} %"
    if by_itself < round(join * MILLION / 100):
        return f"by themselves {own} sure, below the {join:g} % that join"
    return f"the two match at {own}, but their groups as a whole do not"
