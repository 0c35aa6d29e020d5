"""What a person chooses when they start a run: files, what their columns are, and thresholds."""

from __future__ import annotations

import json
import subprocess
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from keepone.config import load_settings
from keepone.errors import InputError, RunError
from keepone.plan import utc_now
from keepone.processes import command_of, environment
from keepone.review.jobs import Order
from keepone.review.uploads import Uploads
from keepone.rules.columns import column_rules
from keepone.runs import check_run_id, new_run_id
from keepone.settings import Settings

_MOST_FILES = 20
_MOST_COLUMNS = 2_000
# A preview that takes longer keeps nobody from starting the run.
_PREVIEW_SECONDS = 120

_Id = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
_Header = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_Headers = Annotated[list[_Header], Field(max_length=_MOST_COLUMNS)]
_Percent = Annotated[float, Field(ge=0, le=100)]


class Choices(BaseModel):
    """How files are to be read and compared; what is left out is found, or as in docs/settings.md.

    `map` is field to columns, `ignore` columns that are not compared, `link` the column that names
    each record's source (or `source_file`), where no source holds a company twice. `children` are
    uploads that show what points to the records. The thresholds are percents.
    """

    model_config = ConfigDict(extra="forbid")

    uploads: Annotated[list[_Id], Field(min_length=1, max_length=_MOST_FILES)]
    children: Annotated[list[_Id], Field(max_length=_MOST_FILES)] = []
    id_column: _Header | None = None
    map: Annotated[dict[_Header, _Headers], Field(max_length=_MOST_COLUMNS)] = {}
    ignore: _Headers = []
    link: _Header | None = None
    review: _Percent | None = None
    join: _Percent | None = None
    auto: _Percent | None = None

    def settings(self) -> dict[str, Any]:
        """Return the settings that say so, as a settings file would."""
        given: dict[tuple[str, str], Any] = {
            ("ingest", "id_column"): self.id_column,
            ("profile", "map"): self.map or None,
            ("profile", "ignore"): self.ignore or None,
            ("profile", "link"): self.link,
            ("score", "review"): self.review,
            ("cluster", "join"): self.join,
            ("disposition", "auto"): self.auto,
        }
        tree: dict[str, Any] = {}
        for (stage, name), value in given.items():
            if value is not None:
                tree.setdefault(stage, {})[name] = value
        return tree


class RunAsked(Choices):
    """A run to start; without a name it gets one by the time."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""


class InspectedColumn(BaseModel):
    """A column as a run would take it."""

    header: str
    field: str | None
    type: str
    why: str
    left_out: str
    compared: bool
    filled_share: float
    examples: list[str]


class Inspected(BaseModel):
    """What a run would make of files: how many records, rejects by reason, and the columns."""

    records: int
    rejects: dict[str, int]
    notes: list[str]
    columns: list[InspectedColumn]


def field_names() -> list[str]:
    """Return the fields that a column can be taken for."""
    return sorted(set(column_rules().canonical.values()))


def order_of(asked: RunAsked, uploads: Uploads, by: str) -> Order:
    """Return the order for a run; raises a `UserError` for what a run could not take."""
    run_id = check_run_id(asked.name) if asked.name else new_run_id()
    order = Order(
        run_id=run_id,
        by=by,
        started=utc_now(),
        uploads=asked.uploads,
        files=[path.name for path in uploads.paths(asked.uploads)],
        children=asked.children,
        settings=asked.settings(),
    )
    settings_of(order, uploads, decisions=None)
    return order


def settings_of(order: Order, uploads: Uploads, decisions: str | None) -> Settings:
    """Return the settings of an order; `SettingsError` for what cannot be one."""
    children = [str(path) for path in uploads.paths(order.children)]
    return load_settings(order.settings, children=children or None, decisions=decisions)


def inspect_uploads(asked: Choices, uploads: Uploads) -> Inspected:
    """Return what a run would take the columns for, found in a process of its own.

    Raises `InputError` with what that process says of files and settings, and where it takes long.
    """
    order = {
        "paths": [str(path.resolve()) for path in uploads.paths(asked.uploads)],
        "settings": asked.settings(),
    }
    try:
        done = subprocess.run(  # noqa: S603  # nosec B603  # our own module; what is told is its input
            command_of("keepone.review.preview"),
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=_PREVIEW_SECONDS,
            check=False,
            env=environment(),
        )
    except subprocess.TimeoutExpired as error:
        message = f"the preview took longer than {_PREVIEW_SECONDS} seconds"
        raise InputError(message, hint="Start the run without it.") from error
    if done.returncode:
        message = "the preview failed: " + done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise RunError(message, hint="Start the run without it.")
    told = json.loads(done.stdout)
    if "error" in told:
        raise InputError(told["error"], hint=told["hint"])
    return Inspected.model_validate(told)
