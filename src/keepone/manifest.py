"""What manifest.json says of a run: what went in, what was done, what came out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from keepone.errors import RunError
from keepone.files import write_text

MANIFEST = "manifest.json"
PROFILE = "profile.html"

# The last line of the file: the SHA-256 of all that stands before it.
_SEAL = re.compile(rb',\n  "sha256": "([0-9a-f]{64})"\n}\n\Z')

Status = Literal["running", "interrupted", "failed", "finished"]


class _Part(BaseModel):
    # A newer release may say more; what an older one knows must stay readable.
    model_config = ConfigDict(extra="ignore")


class InputFile(_Part):
    """One input file, with all that tells whether another is the same."""

    file: str
    sha256: str
    rows: int | None = None
    bytes: int
    notes: list[str] = Field(default_factory=list)


class InputColumn(_Part):
    """One input column: what it was taken for, and what review_ready calls it, if it is there.

    `datasets` names those with values in it, None where that is all of them. Columns of different
    datasets may be one field.
    """

    header: str
    column: str
    field: str | None
    type: str
    compared: bool
    why: str
    datasets: list[str] | None = None


class ArtifactFile(_Part):
    """One file that a stage wrote; `rows` is None for what is not a table.

    `bytes` are those on disk, `plain_bytes` those of the table's values in memory (of what is not a
    table, its text), `sha256` is the digest of the file; None in manifests of releases that did not
    tell.
    """

    name: str
    file: str
    rows: int | None
    bytes: int
    plain_bytes: int | None = None
    sha256: str | None = None


class StageRun(_Part):
    """One stage as it ran. `seconds` includes `write_seconds`; `bytes` are those on disk.

    `reused` says that a former process did the work: the figures are from that time.
    """

    name: str
    number: int
    engine: str
    fingerprint: str
    reused: bool = False
    seconds: float
    cpu_seconds: float
    write_seconds: float
    peak_rss_mb: float | None
    rows: int
    bytes: int
    artifacts: list[ArtifactFile]


class Report(_Part):
    """The report page as it was written."""

    file: str
    seconds: float
    bytes: int
    sha256: str | None = None


class KeyCounts(_Part):
    """One kind of blocking key: see `schema.BLOCKING`.

    Of `pairs` it found, `matches` are match pairs; `matches_alone` no other kind found.
    """

    name: str
    blocks: int
    pairs: int
    alone: int
    cost: int
    matches: int
    matches_alone: int
    capped_blocks: int
    capped_pairs: int
    lost_pairs: int


class Missed(_Part):
    """Pairs of records that are one company and were never compared: an estimate.

    A 90 % interval goes from `low` to `high`. Of `pairs`, `grouped` stand in one group all the
    same: other records brought them together.
    """

    pairs: int
    low: int
    high: int
    grouped: int


class GoldenCounts(_Part):
    """One field in golden records of groups of two and more: see `schema.GOLDEN_FIELDS`."""

    header: str
    field: str | None
    strategy: str
    groups: int
    differ: int
    gained: int
    changed: int


class Counts(_Part):
    """The run in figures. `candidate_pairs` and `survivors` are pairs that were compared.

    `uncollapsed_pairs` are the candidate pairs there would be if equal records were not one: every
    two records whose representatives are a pair. None in manifests of releases that did not tell,
    as `missed`, `keys`, `relations` and `golden` are empty there. `relations` counts related
    records by kind, each two of them once.
    """

    records: int
    rejects: int
    rejects_by_code: dict[str, int]
    candidate_pairs: int
    uncollapsed_pairs: int | None = None
    survivors: int
    groups: int
    duplicates: int
    dispositions: dict[str, int]
    relations: dict[str, int] = Field(default_factory=dict)
    missed: Missed | None = None
    keys: list[KeyCounts] = Field(default_factory=list)
    golden: list[GoldenCounts] = Field(default_factory=list)


class DecisionCounts(_Part):
    """What became of the decisions that people made.

    Of `in_force` ones, `without_records` name a record that the input does not hold. Of those that
    bear on the run, `applied` hold, `overruled` gave way to others in part or whole, and
    `contradicted` hold although the data speaks against them: see the table `decided`.
    """

    in_force: int
    without_records: int
    applied: int
    overruled: int
    contradicted: int


class Check(_Part):
    """A law of `conservation` as it was found to hold, or not, with what was counted for that."""

    law: str
    holds: bool
    counts: dict[str, int]


class Manifest(_Part):
    """A run's manifest. Times are UTC, seconds are of the process that finished the run.

    `baseline_rss_mb` is the memory that process held before the first stage: the libraries, mostly.
    A run whose `max_seconds` were too few is `degraded`: `left_out` tells in sentences by what.
    `children` are the child exports it was given, `group_pairs` is the file of all groups' pairs
    where that was wanted. `alerts` are sentences about the machine that
    a person should know, `notes` about the model that the run was given. `checks` took
    `checks_seconds` of the run's seconds; some of those are among the seconds of stages.
    """

    run_id: str
    status: Status
    started_at: str
    ended_at: str | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_rss_mb: float | None = None
    baseline_rss_mb: float | None = None
    alerts: list[str] = Field(default_factory=list)
    max_seconds: float | None = None
    degraded: bool = False
    left_out: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    error: str | None = None
    inputs: list[InputFile]
    children: list[InputFile] = Field(default_factory=list)
    settings: dict[str, Any]
    settings_digest: str
    thresholds: dict[str, float]
    versions: dict[str, str]
    machine: dict[str, int | str]
    counts: Counts | None = None
    decisions: DecisionCounts | None = None
    columns: list[InputColumn] = Field(default_factory=list)
    stages: list[StageRun] = Field(default_factory=list)
    checks: list[Check] = Field(default_factory=list)
    checks_seconds: float = 0.0
    report: Report | None = None
    group_pairs: ArtifactFile | None = None

    def stage(self, name: str) -> StageRun | None:
        """Return the named stage's record; None if it has not run."""
        return next((stage for stage in self.stages if stage.name == name), None)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the run in `folder`; `RunError` if it is missing or damaged.

    One of a release that did not seal its manifests is taken as it reads.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"{folder} holds no run: {MANIFEST} cannot be read"
        raise RunError(message, hint="`keepone runs list` shows the runs there are.") from error
    hint = "Delete the run's folder and run again."
    seal = _SEAL.search(text)
    if seal and _sealed(text[: seal.start()] + b"\n}") != text:
        message = f"{path} is damaged: it does not hold what was written"
        raise RunError(message, hint=hint)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        message = f"{path} is damaged: {error.errors()[0]['msg']}"
        raise RunError(message, hint=hint) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into `folder` in one step."""
    text = _sealed(manifest.model_dump_json(indent=2).encode()).decode()
    write_text(folder / MANIFEST, text, private=True)


def _sealed(text: bytes) -> bytes:
    """Return a JSON object with its digest as one entry more."""
    digest = hashlib.sha256(text).hexdigest()
    return text.removesuffix(b"\n}") + f',\n  "sha256": "{digest}"\n}}\n'.encode()
