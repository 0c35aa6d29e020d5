"""What a group is worth to whoever reviews it: the greatest value of its records, or 1.

The value is a number in a column that the settings name, such as revenue: digits, with a sign of
currency, commas between thousands and a decimal point if need be. What is below 1 or no such number
counts as 1, so that a group without a value comes after those that have one.
"""

from __future__ import annotations

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.fields import columns_by_field
from keepone.settings import GroupStatsSettings

# What is left out of a cell before it is read, and what then is a number: of its whole part.
NOISE = "[$€£, ]"
NUMBER = "^([0-9]{1,15})([.][0-9]*)?$"


def value_columns(settings: GroupStatsSettings, fields: pa.Table) -> tuple[str, ...]:
    """Return the columns of `inputs` that hold the value; none where none is named.

    A column is named by its header, or else by its field. Raises `SettingsError` where there is no
    such column.
    """
    name = settings.value_column
    if name is None:
        return ()
    together = columns_by_field(fields)
    for key in ("header", "field"):
        for row in fields.to_pylist():
            if row[key] == name:
                columns: tuple[str, ...] = together.get(row["field"], (row["column"],))
                return columns
    message = f"group_stats.value_column: no column is called {name!r}"
    headers = ", ".join(repr(header) for header in fields.column("header").to_pylist())
    raise SettingsError(message, hint=f"The columns are {headers}.")
