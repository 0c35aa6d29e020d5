"""What people decided on the records of a plan since the run that it was made from.

The run says which decisions bore on it, the log which are in force now. What is in force and did
not bear on the run, or bore on it and was taken back, makes the run's verdict on the records that
it names a thing of the past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from keepone.decisions.decision import Decision
from keepone.decisions.history import in_force
from keepone.decisions.keys import RecordKey, found_in
from keepone.decisions.workspace import LOG_FILE, find_log
from keepone.errors import InputError
from keepone.merge_plan.before import Before, touched_records
from keepone.merge_plan.document import DecidedOn, Plan
from keepone.merge_plan.freshness import Change
from keepone.rules.blacklist import fold
from keepone.run_tables import RunTables
from keepone.settings import NO_DECISIONS, WORKSPACE_DECISIONS

_HINT = "Name the log with --decisions or --workspace, or leave it aside with --no-decisions."


class Judged:
    """The decisions of a log, and which of some records each is about.

    `names` are these records with what they are called; `datasets` those of the run.
    """

    def __init__(
        self, entries: Sequence[Decision], names: Mapping[str, str], datasets: Collection[str]
    ) -> None:
        self._entries = {each.id: each for each in entries}
        self._held = {each.id: each for each in in_force(entries) if each.kind != "note"}
        self._names = names
        self._datasets = datasets

    def since(self, bore: Collection[str]) -> dict[str, str]:
        """Return by record what was decided on it since a run on which the decisions `bore` bore.

        Raises `InputError` where the log does not hold one of those.
        """
        unknown = set(bore) - self._entries.keys()
        if unknown:
            message = f"the run goes by {len(unknown):,} decisions that the log does not hold"
            raise InputError(message, hint=_HINT)
        new = [(each, "") for each in self._held.values() if each.id not in bore]
        gone = [(self._entries[each], "taken back: ") for each in bore if each not in self._held]
        found: dict[str, str] = {}
        for decision, how in (*new, *gone):
            what = f"was decided on since the run: {how}{decision.kind}, {decision.said}"
            for record in self._about(decision):
                found.setdefault(record, what)
        return found

    def digest(self) -> str:
        """Return the digest of the decisions in force that are about one of the records."""
        bearing = [each.as_json() for each in self._held.values() if any(self._about(each))]
        return hashlib.sha256("\n".join(bearing).encode()).hexdigest()

    def _about(self, decision: Decision) -> Iterator[str]:
        """Give the records that a decision names, or whose name it blacklists."""
        if decision.kind == "blacklist":
            term = f" {fold(decision.value or '')} "
            yield from (record for record, name in self._folded.items() if term in name)
        named = (self._found[key] for key in decision.records if key in self._found)
        yield from (key.record_id for key in named)

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {record: f" {fold(name)} " for record, name in self._names.items()}

    @cached_property
    def _found(self) -> Mapping[RecordKey, RecordKey]:
        """Which of the records each key finds that any entry names."""
        records = pa.table(
            {
                "dataset": pa.array([self._dataset(each) for each in self._names], pa.string()),
                "record_id": pa.array(list(self._names), pa.string()),
            }
        )
        return found_in(records, {key for each in self._entries.values() for key in each.records})

    def _dataset(self, record: str) -> str:
        """Return the dataset of a record whose id is qualified by it, since others have the id."""
        return next((each for each in self._datasets if record.startswith(f"{each}:")), "")


@dataclass(frozen=True, slots=True)
class SinceRun:
    """What people decided on the records of a run, which are `names`.

    `told` says by record what was decided since. `log` is where all of it is kept, and `bore` are
    the decisions that the run goes by.
    """

    log: str
    entries: Sequence[Decision]
    bore: Sequence[str]
    datasets: Sequence[str]
    told: Mapping[str, str]

    def basis(self, plan: Plan, names: Mapping[str, str], name_columns: Sequence[str]) -> DecidedOn:
        """Return what a plan keeps of it, whose records are called `names`."""
        touched = {record: names.get(record, "") for record in touched_records(plan)}
        return DecidedOn(
            log=self.log,
            position=self.entries[-1].position if self.entries else 0,
            digest=Judged(self.entries, touched, self.datasets).digest(),
            in_force=list(self.bore),
            datasets=list(self.datasets),
            name_columns=list(name_columns),
        )


def decided_since_run(tables: RunTables, names: Mapping[str, str], where: str) -> SinceRun | None:
    """Return what was decided since a run; None where decisions are left aside.

    `where` says where they are, as `machine.decisions` does; a workspace is the run's own. Raises
    `InputError` where the log does not hold what the run goes by.
    """
    if where == NO_DECISIONS:
        return None
    workspace = tables.run.path.parent.parent
    bore = tables.whole("decided", ["id"]).column(0).to_pylist() if tables.has("decided") else []
    datasets = tables.whole("records", ["dataset"]).column(0).unique().drop_null().to_pylist()
    named = sorted(filter(None, datasets))
    log, entries = _read(workspace, where)
    return SinceRun(log, entries, bore, named, Judged(entries, names, named).since(bore))


def decided_since_plan(
    plan: Plan, before: Before, workspace: Path | None, where: str | None
) -> list[Change] | None:
    """Return the records of a plan that people have decided on since; None where it keeps no basis.

    `where` says where decisions are; left out, they are in the workspace, and where none is named
    in the log that the plan names. Raises `InputError` where that is not the log of the plan.
    """
    basis = plan.origin.decisions
    if basis is None or where == NO_DECISIONS:
        return None
    if workspace is None:
        log, entries = _read(Path(), where or basis.log, may_lack=not basis.position)
    else:
        log, entries = _read(workspace, where or WORKSPACE_DECISIONS)
    if (entries[-1].position if entries else 0) < basis.position:
        message = f"{log} is not the log of decisions that the plan was made with, or is older"
        raise InputError(message, hint=_HINT)
    touched = set(touched_records(plan))
    columns = [before.headers.index(each) for each in basis.name_columns]
    names = {
        record: " ".join(filter(None, (row[at] for at in columns)))
        for record, row in before.rows().items()
        if record in touched
    }
    judged = Judged(entries, names, basis.datasets)
    if judged.digest() == basis.digest:
        return []
    told = judged.since(basis.in_force)
    found = [Change(record, told[record]) for record in touched_records(plan) if record in told]
    return found or [Change("The log of decisions", "has forgotten records of the plan")]


def _read(workspace: Path, where: str, *, may_lack: bool = False) -> tuple[str, list[Decision]]:
    """Return where a log is, and its entries; none where nobody has decided anything."""
    named = str(workspace / LOG_FILE) if where == WORKSPACE_DECISIONS else where
    if may_lack and "://" not in named and not Path(named).exists():
        return named, []
    log = find_log(workspace, where)
    if log is None:
        return named, []
    with log:
        return log.where, log.entries()
