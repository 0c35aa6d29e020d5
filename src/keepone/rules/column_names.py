"""Names the fields: what one dataset calls by two names is two fields, what two do may be one."""

from __future__ import annotations

from collections.abc import Mapping

from keepone.rules.column_evidence import ColumnEvidence
from keepone.rules.column_mapping import META_FIELDS
from keepone.rules.column_types import MAIN_NAMES, Typing, canonical_field
from keepone.rules.columns import column_rules, meaning, slug


def name_columns(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    given: Mapping[str, str | None],
) -> dict[str, str]:
    """Return a field name for each column that is neither the record id nor ignored.

    `given` are the names that the settings give. In one dataset, names are unique: the best column
    of a type takes the canonical name, the others are called after their headers. Columns of
    datasets that have nothing in common share a name where both take the same canonical one, or
    where type and header agree.
    """
    names = _Names(typings, evidence)
    for column, field in given.items():
        if field is not None:
            names.take(field, column)
    open_columns = [
        column
        for column, typing in typings.items()
        if typing.type not in ("ignored", "record_id") and column not in names.of_column
    ]

    def rank(column: str) -> tuple[int, int, int]:
        typing, seen = typings[column], evidence[column]
        return (-typing.strength, -seen.filled, -seen.distinct)

    for column in sorted(open_columns, key=rank):
        field = canonical_field(typings[column])
        stands = field is not None and _stands(column, typings, evidence)
        if field is not None and stands and names.is_free(field, column):
            names.take(field, column)
    for column in open_columns:
        if column not in names.of_column:
            names.take(names.after_header(column), column)
    return names.of_column


class _Names:
    """The names taken so far, and by which columns."""

    def __init__(
        self, typings: Mapping[str, Typing], evidence: Mapping[str, ColumnEvidence]
    ) -> None:
        self.of_column: dict[str, str] = {}
        self._typings, self._evidence = typings, evidence
        self._columns: dict[str, list[str]] = {}
        self._reserved = {*column_rules().canonical.values(), *META_FIELDS, "birth_date"}
        self._meant: dict[tuple[str, str], list[str]] = {}

    def take(self, field: str, column: str) -> None:
        self.of_column[column] = field
        self._columns.setdefault(field, []).append(column)

    def is_free(self, field: str, column: str) -> bool:
        """Return whether no column of the same dataset, or of another type, has the name."""
        return all(
            self._typings[other].type == self._typings[column].type
            and not self._evidence[other].datasets & self._evidence[column].datasets
            for other in self._columns.get(field, ())
        )

    def after_header(self, column: str) -> str:
        """Return the name of columns of other datasets that mean the same, else a new one."""
        header = self._evidence[column].header
        same = self._meant.setdefault((self._typings[column].type, meaning(header) or column), [])
        for field in same:
            if self.is_free(field, column):
                return field
        base = slug(header) or column
        field, number = base, 2
        while field in self._columns or field in self._reserved:
            field, number = f"{base}_{number}", number + 1
        same.append(field)
        return field


def _stands(
    column: str, typings: Mapping[str, Typing], evidence: Mapping[str, ColumnEvidence]
) -> bool:
    """Return whether a column may take its canonical name, if that is free.

    What only its values make a name is not the record's name beside a column of the same dataset
    whose header says so; a column that is minor is it only where nothing else names the records.
    """
    typing = typings[column]
    if typing.type not in MAIN_NAMES:
        return not typing.minor
    named = [
        typings[other].strength
        for other, seen in evidence.items()
        if _is_name(typings[other]) and seen.datasets & evidence[column].datasets
    ]
    return not named or (not typing.minor and (typing.strength > 0 or not any(named)))


def _is_name(typing: Typing) -> bool:
    return typing.type in MAIN_NAMES and not typing.minor
