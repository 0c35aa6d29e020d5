"""Verifies a plan's folder: its files, what it does, and whether the accounts are as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from keepone.children import read_children
from keepone.errors import GateError, InputError
from keepone.merge_plan.accounts import must_have, read_accounts
from keepone.merge_plan.before import Before, read_before, touched_records
from keepone.merge_plan.document import Plan, read_plan
from keepone.merge_plan.freshness import Change, changes_since
from keepone.merge_plan.making import described_file, unproven
from keepone.merge_plan.proof import Proof, prove


@dataclass(frozen=True, slots=True)
class Verified:
    """A plan that holds, with its proof and the images it was replayed on.

    `changes` are the records that a fresh export shows otherwise; None where none was given.
    """

    plan: Plan
    proof: Proof
    before: Before
    changes: list[Change] | None


def verify_plan(
    folder: Path, *, export: Path | None = None, children: Sequence[Path] = ()
) -> Verified:
    """Replay a plan on its before-images, and compare these with a fresh export if there is one.

    A fresh export needs the columns of the one before, or the date of the last change.

    Raises `InputError` for files that cannot be used, `GateError` for a plan that does not hold or
    whose files are not as they were written.
    """
    plan = read_plan(folder)
    _check_files(folder, plan)
    before = read_before(folder, plan)
    proof = prove(plan, before)
    if not proof.holds:
        raise unproven(proof, "must not be carried out")
    if export is None:
        return Verified(plan, proof, before, None)
    if not touched_records(plan):
        return Verified(plan, proof, before, [])
    ids = before.table.column("record_id").combine_chunks()
    fresh = read_accounts([export], ids, plan.id_columns)
    if plan.modified_column not in fresh.cells.column_names:
        must_have(fresh, plan.columns)
    given = read_children(children, pa.chunked_array([fresh.ids])).table if children else None
    if given is not None and not plan.origin.children:
        message = "the plan was made without child exports, so there is nothing to compare with"
        raise InputError(message, hint="Leave --children out, or make the plan anew with it.")
    return Verified(plan, proof, before, changes_since(plan, before, fresh, given))


def _check_files(folder: Path, plan: Plan) -> None:
    for told in plan.files:
        path = folder / told.file
        if not path.is_file() or described_file(path, told.file) != told:
            what = "was changed" if path.is_file() else "is missing"
            message = f"{told.file} {what} since the plan was made"
            raise GateError(message, hint="Make the plan again; its files belong together.")
