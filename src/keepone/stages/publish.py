"""Publish: the verdict on every record, beside all that it came with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from keepone.engine import Engine
from keepone.ids import group_id_sql
from keepone.schema import REVIEW_READY
from keepone.settings import PublishSettings

# Half a hundredth of a percent rounds up; in integers, so that engines agree.
VERDICTS = f"""
SELECT
    record.record_id,
    {group_id_sql("founder.dataset", "founder.record_id")} AS group_id,
    members.size AS group_size,
    members.row = members.primary AS is_primary,
    kept.record_id AS primary_id,
    CAST((members.probability + 50) // 100 AS DOUBLE) / 100 AS score,
    dispositions.disposition,
    dispositions.reason,
    dispositions.proposed_disposition,
    CAST(members.probability AS DOUBLE) / 1000000 AS match_probability,
    CAST(members.weight AS DOUBLE) / 1000 AS match_weight,
    record.source_file,
    record.row
FROM members
JOIN records AS record ON record.row = members.row
JOIN records AS founder ON founder.row = members."group"
JOIN records AS kept ON kept.row = members.primary
JOIN dispositions ON dispositions.row = members.row
ORDER BY group_id, record.record_id
"""


def publish(
    engine: Engine,
    settings: PublishSettings,  # noqa: ARG001 - every stage takes its slice; this one has no choices
    *,
    records: pa.Table,
    headers: pa.Table,
    inputs: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    dispositions: pa.Table,
) -> dict[str, pa.Table]:
    """Return `review_ready`: one row a record, sorted by group id and record id.

    First the verdict, then each recognised field as `field_<name>`, then every input column as it
    came, then `source_file`. An input column keeps its own header; where that is taken, letter
    case aside, it is called `input_<header>`.
    """
    with engine.scope(records=records, members=members, dispositions=dispositions) as scope:
        verdicts = scope.fetch(VERDICTS)
    # The wide part is only put in order: tables with one row a record are sorted by `row`, so that
    # a record's row is also its position.
    order = verdicts.column("row").to_numpy()
    fields = normalized.drop_columns("row")
    fields = fields.rename_columns([f"field_{name}" for name in fields.column_names])
    cells = inputs.select(headers.column("column").to_pylist())
    taken = [*(column.name for column in REVIEW_READY.columns), *fields.column_names, "source_file"]
    cells = cells.rename_columns(_input_names(headers.column("header").to_pylist(), taken))
    parts = (
        *_columns(verdicts.select([column.name for column in REVIEW_READY.columns])),
        *_columns(engine.shelf.take(fields, order)),
        *_columns(engine.shelf.take(cells, order)),
        ("source_file", verdicts.column("source_file")),
    )
    names, columns = zip(*parts, strict=True)
    return {"review_ready": pa.Table.from_arrays(list(columns), names=list(names))}


def _input_names(headers: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Return the published name of each input column, unique among themselves and with `taken`.

    Headers that can keep their name do so before the others look for one.
    """
    used = {name.lower() for name in taken}
    names: dict[int, str] = {}
    for position, header in enumerate(headers):
        if header.lower() not in used:
            used.add(header.lower())
            names[position] = header
    for position, header in enumerate(headers):
        if position in names:
            continue
        name = f"input_{header}"
        while name.lower() in used:
            name = f"input_{name}"
        used.add(name.lower())
        names[position] = name
    return [names[position] for position in range(len(headers))]


def _columns(table: pa.Table) -> Iterable[tuple[str, pa.ChunkedArray]]:
    return zip(table.column_names, table.columns, strict=True)
