"""What speaks for a record as its group's primary: the criteria of the settings, read and checked.

A criterion is one of `rank`, `most_complete`, `oldest`, or COLUMN:max, COLUMN:min, COLUMN:rank,
COLUMN:present, where COLUMN is a header or a field name. `rank` and `oldest` fall away where the
file has no such column; a column that is named must be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.fields import columns_by_field
from keepone.rules.relationship_ranks import rank_table
from keepone.settings import SurvivorshipSettings

How = Literal["rank", "most_complete", "oldest", "max", "min", "present"]
_NAMED: dict[str, How] = {"max": "max", "min": "min", "rank": "rank", "present": "present"}
_CREATED = "created_date"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: how records are compared, on which field, and what people call that.

    `columns` are the columns of `inputs` that it stands on, `field` is that of `normalized` where
    it was recognised; most_complete has neither.
    """

    how: How
    label: str = ""
    columns: tuple[str, ...] = ()
    field: str | None = None


def criteria(settings: SurvivorshipSettings, fields: pa.Table) -> tuple[Criterion, ...]:
    """Return the criteria in order; raise `SettingsError` for one that cannot be applied."""
    read = [_criterion(text, settings, fields) for text in settings.criteria]
    return tuple(criterion for criterion in read if criterion is not None)


def _criterion(text: str, settings: SurvivorshipSettings, fields: pa.Table) -> Criterion | None:
    if text == "most_complete":
        return Criterion("most_complete")
    if text == "oldest":
        return _first_there("oldest", (_CREATED,), fields)
    if text == "rank":
        if settings.rank_column is not None:
            return _named("survivorship.rank_column", settings.rank_column, "rank", fields)
        return _first_there("rank", rank_table(settings.rank_table).fields, fields)
    column, _, how = text.rpartition(":")
    if column and how in _NAMED:
        return _named(f"survivorship.criteria: {text!r}", column, _NAMED[how], fields)
    message = f"survivorship.criteria: {text!r} is no criterion"
    hint = "use rank, most_complete, oldest, or COLUMN:max, COLUMN:min, COLUMN:rank, COLUMN:present"
    raise SettingsError(message, hint=hint)


def _first_there(how: How, names: Sequence[str], fields: pa.Table) -> Criterion | None:
    """Return the criterion on the first of the fields that the file has."""
    by_field = columns_by_field(fields)
    name = next((name for name in names if name in by_field), None)
    return None if name is None else Criterion(how, name, by_field[name], name)


def _named(where: str, name: str, how: How, fields: pa.Table) -> Criterion:
    """Return the criterion on the column whose header, or else whose field name, is `name`.

    Where the column's field has further columns, in other files, it is on all of them.
    """
    by_field = columns_by_field(fields)
    for key in ("header", "field"):
        for row in fields.to_pylist():
            if row[key] == name:
                columns = by_field.get(row["field"], (row["column"],))
                return Criterion(how, name, columns, row["field"])
    headers = ", ".join(repr(header) for header in fields.column("header").to_pylist())
    message = f"{where}: no column is called {name!r}"
    raise SettingsError(message, hint=f"the columns are {headers}")
