"""Lays the tables of a run out for reading: what `prepared` maps, written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import quote
from keepone.parquet import row_groups
from keepone.run_tables import RunTables
from keepone.schema import TABLES

_Rows = npt.NDArray[np.int32]

# What a record can be found by, beside its id: recognised fields, and whether they hold words.
_FIELDS = {"name": True, "website": False, "phone": False}
# Orders in which groups are listed, each with the column it goes by.
_ORDERS = {
    "priority": "review_priority",
    "size": "size",
    "score": "min_score",
    "verify": "verify",
    "name": "primary_name",
}

_GROUPS = """
SELECT stats.*, members."group" AS first_row
FROM stats
JOIN records ON records.record_id = stats.primary_id
JOIN members ON members.row = records.row
ORDER BY stats.group_id
"""
"""One group, as in group_stats, with the smallest row of its records."""

_RECORDS = """
SELECT
    records.record_id, records.dataset, records.source_file,
    members.row = members."primary" AS is_primary,
    members.criterion, members.probability, members.weight,
    dispositions.disposition, dispositions.rule, dispositions.reason,
    dispositions.proposed_disposition
FROM records
JOIN members ON members.row = records.row
JOIN dispositions ON dispositions.row = records.row
ORDER BY records.row
"""
"""One record with the verdict on it, by row."""

_SOUGHT = """
SELECT
    strip_accents(lower({name})) AS text,
    list(DISTINCT placed."at" ORDER BY placed."at") AS groups
FROM normalized
JOIN placed ON placed.row = normalized.row
WHERE {name} IS NOT NULL
GROUP BY text
ORDER BY min(placed.row)
"""
"""One text that a field has, folded to plain small letters, with the groups that have it."""


def lay_out(tables: RunTables, folder: Path, tell: Callable[[float], None]) -> None:
    """Write the files of a run into an empty folder; `tell` is told which share is done."""
    _write(folder, "inputs", row_groups(tables.path("inputs"), TABLES["inputs"]))
    tell(0.2)
    groups, records = _queried(tables)
    tell(0.5)
    group_at = _group_positions(tables, groups)
    rules = records.column("rule").combine_chunks().dictionary_encode()
    masks = np.zeros(len(groups), dtype=np.int64)
    np.bitwise_or.at(masks, group_at, np.int64(1) << rules.indices.to_numpy().astype(np.int64))
    groups = groups.append_column("rules", pa.array(masks))
    _write(folder, "rules", [pa.table({"rule": rules.dictionary})])
    _write(folder, "groups", [groups])
    _write(folder, "records", [records])
    np.save(folder / "group_at.npy", group_at)
    np.save(folder / "members.npy", np.argsort(group_at, kind="stable").astype(np.int32))
    sizes = np.bincount(group_at, minlength=len(groups))
    np.save(folder / "begins.npy", np.concatenate(([0], np.cumsum(sizes))))
    by_id = pc.sort_indices(records.column("record_id")).to_numpy().astype(np.int32)
    np.save(folder / "by_id.npy", by_id)
    del records
    tell(0.7)
    for order, column in _ORDERS.items():
        np.save(
            folder / f"by_{order}.npy", _ordered(groups.column(column), largest=order != "name")
        )
    _write_links(tables, folder)
    _write_golden(tables, folder, groups.column("first_row").to_numpy())
    tell(0.85)
    _write_sought(tables, folder, group_at)
    tell(1)


def _queried(tables: RunTables) -> tuple[pa.Table, pa.Table]:
    import duckdb  # noqa: PLC0415 - a run whose files stand needs none

    with closing(duckdb.connect(":memory:")) as connection:
        for name, columns in {
            "records": None,
            "members": ["row", "group", "primary", "criterion", "probability", "weight"],
            "dispositions": None,
        }.items():
            connection.register(name, tables.whole(name, columns))
        connection.register("stats", tables.whole("group_stats"))
        groups = connection.sql(_GROUPS).to_arrow_table()
        records = connection.sql(_RECORDS).to_arrow_table()
    return groups.combine_chunks(), records.combine_chunks()


def _group_positions(tables: RunTables, groups: pa.Table) -> _Rows:
    """Return the position of each record's group, by row."""
    first = tables.whole("members", ["group"]).column(0).to_numpy()
    position = np.zeros(len(first), dtype=np.int32)
    position[groups.column("first_row").to_numpy()] = np.arange(len(groups), dtype=np.int32)
    found: _Rows = position[first]
    return found


def _ordered(column: pa.ChunkedArray, *, largest: bool) -> _Rows:
    """Return the positions by value, what has none last; equal ones keep the order of ids."""
    if pa.types.is_string(column.type):
        column = pc.utf8_lower(column)
        order = pc.sort_indices(column).to_numpy()  # what has none comes last
    else:
        values = column.to_numpy().astype(np.float64)
        order = np.argsort(-values if largest else values, kind="stable")
    found: _Rows = order.astype(np.int32)
    return found


def _write_links(tables: RunTables, folder: Path) -> None:
    """Write the scored pairs by left row, and the possible matches from either side."""
    pairs = tables.whole("pairs", ["l", "r", "weight", "probability", "model_probability"])
    _write(folder, "pairs", [pairs])
    near = tables.whole("possible_matches", ["l", "r", "weight", "probability"])
    other = near.select(["r", "l", "weight", "probability"]).rename_columns(near.column_names)
    both = pa.concat_tables([near, other]).sort_by([("l", "ascending"), ("r", "ascending")])
    _write(folder, "near", [both])
    _write(folder, "distinct", [tables.whole("distinct")])


def _write_golden(tables: RunTables, folder: Path, first_rows: _Rows) -> None:
    """Write golden values, with where those of each group begin and end, and relations by row.

    Runs of releases without them have none.
    """
    for name in ("golden", "relations"):
        table = tables.whole(name) if tables.has(name) else TABLES[name].empty()
        _write(folder, name, [table])
        if name == "golden":
            group = table.column("group").to_numpy()
            ends = [np.searchsorted(group, first_rows, side=side) for side in ("left", "right")]
            np.save(folder / "golden_at.npy", np.stack(ends, axis=1))


def _write_sought(tables: RunTables, folder: Path, group_at: _Rows) -> None:
    """Write what records are searched by: each text once, folded, with the groups that have it."""
    import duckdb  # noqa: PLC0415 - a run whose files stand needs none

    there = [name for name in _FIELDS if name in tables.columns("normalized")]
    for name in there:
        with closing(duckdb.connect(":memory:")) as connection:
            connection.register("normalized", tables.whole("normalized", ["row", name]))
            connection.register("placed", pa.table({"row": _count(group_at), "at": group_at}))
            found = connection.sql(_SOUGHT.format(name=quote(name))).to_arrow_table()
        texts = found.column("text").combine_chunks()
        _write_texts(folder, f"sought_{name}", texts, found.column("groups").combine_chunks())
        if _FIELDS[name]:
            _write_words(folder, f"sought_{name}_words", texts)
    _write(folder, "sought", [pa.table({"field": pa.array(there, pa.string())})])


def _write_words(folder: Path, name: str, texts: pa.StringArray) -> None:
    """Write what spaces part in texts: each word once, with the places of the texts it stands in.

    There are far fewer words than texts, so what is in many texts is found in few words.
    """
    split = pc.split_pattern(texts, " ")
    words = split.flatten().dictionary_encode()
    places = np.repeat(np.arange(len(texts), dtype=np.int32), pc.list_value_length(split))
    which = words.indices.to_numpy()
    ends = np.cumsum(np.bincount(which, minlength=len(words.dictionary)))
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    held = pa.ListArray.from_arrays(offsets, places[np.argsort(which, kind="stable")])
    _write_texts(folder, name, words.dictionary, held)


def _write_texts(folder: Path, name: str, texts: pa.StringArray, held: pa.ListArray) -> None:
    """Write texts, and of each the numbers that it stands for."""
    _write(folder, name, [pa.table({"text": texts})])
    np.save(folder / f"{name}_held.npy", held.flatten().to_numpy())
    np.save(folder / f"{name}_begins.npy", held.offsets.to_numpy().astype(np.int64))


def _count(rows: _Rows) -> _Rows:
    return np.arange(len(rows), dtype=np.int32)


def _write(folder: Path, name: str, pieces: Iterator[pa.Table] | list[pa.Table]) -> None:
    first: pa.Table | None = None
    path = str(folder / f"{name}.arrow")
    for piece in pieces:
        if first is None:
            first = piece
            writer = pa.ipc.new_file(path, piece.schema)
        writer.write_table(piece)
    writer.close()
