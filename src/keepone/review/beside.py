"""What stands beside the members of a group: its golden record, and what they are related to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from keepone.review.group_shapes import Beaten, GoldenCell, Relation
from keepone.review.prepared import Prepared, Rows, at, run_of

# Tells what records are called, by row.
Names: TypeAlias = Callable[[Sequence[int]], list[str]]

_RELATIONS_SHOWN = 20


def golden_cells(prepared: Prepared, names: Names, position: int) -> dict[str, GoldenCell]:
    """Return the golden values of a group by column; none for a record alone."""
    begin, end = prepared.array("golden_at")[position].tolist()
    lines = prepared.table("golden").slice(begin, end - begin).to_pylist()
    rows = {each["row"] for line in lines for each in line["beaten"]}
    rows |= {line["source"] for line in lines if line["source"] is not None}
    some = sorted(rows)
    ids = at(prepared.records, some, ["record_id"])
    told = {
        row: (line["record_id"], name)
        for row, line, name in zip(some, ids, names(some), strict=True)
    }
    nobody = (None, None)
    return {
        line["column"]: GoldenCell(
            value=line["value"],
            record_id=told.get(line["source"], nobody)[0],
            name=told.get(line["source"], nobody)[1],
            strategy=line["strategy"],
            gained=line["gained"],
            changed=line["changed"],
            beaten=[
                Beaten(
                    record_id=told[each["row"]][0],
                    name=told[each["row"]][1],
                    value=each["value"],
                )
                for each in line["beaten"]
            ],
        )
        for line in lines
    }


def relations(prepared: Prepared, names: Names, rows: Rows) -> list[Relation]:
    """Return what the shown members are to records that are not the same company."""
    table = prepared.table("relations")
    ordered = table.column("row").to_numpy()
    places = [place for row in rows for place in run_of(ordered, int(row))]
    lines = at(table, places[:_RELATIONS_SHOWN], ["row", "other", "kind", "why"])
    ends = [[line[end] for line in lines] for end in ("row", "other")]
    ids = [at(prepared.records, some, ["record_id"]) for some in ends]
    called = [names(some) for some in ends]
    groups = [int(prepared.group_at[row]) for row in ends[1]]
    found = at(prepared.groups, groups, ["group_id"])
    return [
        Relation(
            record_id=ids[0][place]["record_id"],
            name=called[0][place],
            kind=line["kind"],
            why=line["why"],
            other_id=ids[1][place]["record_id"],
            other_name=called[1][place],
            other_group=found[place]["group_id"],
        )
        for place, line in enumerate(lines)
    ]
