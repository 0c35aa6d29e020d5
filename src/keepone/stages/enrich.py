"""Enrich: which primaries gain values from their duplicates, and what."""

from __future__ import annotations

import pyarrow as pa

from keepone.engine import Engine, quote
from keepone.ids import name_fields
from keepone.reasons import CALLED, GAINS, NAMES, field_labels
from keepone.rules.dispositions import ENRICH, PRIMARY, template_sql
from keepone.schema import DISPOSITIONS
from keepone.settings import DispositionSettings, EnrichSettings

_DISPOSITIONS = f"""
SELECT v.row,
    CASE WHEN n.row IS NULL THEN v.disposition ELSE $enrich END AS disposition,
    CASE WHEN n.row IS NULL THEN v.rule ELSE '{ENRICH.name}' END AS rule,
    CASE WHEN n.row IS NULL THEN v.reason ELSE n.reason END AS reason,
    v.proposed_disposition
FROM verdicts AS v
LEFT JOIN (
    SELECT row, {template_sql(ENRICH.reason)} AS reason
    FROM (
        SELECT m.row, CAST(m.size AS VARCHAR) AS detail_size, m.criterion AS detail_criterion,
            g.gains AS detail_gains
        FROM gains AS g
        JOIN members AS m ON m.row = g.row
    ) AS details
) AS n ON n.row = v.row AND v.rule = '{PRIMARY.name}'
WHERE v.row >= $first AND v.row < $after
ORDER BY v.row
"""
"""One record of a batch with its verdict; a primary that nothing else is to be said of may gain."""


def enrich(
    engine: Engine,
    settings: EnrichSettings,  # noqa: ARG001 - there is nothing to set
    *,
    disposition: DispositionSettings,
    records: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    golden: pa.Table,
    verdicts: pa.Table,
) -> dict[str, pa.Table]:
    """Return `dispositions`: the verdicts, with the primaries whose golden record has more."""
    with engine.scope(
        records=records,
        normalized=normalized,
        members=members,
        golden=golden,
        verdicts=verdicts,
        field_labels=field_labels(fields),
    ) as scope:
        names = ", ".join(f"n.{quote(field)}" for field in name_fields(fields))
        scope.table("names", NAMES.format(name=f"concat_ws(' ', {names})" if names else "''"))
        scope.table("called", CALLED)
        word = {"enrich": disposition.labels.get(ENRICH.disposition, ENRICH.disposition)}
        decided = []
        for first in range(0, max(members.num_rows, 1), engine.batch_rows):
            batch = {"first": first, "after": first + engine.batch_rows}
            scope.table("gains", GAINS, batch)
            decided.append(scope.fetch(_DISPOSITIONS, word | batch))
        return {"dispositions": DISPOSITIONS.conform(pa.concat_tables(decided))}
