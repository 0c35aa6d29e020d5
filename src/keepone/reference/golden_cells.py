"""The cells that golden records are chosen of, and what people decided of them, row by row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepone.ids import name_fields
from keepone.reference.field_values import folded
from keepone.rules.blank_cells import blank_words, filler_pattern
from keepone.rules.golden import Part, date_part, golden_units, part_called, source_part
from keepone.settings import GoldenSettings

_Line = dict[str, Any]
# Types in whose values case and punctuation say something.
_EXACT = (
    "region", "postal_code", "country", "phone", "email", "web", "date", "number", "identifier",
    "meta", "ignored",
)  # fmt: skip


class Known:
    """What is known about the records, by row."""

    def __init__(self, settings: GoldenSettings, fields: pa.Table, flags: pa.Table) -> None:
        self.settings, self.fields = settings, fields
        self.parts = [part for unit in golden_units(settings, fields) for part in unit.parts]
        self.flags: dict[int, set[str]] = {}
        for line in flags.to_pylist():
            self.flags.setdefault(line["row"], set()).add(line["flag"])
        self._names = name_fields(fields)

    def decide(self, judgements: pa.Table) -> None:
        """Take in what people decided of fields, the newest last."""
        self._decided = [
            (part_called(line["field"], self.parts), line["row"], line["value"])
            for line in sorted(judgements.to_pylist(), key=lambda each: int(each["decision"]))
            if line["kind"] == "value"
        ]

    def decided(self, part: Part, rows: Sequence[int]) -> str | None:
        """Return what was decided last of a field of these records, None if nothing was."""
        told = [value for about, row, value in self._decided if about == part and row in rows]
        return told[-1] if told else None

    def read(self, **tables: pa.Table) -> None:
        """Take in the tables with a line per record."""
        self._tables = {
            name: {line["row"]: line for line in table.to_pylist()}
            for name, table in tables.items()
        }

    def given(self, row: int, part: Part) -> str | None:
        """Return the cell as it came."""
        line = self._tables["inputs"][row]
        return next((line[each] for each in part.columns if line[each] is not None), None)

    def text(self, row: int, part: Part) -> str | None:
        """Return the cell as it came, None where it is blank or says nothing."""
        given = self.given(row, part)
        words = folded(given or "")
        if not words or words in blank_words(part.type):
            return None
        if re.match(filler_pattern(part.type), words.replace(" ", "")):
            return None
        if part.field in self._names and "placeholder_name" in self.flags.get(row, ()):
            return None
        return given

    def plain(self, row: int, part: Part) -> str:
        """Return the cell as normalising left it, or as it came."""
        return (self.cleaned(row, part) or self.given(row, part) or "").strip()

    def cleaned(self, row: int, part: Part) -> str | None:
        """Return the cell as normalising left it; of a street the parts that were read."""
        if part.field is None:
            return None
        features = self._tables["features"][row]
        if f"{part.field}.unit" in features:
            number, tokens, unit = (
                features[f"{part.field}.{name}"] for name in ("number", "tokens", "unit")
            )
            street = f"{number or ''}/{' '.join(tokens or ())}/{unit or ''}"
            return None if street == "//" else street
        cleaned: str | None = self._tables["normalized"][row][part.field]
        return cleaned

    def said(self, row: int, part: Part) -> str:
        """Return what the cell says: equal for cells that say the same."""
        plain = self.plain(row, part)
        return plain if part.type in _EXACT else folded(plain) or plain

    def day(self, row: int, *, latest: bool) -> str | None:
        """Return the date that makes a record the latest or the oldest."""
        part = date_part(self.settings, self.fields, latest=latest)
        text = (self.given(row, part) if part.field is None else self.cleaned(row, part)) or ""
        return text if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None

    def place_of_source(self, row: int) -> int:
        """Return the place of a record's source in the settings, the last for all others."""
        part = source_part(self.settings, self.fields)
        source = (
            self._tables["records"][row]["source_file"] if part is None else self.given(row, part)
        )
        sources = self.settings.sources
        name = (source or "").strip()
        return sources.index(name) if name in sources else len(sources)
