"""Makes a plan's folder from a run: reads, checks, plans, proves, writes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from keepone.children import CHILDREN, read_children
from keepone.errors import GateError, WorkspaceError
from keepone.files import digest_of, write_text
from keepone.merge_plan.accounts import Accounts, accounts_of_run, must_have, read_accounts
from keepone.merge_plan.apex import default_statements, write_merges
from keepone.merge_plan.before import FOLDER, Before, take_before, touched_records
from keepone.merge_plan.checks import check_accepted, unseen_checks
from keepone.merge_plan.decided import decided_since_run
from keepone.merge_plan.document import PLAN, File, OperatorCheck, Origin, Plan
from keepone.merge_plan.freshness import changed_accounts
from keepone.merge_plan.groups import Verdicts
from keepone.merge_plan.guide import plan_guide
from keepone.merge_plan.planning import Planner
from keepone.merge_plan.proof import Proof, prove
from keepone.merge_plan.run_groups import called, name_headers, read_verdicts
from keepone.merge_plan.sheets import write_sheets
from keepone.merge_plan.soap import write_requests
from keepone.merge_plan.tables import DEFAULT_LIMITS, Limits
from keepone.merge_plan.targets import Names, find_targets, read_names
from keepone.readers import Source
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.settings import WORKSPACE_DECISIONS

README = "README.txt"
# Findings that an error names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a plan is to be made with: files, checks that are accepted, and how long files may be.

    `statements` are the merges in one script. `decisions` says where people's decisions are, as
    `machine.decisions` does.
    """

    children: Sequence[Path] = ()
    export: Path | None = None
    describe: Path | None = None
    mapping: Path | None = None
    accepted: Sequence[str] = ()
    limits: Limits = DEFAULT_LIMITS
    statements: int = default_statements()
    decisions: str = WORKSPACE_DECISIONS


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was written, what its proof showed, and what a person should know."""

    plan: Plan
    proof: Proof
    notes: tuple[str, ...]


def make_plan(run: Run, out: Path, wishes: Wishes, *, force: bool = False) -> Made:
    """Make the plan of a finished run in the folder `out`, which must be new or empty.

    Raises `RunError` for a run without golden records, `InputError` for files that cannot be used
    and a log of decisions that lacks some the run goes by,
    `SettingsError` for a check that cannot be accepted, `WorkspaceError` where the folder cannot be
    written, and `GateError` for a plan that does not hold, unless it is forced.
    """
    accepted = check_accepted(wishes.accepted)
    _must_be_free(out)
    tables = RunTables(run)
    accounts = accounts_of_run(tables)
    verdicts = read_verdicts(tables, accounts)
    names_of = called(tables)
    decided = decided_since_run(tables, names_of, wishes.decisions)
    if decided is not None:
        verdicts = verdicts.objecting("decided_since", decided.told)
    if wishes.export is not None:
        fresh = read_accounts([wishes.export], accounts.ids, sorted(accounts.id_columns))
        must_have(fresh, accounts.headers)
        verdicts = _still_true(verdicts, accounts, fresh)
        accounts = fresh
    children = read_children(wishes.children, pa.chunked_array([accounts.ids]))
    names = read_names(wishes.describe, wishes.mapping)
    plan = assemble_plan(
        verdicts,
        accounts,
        children.table if wishes.children else None,
        names,
        accepted=accepted,
        origin=_origin(tables, accounts, children.files),
    )
    if decided is not None:
        basis = decided.basis(plan, names_of, name_headers(tables))
        origin = plan.origin.model_copy(update={"decisions": basis})
        plan = plan.model_copy(update={"origin": origin})
    before = images(plan, accounts, children.table)
    proof = prove(plan, before)
    if not proof.holds and not force:
        raise unproven(proof, "was not written")
    plan = plan.model_copy(update={"proven": proof.holds})
    with new_folder(out) as folder:
        plan = write_plan(folder, plan, before, names_of, wishes)
    return Made(plan, proof, children.notes)


def assemble_plan(
    verdicts: Verdicts,
    accounts: Accounts,
    children: pa.Table | None,
    names: Names,
    *,
    accepted: frozenset[str],
    origin: Origin,
) -> Plan:
    """Return the plan of these groups and this junk; `children` is None where none were given."""
    known = CHILDREN.empty_table() if children is None else children
    targets, unwritten = find_targets(
        accounts.headers, accounts.id_columns, names, salesforce=accounts.salesforce
    )
    planner = Planner(accounts, known, targets, accepted, travel=accounts.salesforce)
    for group in verdicts.groups:
        planner.add(group)
    planner.delete(verdicts.junk, known, children_given=children is not None)
    modified = accounts.roles.get("modified")
    plan = Plan(
        salesforce=accounts.salesforce,
        origin=origin,
        id_columns=sorted(accounts.id_columns),
        columns=accounts.headers,
        pointers=list(accounts.pointers),
        parent_column=accounts.roles.get("parent"),
        modified_column=modified,
        targets=targets,
        unwritten=unwritten,
        accepted=sorted(accepted),
        groups=planner.planned.groups,
        deletions=planner.planned.deletions,
        left_out=planner.planned.left_out,
        unseen=[
            OperatorCheck(check=check.name, says=check.unseen)
            for check in unseen_checks(accounts, known)
        ],
    )
    days = accounts.column(modified)
    last = {record: days[accounts.place[record]] for record in touched_records(plan)}
    return plan.model_copy(
        update={"plan_id": _plan_id(plan), "last_modified": {} if modified is None else last}
    )


def images(plan: Plan, accounts: Accounts, children: pa.Table) -> Before:
    """Return the before-images that a plan needs."""
    return take_before(accounts, children, _looked_at(plan, accounts))


def unproven(proof: Proof, what: str) -> GateError:
    """Return the error for a plan that does not hold."""
    named = "; ".join(proof.findings[:_NAMED])
    more = len(proof.findings) - _NAMED
    rest = f"; and {more} more" if more > 0 else ""
    message = f"the plan does not hold and {what}: {named}{rest}"
    return GateError(message, hint="Report this with the plan's files; --force writes it anyway.")


def described_file(path: Path, name: str) -> File:
    """Return a file's name, digest and length."""
    return File(file=name, sha256=digest_of(path), bytes=path.stat().st_size)


def _origin(tables: RunTables, accounts: Accounts, children: Sequence[Source]) -> Origin:
    manifest = tables.manifest
    return Origin(
        run_id=manifest.run_id,
        settings_digest=manifest.settings_digest,
        settings=manifest.settings,
        fingerprints={stage.name: stage.fingerprint for stage in manifest.stages},
        run_inputs=[
            File(file=each.file, sha256=each.sha256, bytes=each.bytes) for each in manifest.inputs
        ],
        export=list(accounts.files),
        children=[File(file=each.name, sha256=each.sha256, bytes=each.size) for each in children],
    )


def _plan_id(plan: Plan) -> str:
    """Return a short name that changes with what the plan does."""
    does = plan.model_dump_json(include={"targets", "groups", "deletions"})
    return hashlib.sha256(does.encode()).hexdigest()[:12]


def _still_true(verdicts: Verdicts, accounts: Accounts, fresh: Accounts) -> Verdicts:
    """Return the verdicts with an objection to groups whose records changed since the run.

    What is gone from the fresh export altogether needs no judgement.
    """
    cells = {header: accounts.cells.column(header) for header in accounts.headers}
    changed = changed_accounts(accounts.ids, cells, fresh)
    there = Verdicts(
        tuple(each for each in verdicts.groups if not fresh.place.keys().isdisjoint(each.members)),
        tuple(each for each in verdicts.junk if each.record_id in fresh.place),
    )
    reasons = {
        record: f"{change.what}: it has changed since the run" for record, change in changed.items()
    }
    return there.objecting("changed", reasons)


def _looked_at(plan: Plan, accounts: Accounts) -> list[str]:
    """Return the touched records and those that hold a unique value which the plan writes."""
    records = touched_records(plan)
    for target in plan.targets:
        if target.late:
            written = {
                value.casefold()
                for group in plan.groups
                if (value := group.late.get(target.column)) is not None
            }
            column = accounts.column(target.column)
            records += [
                record
                for record, value in zip(accounts.ids.to_pylist(), column, strict=True)
                if value is not None and value.casefold() in written
            ]
    return records


def write_plan(
    folder: Path, plan: Plan, before: Before, names: Mapping[str, str], wishes: Wishes
) -> Plan:
    """Write a plan's files into a folder; return the plan with their digests.

    `names` says what records are called.
    """
    before.write(folder / FOLDER)
    write_sheets(folder, plan, before, names, wishes.limits)
    if plan.salesforce:
        write_merges(folder, plan, wishes.statements)
        write_requests(folder, plan, wishes.limits)
    write_text(folder / README, plan_guide(plan, file_names(folder)))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    plan = plan.model_copy(
        update={
            "files": [described_file(path, path.relative_to(folder).as_posix()) for path in files]
        }
    )
    write_text(folder / PLAN, plan.model_dump_json(indent=1) + "\n")
    return plan


def file_names(folder: Path) -> list[str]:
    """Return the files of a folder that people are told of, parts in order."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in files if path.parts[0] != FOLDER)


def _must_be_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"{out} is there already"
        raise WorkspaceError(message, hint="Name a new folder with --out; plans are never mixed.")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out` to write to; it becomes `out` when the block ends well."""
    made = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        yield made
        if out.is_dir():
            out.rmdir()
        made.rename(out)
    except OSError as error:
        message = f"cannot write {out}: {(error.strerror or str(error)).lower()}"
        raise WorkspaceError(message, hint="Name another folder, or free some space.") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
