"""Companies that share a building."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa

import keepone
from keepone.generate import generate

_TENANTS = 6
_PLACE = ("Billing Street", "Billing City", "Billing State", "Billing Postal Code")


def test_tenants_of_one_building_are_not_merged(tmp_path: Path) -> None:
    """A third of the file shares the whole address with five other companies.

    Most pairs that agree on anything then agree on the place: a mixture that is left to itself
    takes those for the matches.
    """
    made = generate(3_000, seed=5)
    entity = made.truth.column("entity_id").to_numpy(zero_copy_only=False)
    first = np.sort(np.unique(entity, return_index=True)[1])
    alone = made.accounts.take(pa.array(first))
    rows = np.arange(len(first))
    host = np.where(rows < len(rows) // 3, rows - rows % _TENANTS, rows)
    for name in _PLACE:
        at = alone.column_names.index(name)
        alone = alone.set_column(at, name, alone.column(name).take(pa.array(host)))
    # Beside them, records that are the same company and say so.
    twins = made.accounts.filter(pa.array(~np.isin(np.arange(len(entity)), first)))
    result = keepone.run(pa.concat_tables([alone, twins]), workspace=tmp_path)

    truth = {line["record_id"]: line["entity_id"] for line in made.truth.to_pylist()}
    companies: dict[str, set[str]] = defaultdict(set)
    for line in result.review_ready.to_arrow().select(["record_id", "group_id"]).to_pylist():
        companies[line["group_id"]].add(truth[line["record_id"]])
    mixed = [group for group, own in companies.items() if len(own) > 1]
    assert len(mixed) <= 0.04 * len(first)
