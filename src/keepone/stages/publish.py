"""Publish: the verdict on every record, beside all that it came with; every golden record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine
from keepone.errors import SettingsError
from keepone.golden_tables import GOLDEN_RECORDS
from keepone.ids import FIELD_PREFIX, SOURCE_FILE, group_id_sql, input_names
from keepone.kernels.golden_records import GoldenSource
from keepone.rules.golden import golden_parts
from keepone.schema import REVIEW_READY
from keepone.settings import PublishSettings
from keepone.shelf import Shelf

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


_ALL, _REVIEW = "all", "review"


def publish(
    engine: Engine,
    settings: PublishSettings,
    *,
    records: pa.Table,
    headers: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    golden: pa.Table,
    dispositions: pa.Table,
) -> dict[str, pa.Table]:
    """Return `review_ready`, one row a record, and `golden_records`, one a group, by their ids.

    In `review_ready`, first the verdict, then each recognised field as `field_<name>`, then every
    input column as it came, then `source_file`. An input column keeps its own header; where that is
    taken, letter case aside, it is called `input_<header>`. Of fields and input columns there are
    those that the settings name; `SettingsError` where one is named that there is not. In
    `golden_records`, each field's golden value under its header, then where each is from.
    """
    cleaned = normalized.drop_columns("row")
    cells = inputs.select(headers.column("column").to_pylist())
    cells = cells.rename_columns(
        input_names(headers.column("header").to_pylist(), cleaned.column_names)
    )
    cleaned = cleaned.rename_columns([FIELD_PREFIX + name for name in cleaned.column_names])
    wanted = _wanted(settings.columns, cleaned.column_names, cells.column_names)
    with engine.scope(records=records, members=members, dispositions=dispositions) as scope:
        verdicts = scope.fetch(VERDICTS)
    # The wide part is only put in order: tables with one row a record are sorted by `row`, so that
    # a record's row is also its position.
    order = verdicts.column("row").to_numpy()
    parts = [
        verdicts.select([column.name for column in REVIEW_READY.columns]),
        *(
            engine.shelf.take(part.select(chosen), order)
            for part in (cleaned, cells)
            if (chosen := [name for name in part.column_names if name in wanted])
        ),
        verdicts.select([SOURCE_FILE]),
    ]
    names = [name for part in parts for name in part.column_names]
    columns = [column for part in parts for column in part.columns]
    return {
        "review_ready": pa.Table.from_arrays(columns, names=names),
        "golden_records": _golden_records(
            engine.shelf,
            verdicts,
            GoldenSource(records, inputs, golden, golden_parts(fields)),
            members,
            engine.batch_rows,
        ),
    }


def _golden_records(
    shelf: Shelf, verdicts: pa.Table, source: GoldenSource, members: pa.Table, batch: int
) -> pa.Table:
    """Return the golden record of each group, in the order of the verdicts."""
    primaries = members.filter(pc.equal(members.column("row"), members.column("primary")))
    primaries = primaries.sort_by("group")
    # Groups are put together in their own order, in which golden values stand.
    values = shelf.keep(
        source.schema,
        (source.records_of(primaries.slice(at, batch)) for at in range(0, len(primaries), batch)),
    )
    kept = verdicts.filter(verdicts.column("is_primary"))
    position = np.empty(members.num_rows, dtype=np.int64)
    position[primaries.column("row").to_numpy()] = np.arange(len(primaries))
    ordered = shelf.take(values, position[kept.column("row").to_numpy()])
    known = kept.select([column.name for column in GOLDEN_RECORDS.columns])
    return pa.Table.from_arrays(
        [*known.columns, *ordered.columns], names=[*known.column_names, *ordered.column_names]
    )


def _wanted(columns: Sequence[str], fields: Sequence[str], cells: Sequence[str]) -> set[str]:
    """Return the names of the fields and input columns to publish."""
    always = [column.name for column in REVIEW_READY.columns]
    known = [*always, *fields, *cells, SOURCE_FILE]
    sets = {_ALL: [*fields, *cells], _REVIEW: fields}
    unknown = [name for name in columns if name not in known and name not in sets]
    if unknown:
        listed = ", ".join(map(repr, unknown))
        message = f"publish.columns: review_ready has no column {listed}"
        hint = (
            f"Name all, review, or any of {', '.join(known)}. With the same --run-id,"
            " what has been computed stands."
        )
        raise SettingsError(message, hint=hint)
    return {name for column in columns for name in sets.get(column, (column,))}
