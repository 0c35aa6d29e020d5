"""Disposition, record by record: look up the facts, ask the rules in order."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa

from keepone.reference.likeness import edits, likeness, parts_of, share_value, shortened
from keepone.reference.record_names import called, names_of
from keepone.rules.blacklist import fold
from keepone.rules.dispositions import SHORTEST_ALIAS, SHORTEST_SHARED, VERDICTS
from keepone.rules.relations import BASES, BRANCH, NAME, PARENT, PARENT_ID, PLACE
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL
from keepone.schema import VERDICTS as VERDICTS_TABLE
from keepone.settings import DispositionSettings, RelateSettings

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
    relations: pa.Table,
    children: pa.Table,
    relate: RelateSettings,
    judgements: pa.Table,
    blacklisted: pa.Table,
    left_out: pa.Table,
) -> dict[str, pa.Table]:
    """Return `verdicts`, as the stage of the same name promises."""
    known = _Known(
        settings,
        records=records,
        fields=fields,
        normalized=normalized,
        features=features,
        flags=flags,
        members=members,
        relations=relations,
        children=children,
        checked=bool(relate.children),
        judgements=judgements,
        blacklist=(*settings.blacklist, *blacklisted.column("term").to_pylist()),
        left_out=left_out,
    )
    lines: list[_Line] = []
    for member in members.to_pylist():
        facts, details = known.facts(member), known.details(member)
        rule = next(rule for rule in VERDICTS if rule.holds(facts))
        lines.append(
            {
                "row": member["row"],
                "disposition": known.label(rule.disposition),
                "rule": rule.name,
                "reason": rule.explain(details),
                "proposed_disposition": known.label(rule.proposed),
            }
        )
    return {"verdicts": pa.Table.from_pylist(lines, schema=VERDICTS_TABLE.arrow())}


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
        relations: pa.Table,
        children: pa.Table,
        checked: bool,
        judgements: pa.Table,
        blacklist: tuple[str, ...],
        left_out: pa.Table,
    ) -> None:
        self._checked = checked
        self._max_group = settings.max_group
        self._separate = settings.branches == "separate"
        self._relations: dict[int, list[_Line]] = {}
        for line in relations.to_pylist():
            self._relations.setdefault(line["row"], []).append(line)
        self._children: dict[int, list[str]] = {}
        for line in children.to_pylist():
            said = f"{line['kind']}: {line['children']}"
            self._children.setdefault(line["row"], []).append(said)
        self._auto = round(settings.auto * 10_000)
        self._labels: dict[str, str] = {str(name): word for name, word in settings.labels.items()}
        self._ids = {line["row"]: line["record_id"] for line in records.to_pylist()}
        self._features = {line["row"]: line for line in features.to_pylist()}
        self._members = {line["row"]: line for line in members.to_pylist()}
        self._unfinished = {
            self._members[row]["group"] for row in left_out.column("row").to_pylist()
        }
        self._compared = {
            line["field"]: line["type"] for line in fields.to_pylist() if line["compared"]
        }
        self._names = names_of(fields, normalized)
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
        kin = self._kin(row)
        basis, kind = (kin["basis"], kin["kind"]) if kin else (None, None)
        forms_differ = bool(member["conflicts"] & CONFLICT_LEGAL)
        proven = row != primary and bool(self._proof(row, primary))
        return {
            "unchecked": not self._checked,
            "referred": row in self._children,
            "hierarchy": basis == PARENT_ID,
            "name_of_relative": basis == NAME and (kind != BRANCH or self._separate),
            "elsewhere": basis == PLACE and self._separate,
            "names_differ": row != primary and self._are_strangers(row, primary),
            "large_group": size > self._max_group,
            "decided_keep": decided == "Keep",
            "decided_merge": decided == "Merge",
            "decided_delete": decided == "Delete",
            "decided_verify": decided == "Verify",
            "settled": row != primary and member["weight"] is None and self._junk[primary] is None,
            "junk": self._junk[row] is not None,
            "alone": size == 1,
            "all_junk": not any(self._needs_primary(other) for other in group),
            "needed": size > 1
            and row == primary
            and any(self._needs_primary(other) for other in group),
            "several_companies": "several_companies" in self._flags.get(row, {}),
            "alias_elsewhere": self._alias_elsewhere(row) is not None,
            "weak": row != primary and member["probability"] < self._auto,
            "ids_differ": bool(member["conflicts"] & CONFLICT_IDS),
            "legal_forms_differ": forms_differ and not proven,
            "legal_forms_settled": forms_differ and proven,
            "countries_differ": bool(member["conflicts"] & CONFLICT_COUNTRY),
            "primary_is_junk": row != primary and self._junk[primary] is not None,
            "suspicious": self._suspicion(row) is not None,
            "unfinished": member["group"] in self._unfinished,
            "primary": size > 1 and row == primary,
            "duplicate": row != primary,
        }

    def _needs_primary(self, member: _Line) -> bool:
        """Whether a record's group may not be deleted whole: its name, or a person, is against."""
        row = member["row"]
        merged = row != member["primary"] and self._decided.get(row, {}).get("value") == "Merge"
        return self._junk[row] is None or merged

    def details(self, member: _Line) -> dict[str, str]:
        """Return what the reasons may say about a record."""
        row = member["row"]
        alias, other = self._alias_elsewhere(row) or ("", row)
        probability = member["probability"] or 0
        decided = self._decided[row]["said"] if row in self._decided else None
        kin = self._kin(row) or {"kind": "", "other": row, "why": ""}
        return {
            "children": ", ".join(sorted(self._children.get(row, []), key=str.encode)),
            "relation": "the parent" if kin["kind"] == PARENT else f"a {kin['kind']}",
            "relative": self._called(kin["other"]),
            "why": kin["why"],
            "proof": self._proof(row, member["primary"]),
            "decided": decided or self._held.get(row, ""),
            "junk": self._junk[row] or "",
            "size": str(member["size"]),
            "several": shortened(self._flags.get(row, {}).get("several_companies", "")),
            "alias": shortened(alias),
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
            return f'is a placeholder ("{shortened(seen["placeholder_name"])}")'
        return None

    def _suspicion(self, row: int) -> str | None:
        seen = {f: detail for f, detail in self._flags.get(row, {}).items() if f not in _OWN_RULES}
        if not seen:
            return None
        flag = min(seen)
        said = flag.replace("_", " ")
        return f"{said}: {shortened(seen[flag])}" if seen[flag] else said

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
        return called(self._names[row], self._ids[row])

    def _alike(self, row: int, primary: int) -> str:
        found: dict[str, list[str]] = {"same": [], "similar": [], "different": []}
        for field in self._compared:
            like = self._like(row, primary, field)
            if like is not None:
                found[like].append(field.replace("_", " "))
        said = [f"{word} {', '.join(which)}" for word, which in found.items() if which]
        return "; ".join(said) or "no compared field is filled in both"

    def _like(
        self, row: int, primary: int, field: str
    ) -> Literal["same", "similar", "different"] | None:
        ours, theirs = self._features[row], self._features[primary]
        return likeness(ours, theirs, field, self._compared[field])

    def _of(self, *types: str) -> list[str]:
        return [field for field, kind in self._compared.items() if kind in types]

    def _proof(self, row: int, primary: int) -> str:
        ours, theirs = self._features[row], self._features[primary]
        ids = [f for f in self._of("identifier") if share_value(ours, theirs, [f], "value")]
        if ids:
            return ", ".join(field.replace("_", " ") for field in ids)
        one_domain = share_value(ours, theirs, self._of("web"), "value") or share_value(
            ours, theirs, self._of("email"), "domain"
        )
        if one_domain and share_value(ours, theirs, self._of("phone"), "value"):
            return "web domain and phone"
        return "legal form" if share_value(ours, theirs, self._compared, "legal") else ""

    def _are_strangers(self, row: int, primary: int) -> bool:
        named = [
            f for f in self._of("organisation", "person") if f"{f}.tokens" in self._features[row]
        ]
        reached = self._of("identifier", "phone", "web", "email")
        ours, theirs = self._features[row], self._features[primary]
        if (
            not named
            or self._like(row, primary, named[0]) != "different"
            or share_value(ours, theirs, reached, "value", "domain")
        ):
            return False
        tokens = [line[f"{named[0]}.tokens"] for line in (ours, theirs)]
        words = [_all_words(line, named[0]) for line in (ours, theirs)]
        texts = ["".join(each) for each in tokens]
        if set(words[0]) & set(words[1]):
            return False
        for one, other in ((0, 1), (1, 0)):
            whole = "".join(words[other])
            if any(len(word) >= SHORTEST_SHARED and word in whole for word in words[one]):
                return False
            initials = "".join(word[:1] for word in tokens[other])
            if len(tokens[one]) == 1 and len(texts[one]) > 2 and edits(initials, texts[one]) <= 1:
                return False
        return 2 * edits(*texts) > max(map(len, texts))

    def _kin(self, row: int) -> _Line | None:
        """Return the surest relation of a duplicate to a record of its group."""
        member = self._members[row]
        if row == member["primary"]:
            return None
        found = [
            line
            for line in self._relations.get(row, [])
            if self._members[line["other"]]["group"] == member["group"]
        ]
        return min(
            found,
            key=lambda line: (
                BASES.index(line["basis"]),
                line["other"] != member["primary"],
                line["other"],
            ),
            default=None,
        )

    def _differences(self, row: int, primary: int, part: str, field_type: str | None) -> str:
        said = []
        for field, its_type in self._compared.items():
            if field_type not in (None, its_type):
                continue
            for ours in parts_of(self._features[row], field, part):
                (theirs,) = parts_of(self._features[primary], field, part)
                if ours is not None and theirs is not None and ours != theirs:
                    label = f"{field.replace('_', ' ')} " if its_type == "identifier" else ""
                    said.append(f"{label}{shortened(ours)} against {shortened(theirs)}")
        return ", ".join(said) or "between records that link them"


def _all_words(line: _Line, field: str) -> list[str]:
    """Return the words of the name and of the further names."""
    names = [each for each in parts_of(line, field, "tokens", "aliases") if each is not None]
    return " ".join(" ".join(words) for words in names).split(" ")
