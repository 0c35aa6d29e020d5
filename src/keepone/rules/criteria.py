"""What speaks for a record as its group's primary: the criteria of the settings, read and checked.

A criterion is one of `rank`, `most_complete`, `oldest`, or COLUMN:max, COLUMN:min, COLUMN:rank,
COLUMN:present, where COLUMN is a header or a field name. `rank` and `oldest` fall away where the
file has no such column; a column that is named must be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.rules.relationship_ranks import rank_table
from keepone.settings import SurvivorshipSettings

How = Literal["rank", "most_complete", "oldest", "max", "min", "present"]
_NAMED: dict[str, How] = {"max": "max", "min": "min", "rank": "rank", "present": "present"}
_CREATED = "created_date"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: how records are compared, on which column, and what people call that column.

    `column` is the column of `inputs`, `field` that of `normalized` where the column was
    recognised; most_complete has neither.
    """

    how: How
    label: str = ""
    column: str = ""
    field: str | None = None


def criteria(settings: SurvivorshipSettings, fields: pa.Table) -> tuple[Criterion, ...]:
    """Return the criteria in order; raise `SettingsError` for one that cannot be applied."""
    read = [_criterion(text, settings, fields) for text in settings.criteria]
    return tuple(criterion for criterion in read if criterion is not None)


def _criterion(text: str, settings: SurvivorshipSettings, fields: pa.Table) -> Criterion | None:
    by_field = {row["field"]: row for row in fields.to_pylist() if row["field"] is not None}
    if text == "most_complete":
        return Criterion("most_complete")
    if text == "oldest":
        found = by_field.get(_CREATED)
        return found and Criterion("oldest", _CREATED, found["column"], _CREATED)
    if text == "rank":
        if settings.rank_column is not None:
            return _named("survivorship.rank_column", settings.rank_column, "rank", fields)
        for name in rank_table(settings.rank_table).fields:
            if name in by_field:
                return Criterion("rank", name, by_field[name]["column"], name)
        return None
    column, _, how = text.rpartition(":")
    if column and how in _NAMED:
        return _named(f"survivorship.criteria: {text!r}", column, _NAMED[how], fields)
    message = f"survivorship.criteria: {text!r} is no criterion"
    hint = "use rank, most_complete, oldest, or COLUMN:max, COLUMN:min, COLUMN:rank, COLUMN:present"
    raise SettingsError(message, hint=hint)


def _named(where: str, name: str, how: How, fields: pa.Table) -> Criterion:
    """Return the criterion on the column whose header, or else whose field name, is `name`."""
    for key in ("header", "field"):
        for row in fields.to_pylist():
            if row[key] == name:
                return Criterion(how, name, row["column"], row["field"])
    headers = ", ".join(repr(header) for header in fields.column("header").to_pylist())
    message = f"{where}: no column is called {name!r}"
    raise SettingsError(message, hint=f"the columns are {headers}")
