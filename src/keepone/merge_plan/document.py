"""The plan as data: what plan.json says, whole and versioned.

`FORMAT_VERSION` rises when a reader of the release before would take a plan wrongly. A plan names
records by the ids of the run and columns by the headers of the export; values are texts of the
export as they came. How each is written stands in `targets`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from keepone.errors import InputError
from keepone.merge_plan.targets import Target, Unwritten

FORMAT_VERSION = 1
PLAN = "plan.json"
# What a step may merge: the master and two more.
MOST_DUPLICATES = 2


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Part):
    """One file, by its name and what it holds."""

    file: str
    sha256: str
    bytes: int


class DecidedOn(_Part):
    """Which decisions the plan goes by: those that bore on its run, by id (`in_force`).

    `log` is where they are kept, `position` that of its last entry when the plan was made, and
    `digest` that of the decisions which were in force then and are about a record of the plan.
    `datasets` of the run and the columns that name a record say what a decision is about.
    """

    log: str
    position: int
    digest: str
    in_force: list[str]
    datasets: list[str]
    name_columns: list[str]


class Origin(_Part):
    """What the plan was made from: the run, the fingerprint of each of its stages, and the files.

    A fingerprint stands for all that a stage's result depends on. `decisions` is None where they
    were left aside.
    """

    run_id: str
    settings_digest: str
    settings: dict[str, Any]
    fingerprints: dict[str, str]
    run_inputs: list[File]
    export: list[File]
    children: list[File]
    decisions: DecidedOn | None = None


class Step(_Part):
    """One merge call: up to two records go into the master, and `values` travel with them."""

    number: int
    duplicates: list[str]
    values: dict[str, str | None]


class Group(_Part):
    """One group: the steps that make it one record, and what that record is in the end.

    `golden` has the columns in which that differs from the master before; of those, `late` are
    written after all merges, and those in no step and not in `late` cannot be written. The master
    takes over the created date of `oldest`, where that is another record.
    """

    group_id: str
    master: str
    steps: list[Step]
    late: dict[str, str | None]
    golden: dict[str, str | None]
    oldest: str | None = None

    @property
    def losers(self) -> list[str]:
        """The records that go into the master, in order."""
        return [record for step in self.steps for record in step.duplicates]


class Deletion(_Part):
    """One record to delete: junk that nothing refers to."""

    record_id: str
    reason: str


class LeftOut(_Part):
    """What the plan does not touch although the run would have it so: a person must look first."""

    check: str
    group_id: str | None
    records: list[str]
    reason: str


class OperatorCheck(_Part):
    """One thing that could go wrong and that the given files cannot show."""

    check: str
    says: str


class Plan(_Part):
    """A merge plan. `plan_id` derives from what it does, `files` are all others of its folder."""

    format: Literal["keepone merge plan"] = "keepone merge plan"
    version: int = FORMAT_VERSION
    plan_id: str = ""
    salesforce: bool
    proven: bool = False
    origin: Origin
    id_columns: list[str]
    columns: list[str]
    pointers: list[str]
    parent_column: str | None
    modified_column: str | None
    targets: list[Target] = Field(default_factory=list)
    unwritten: list[Unwritten] = Field(default_factory=list)
    accepted: list[str] = Field(default_factory=list)
    groups: list[Group]
    deletions: list[Deletion]
    left_out: list[LeftOut]
    unseen: list[OperatorCheck] = Field(default_factory=list)
    last_modified: dict[str, str | None] = Field(default_factory=dict)
    files: list[File] = Field(default_factory=list)

    @property
    def id_header(self) -> str:
        """What the column of record ids is called in files to load."""
        return "Id" if self.salesforce or not self.id_columns else self.id_columns[0]

    def steps(self) -> Iterator[tuple[Group, Step]]:
        """Give the merges in the order in which they are carried out."""
        for group in self.groups:
            for step in group.steps:
                yield group, step


def read_plan(folder: Path) -> Plan:
    """Return the plan of a folder; `InputError` where there is none, or one of a newer release."""
    path = folder / PLAN
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{folder} holds no merge plan: {PLAN} cannot be read"
        raise InputError(message, hint="Make one with: keepone plan make RUN --out DIR") from error
    version = told.get("version") if isinstance(told, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        message = f"{path} was made by a newer release (version {version})"
        raise InputError(message, hint="Verify it with that release, or make the plan again.")
    try:
        return Plan.model_validate(told)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        message = f"{path} is damaged: {where}: {error.errors()[0]['msg']}"
        raise InputError(message, hint="Make the plan again.") from error
