"""Makes exports of accounts that are as messy as real ones, with the truth beside them.

What is one company, by construction, so that no label is wrong:

- All records of one company have one entity id. Each shows enough for a careful person to know the
  company again: see `keepone.generate.presence` for the rule.
- A chain's branches are companies of their own: two records are duplicates only where they stand
  for the same site. Every record of a branch shows its store number or its place in its name, and
  no two branches of a chain share it. The chain's own record shows neither.
- A subsidiary is another company than its parent, though the two share a brand and perhaps a
  website and a switchboard; its name has a word that the parent's lacks, and every record keeps it.
- Companies of one name are never in one city, and every record of such a company shows the city.
- A record with several companies' names stands for the first; its other fields are the first's.
- A junk record (test, unknown, do not use) stands for nobody and is alone; the mark DO NOT USE on a
  company's name leaves the record with that company.

Profile `crm` is a usual export: two of three companies have one record, groups of 2 to 5 are
common, and the largest have dozens. Profile `dense` is a heavy load: a quarter of all companies are
branches of at most 210 chains, so that pairs that share a chain's rare name and website grow with
the square of the file, one of eight companies has duplicates, the largest groups hold a 400th of
the file, and names are made of fewer and more general words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from keepone.errors import UserError
from keepone.generate.children import children
from keepone.generate.companies import companies
from keepone.generate.files import write_accounts
from keepone.generate.profiles import PROFILES, group_sizes
from keepone.generate.records import records as records_of
from keepone.generate.streams import Streams

__all__ = ["Generated", "generate", "write", "write_children"]


@dataclass(frozen=True, slots=True)
class Generated:
    """An export and its truth, both one row per record in the order of their ids.

    `accounts` holds text only, null where a cell is empty; `truth` has record_id and entity_id.
    """

    accounts: pa.Table
    truth: pa.Table


def generate(records: int, *, profile: Literal["crm", "dense"] = "crm", seed: int = 0) -> Generated:
    """Return `records` accounts with known duplicates.

    The same arguments give the same tables on every machine. Raises `UserError` for a negative
    number of records or seed.
    """
    if records < 0 or seed < 0:
        message = f"records and seed must be 0 or more, not {records} and {seed}"
        raise UserError(message)
    streams = Streams(seed)
    kind = PROFILES[profile]
    accounts, truth = records_of(companies(group_sizes(records, kind), kind, streams), streams)
    return Generated(accounts, truth)


def write(generated: Generated, out: Path) -> Path:
    """Write the accounts to `out` and the truth to `<stem>.truth.parquet` beside it.

    The suffix of `out` chooses CSV, Parquet, JSON Lines or XLSX. Returns the truth's path. Raises
    `UserError` for another suffix or without xlsxwriter, `WorkspaceError` if a file cannot be
    written.
    """
    write_accounts(generated.accounts, out)
    truth = out.with_name(f"{out.stem}.truth.parquet")
    write_accounts(generated.truth, truth)
    return truth


def write_children(generated: Generated, out: Path, *, seed: int = 0) -> list[Path]:
    """Write contacts and opportunities of the accounts beside `out`, in its format.

    Returns their paths, `<stem>.contacts` and `<stem>.opportunities`. Raises what `write` does.
    """
    ids = generated.accounts.column("Account ID").combine_chunks()
    paths = []
    for kind, table in children(ids, seed).items():
        paths.append(out.with_name(f"{out.stem}.{kind}{out.suffix}"))
        write_accounts(table, paths[-1])
    return paths
