"""Files that are hard for what they lack: columns, records, duplicates; or for one giant group.

Each is cut from a labelled set: some of its columns, the records of some of its entities, or one
record of each entity, so that nothing in it may be merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from bench.accuracy.sets import LabelledSet, read_text, read_truth
from keepone.generate import Generated, write
from keepone.generate.companies import companies
from keepone.generate.profiles import CRM, group_sizes
from keepone.generate.records import records as records_of
from keepone.generate.streams import Streams

_SEED = 5


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a labelled set: `columns` beside the id, records of `entities`, or all.

    `alone` keeps the first record of each entity only.
    """

    base: str
    says: str
    columns: tuple[str, ...] = ()
    entities: int | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        """The set's name and what is left of it."""
        return f"{self.base}, {self.says}"


_CUTS = (
    Cut("chicago", "name and address", ("Site name", "Address")),
    Cut("chicago", "name and phone", ("Site name", "Phone")),
    Cut("chicago", "name and zip", ("Site name", "Zip")),
    Cut("overture", "name, street and city", ("name", "street", "city")),
    Cut("overture", "name and phone", ("name", "phone", "country")),
    Cut("overture", "name and place", ("name", "city", "region", "postcode")),
    Cut("fodors_zagat", "name and address", ("name", "addr")),
    Cut("fodors_zagat", "name, city and type", ("name", "city", "type")),
    Cut("dblp_acm", "title and authors", ("title", "authors")),
    Cut("febrl3", "names and birth date", ("given_name", "surname", "date_of_birth")),
    Cut("febrl3", "names and place", ("given_name", "surname", "suburb", "postcode")),
    Cut("accounts_crm", "name and city", ("Account Name", "Billing City", "Billing State")),
    Cut("accounts_crm", "name and website", ("Account Name", "Website")),
    Cut("accounts_crm", "name and phone", ("Account Name", "Phone")),
    Cut("accounts_dense", "name and city", ("Account Name", "Billing City", "Billing State")),
    Cut("accounts_dense", "name and website", ("Account Name", "Website")),
    Cut("accounts_dense", "name and phone", ("Account Name", "Phone")),
    Cut("fodors_zagat", "sources unknown"),
    Cut("dblp_acm", "sources unknown"),
    Cut("chicago", "25 entities", entities=25),
    Cut("chicago", "100 entities", entities=100),
    Cut("febrl3", "40 entities", entities=40),
    Cut("accounts_crm", "30 entities", entities=30),
    Cut("accounts_dense", "40 entities", entities=40),
    Cut("accounts_dense", "200 entities", entities=200),
    Cut("historical_50k", "500 entities", entities=500),
    Cut("chicago", "no duplicates", alone=True),
    Cut("febrl3", "no duplicates", alone=True),
    Cut("historical_50k", "no duplicates", alone=True),
    Cut("accounts_crm", "no duplicates", alone=True),
    Cut("accounts_dense", "no duplicates", alone=True),
)


def hard_sets(sets: Sequence[LabelledSet], scratch: Path) -> list[LabelledSet]:
    """Return the cuts of those `sets` that are there, and accounts of giant groups."""
    by_name = {each.name: each for each in sets}
    cuts = [_cut(by_name[cut.base], cut, scratch) for cut in _CUTS if cut.base in by_name]
    return [*cuts, _giants(scratch)]


def _cut(base: LabelledSet, cut: Cut, scratch: Path) -> LabelledSet:
    parquet = base.records.suffix == ".parquet"
    table = pq.read_table(base.records) if parquet else read_text(base.records)
    key, truth_file = table.column_names[0], base.truth
    stem = cut.name.replace(", ", "_").replace(" ", "_")
    if cut.columns:
        table = table.select([key, *cut.columns])
    if cut.entities is not None or cut.alone:
        truth = _some(read_truth(base.truth), cut)
        table = table.filter(pc.is_in(table.column(key), truth.column("record_id")))
        truth_file = scratch / f"{stem}.truth.parquet"
        pq.write_table(truth, truth_file)
    records = scratch / f"{stem}.csv"
    pacsv.write_csv(table, records)
    return LabelledSet(cut.name, records, truth_file, base.kind)


def _some(truth: pa.Table, cut: Cut) -> pa.Table:
    """Return the truth of entities drawn from all, whole or one record of each."""
    entity = np.array(truth.column("entity_id").to_pylist())
    entities, first = np.unique(entity, return_index=True)
    if cut.alone:
        return truth.take(pa.array(np.sort(first)))
    drawn = np.random.default_rng(_SEED).permutation(entities)[: cut.entities]
    return truth.filter(pa.array(np.isin(entity, drawn)))


def _giants(scratch: Path) -> LabelledSet:
    """Return accounts a third of which are in groups of dozens to hundreds."""
    kind = replace(CRM, alone=0.8, exponent=0.6, largest=lambda _: 300)
    streams = Streams(_SEED)
    made = records_of(companies(group_sizes(6_000, kind), kind, streams), streams)
    out = scratch / "accounts_giants.csv"
    return LabelledSet("accounts_crm, groups of hundreds", out, write(Generated(*made), out))
