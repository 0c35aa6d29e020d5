"""Disposition, record by record: look up the facts, ask the rules in order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from rapidfuzz.distance import Levenshtein

from keepone.ids import name_fields
from keepone.rules.blacklist import fold
from keepone.rules.dispositions import RULES, SHORTEST_ALIAS
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, DISPOSITIONS
from keepone.settings import DispositionSettings

_Line = dict[str, Any]
_OWN_RULES = ("placeholder_name", "several_companies")


def disposition(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: DispositionSettings,
    *,
    records: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    judgements: pa.Table,
    blacklisted: pa.Table,
) -> dict[str, pa.Table]:
    """Return `dispositions`, as the stage of the same name promises."""
    known = _Known(
        settings,
        records=records,
        fields=fields,
        normalized=normalized,
        features=features,
        flags=flags,
        members=members,
        judgements=judgements,
        blacklist=(*settings.blacklist, *blacklisted.column("term").to_pylist()),
    )
    lines: list[_Line] = []
    for member in members.to_pylist():
        facts, details = known.facts(member), known.details(member)
        rule = next(rule for rule in RULES if rule.holds(facts))
        lines.append(
            {
                "row": member["row"],
                "disposition": known.label(rule.disposition),
                "rule": rule.name,
                "reason": rule.explain(details),
                "proposed_disposition": known.label(rule.proposed),
            }
        )
    return {"dispositions": pa.Table.from_pylist(lines, schema=DISPOSITIONS.arrow())}


class _Known:
    """All that is known about the records, by row."""

    def __init__(
        self,
        settings: DispositionSettings,
        *,
        records: pa.Table,
        fields: pa.Table,
        normalized: pa.Table,
        features: pa.Table,
        flags: pa.Table,
        members: pa.Table,
        judgements: pa.Table,
        blacklist: tuple[str, ...],
    ) -> None:
        self._auto = round(settings.auto * 10_000)
        self._labels: dict[str, str] = {str(name): word for name, word in settings.labels.items()}
        self._ids = {line["row"]: line["record_id"] for line in records.to_pylist()}
        self._features = {line["row"]: line for line in features.to_pylist()}
        self._members = {line["row"]: line for line in members.to_pylist()}
        self._compared = {
            line["field"]: line["type"] for line in fields.to_pylist() if line["compared"]
        }
        self._names = {
            line["row"]: " ".join(
                line[field] for field in name_fields(fields) if line[field] is not None
            ).strip(" ")
            for line in normalized.to_pylist()
        }
        self._flags: dict[int, dict[str, str]] = {}
        for line in flags.to_pylist():
            self._flags.setdefault(line["row"], {})[line["flag"]] = line["detail"]
        self._junk = {row: self._junk_of(row, blacklist) for row in self._names}
        self._decided: dict[int, _Line] = {}
        self._held: dict[int, str] = {}
        self._parted: dict[int, set[int]] = {}
        for line in judgements.to_pylist():
            row = line["row"]
            if line["kind"] == "disposition":
                self._decided[row] = line
            elif line["kind"] == "same":
                self._held[row] = line["said"]
            elif line["kind"] == "apart":
                group = self._members[row]["group"]
                self._parted.setdefault(group, set()).add(line["number"])
        # A name stands for its group only where one group alone has it.
        self._named = next(
            (field for field in self._compared if f"{field}.aliases" in features.column_names), None
        )
        self._groups_by_name: dict[str, set[int]] = {}
        if self._named is not None:
            for row, line in self._features.items():
                tokens = line[f"{self._named}.tokens"]
                if tokens is not None:
                    name = " ".join(tokens)
                    group = self._members[row]["group"]
                    self._groups_by_name.setdefault(name, set()).add(group)

    def label(self, disposition: str | None) -> str | None:
        """Return what the settings call a disposition."""
        return disposition and self._labels.get(disposition, disposition)

    def facts(self, member: _Line) -> dict[str, bool]:
        """Return whether each fact holds for a record."""
        row, primary, size = member["row"], member["primary"], member["size"]
        group = [other for other in self._members.values() if other["group"] == member["group"]]
        decided = self._decided[row]["value"] if row in self._decided else None
        return {
            "decided_keep": decided == "Keep",
            "decided_merge": decided == "Merge",
            "decided_delete": decided == "Delete",
            "decided_verify": decided == "Verify",
            "settled": row != primary and member["weight"] is None and self._junk[primary] is None,
            "junk": self._junk[row] is not None,
            "alone": size == 1,
            "all_junk": all(self._junk[other["row"]] is not None for other in group),
            "needed": size > 1
            and row == primary
            and any(self._junk[other["row"]] is None for other in group),
            "several_companies": "several_companies" in self._flags.get(row, {}),
            "alias_elsewhere": self._alias_elsewhere(row) is not None,
            "weak": row != primary and member["probability"] < self._auto,
            "ids_differ": bool(member["conflicts"] & CONFLICT_IDS),
            "legal_forms_differ": bool(member["conflicts"] & CONFLICT_LEGAL),
            "countries_differ": bool(member["conflicts"] & CONFLICT_COUNTRY),
            "primary_is_junk": row != primary and self._junk[primary] is not None,
            "suspicious": self._suspicion(row) is not None,
            "primary": size > 1 and row == primary,
            "duplicate": row != primary,
        }

    def details(self, member: _Line) -> dict[str, str]:
        """Return what the reasons may say about a record."""
        row = member["row"]
        alias, other = self._alias_elsewhere(row) or ("", row)
        probability = member["probability"] or 0
        decided = self._decided[row]["said"] if row in self._decided else None
        return {
            "decided": decided or self._held.get(row, ""),
            "junk": self._junk[row] or "",
            "size": str(member["size"]),
            "several": _short(self._flags.get(row, {}).get("several_companies", "")),
            "alias": _short(alias),
            "elsewhere": self._called(other),
            "primary": self._called(member["primary"]),
            "criterion": member["criterion"],
            "probability": f"{probability // 10_000}.{probability // 1_000 % 10} %",
            "alike": self._alike(row, member["primary"]),
            "ids": self._differences(row, member["primary"], "value", "identifier"),
            "legal_forms": self._differences(row, member["primary"], "legal", None),
            "countries": self._differences(row, member["primary"], "value", "country"),
            "suspicion": self._suspicion(row) or "",
        }

    def _junk_of(self, row: int, blacklist: tuple[str, ...]) -> str | None:
        name = f" {fold(self._names[row])} "
        for term in blacklist:
            if f" {fold(term)} " in name:
                return f'holds the blacklisted term "{term}"'
        seen = self._flags.get(row, {})
        if "placeholder_name" in seen:
            return f'is a placeholder ("{_short(seen["placeholder_name"])}")'
        return None

    def _suspicion(self, row: int) -> str | None:
        seen = {f: detail for f, detail in self._flags.get(row, {}).items() if f not in _OWN_RULES}
        if not seen:
            return None
        flag = min(seen)
        said = flag.replace("_", " ")
        return f"{said}: {_short(seen[flag])}" if seen[flag] else said

    def _alias_elsewhere(self, row: int) -> tuple[str, int] | None:
        if self._named is None:
            return None
        found = []
        for alias in self._features[row][f"{self._named}.aliases"] or ():
            groups = self._groups_by_name.get(alias, set())
            if (
                len(alias) >= SHORTEST_ALIAS
                and len(groups) == 1
                and self._members[row]["group"] not in groups
            ):
                (group,) = groups
                own = self._members[row]["group"]
                if self._parted.get(own, set()) & self._parted.get(group, set()):
                    continue
                found.append((alias, self._members[group]["primary"]))
        return min(found, default=None)

    def _called(self, row: int) -> str:
        name = self._names[row]
        return f'"{_short(name)}" ({self._ids[row]})' if name else str(self._ids[row])

    def _values(self, row: int, field: str, *parts: str) -> list[Any]:
        line = self._features[row]
        return [line[f"{field}.{part}"] for part in parts if f"{field}.{part}" in line]

    def _alike(self, row: int, primary: int) -> str:
        same: list[str] = []
        similar: list[str] = []
        different: list[str] = []
        for field in self._compared:
            ours = self._values(row, field, "tokens", "people", "value", "number")
            theirs = self._values(primary, field, "tokens", "people", "value", "number")
            both = list(zip(ours, theirs, strict=True))
            if any(a is not None and b is not None and a != b for a, b in both):
                near = all(
                    _are_near(a, b, self._compared[field])
                    for a, b in both
                    if a is not None and b is not None
                )
                (similar if near else different).append(field.replace("_", " "))
            elif ours == theirs and any(value is not None for value in ours):
                same.append(field.replace("_", " "))
        said = [
            f"{word} {', '.join(which)}"
            for word, which in (("same", same), ("similar", similar), ("different", different))
            if which
        ]
        return "; ".join(said) or "no compared field is filled in both"

    def _differences(self, row: int, primary: int, part: str, field_type: str | None) -> str:
        said = []
        for field, its_type in self._compared.items():
            if field_type not in (None, its_type):
                continue
            for ours in self._values(row, field, part):
                (theirs,) = self._values(primary, field, part)
                if ours is not None and theirs is not None and ours != theirs:
                    label = f"{field.replace('_', ' ')} " if its_type == "identifier" else ""
                    said.append(f"{label}{_short(ours)} against {_short(theirs)}")
        return ", ".join(said) or "between records that link them"


def _are_near(ours: Any, theirs: Any, field_type: str) -> bool:
    if isinstance(ours, list):
        shared = 2 * len(set(ours) & set(theirs)) >= min(len(ours), len(theirs))
        return shared or _spelt_alike(" ".join(ours), " ".join(theirs))
    if field_type in ("city", "given_name", "family_name"):
        return _spelt_alike(ours, theirs)
    return bool(ours == theirs)


def _spelt_alike(ours: str, theirs: str) -> bool:
    # DuckDB counts edits of bytes.
    edits = Levenshtein.distance(ours.encode(), theirs.encode())
    return 4 * edits <= min(len(ours), len(theirs))


def _short(value: str) -> str:
    return value[:79] + "…" if len(value) > 80 else value
