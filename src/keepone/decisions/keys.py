"""Which record a decision is about: its dataset and its id, as long as exports come.

A Salesforce id has 15 characters that mind case, or 18 that do not; both are one key, of 18. A file
alone is the dataset "", and beside others it has a name that may change from one export to the
next. So a key finds the record of its own dataset, and else the only one with that id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.salesforce_ids import LONG, SHORT, lengthened


class RecordKey(NamedTuple):
    """A record's key, in the order of records; made by `RecordKey.of`."""

    dataset: str
    record_id: str

    @classmethod
    def of(cls, record_id: str, dataset: str = "") -> RecordKey:
        """Return the key of the record with this id, which an export may qualify by its dataset."""
        return cls(dataset, lengthened(record_id.removeprefix(f"{dataset}:" if dataset else "")))


def found_in(records: pa.Table, keys: Iterable[RecordKey]) -> Mapping[RecordKey, RecordKey]:
    """Return which record of the table `records` each key finds; keys that find none are left out.

    A record is its (dataset, record_id) there. A key finds that of its own dataset; where there is
    none, the one record with its id, and none of several.
    """
    wanted = list(keys)
    named = {key.record_id for key in wanted}
    named |= {each[:SHORT] for each in named if len(each) == LONG}
    datasets = [name for name in pc.unique(records.column("dataset")).to_pylist() if name]
    # Where an id stands in several datasets, all are qualified.
    spelt = pa.array([*named, *(f"{name}:{each}" for name in datasets for each in named)])
    there = records.select(["dataset", "record_id"]).filter(
        pc.is_in(records.column("record_id"), value_set=spelt.cast(pa.string()))
    )
    by_id: dict[str, dict[str, RecordKey]] = {}
    for line in there.to_pylist():
        own = RecordKey(line["dataset"], line["record_id"])
        by_id.setdefault(RecordKey.of(own.record_id, own.dataset).record_id, {})[own.dataset] = own
    found: dict[RecordKey, RecordKey] = {}
    for key in wanted:
        having = by_id.get(key.record_id, {})
        if key.dataset in having:
            found[key] = having[key.dataset]
        elif len(having) == 1:
            (found[key],) = having.values()
    return found
