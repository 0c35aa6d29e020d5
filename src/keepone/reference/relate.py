"""Relations, pair by pair: who names whom as parent, whose name says more, who is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from keepone.reference.likeness import likeness, share_value
from keepone.relation_tables import CHILDREN, RELATED, RELATIONS
from keepone.rules.relations import (
    BASES,
    BRANCH,
    BRAND,
    KINDS,
    NAME,
    PARENT_ID,
    PLACE,
    SAME_BRAND,
    SEEN_FROM_OTHER,
    SUBSIDIARY,
    parent_columns,
    relation_words,
)
from keepone.settings import RelateSettings
from keepone.stage import ChildReader

_Line = dict[str, Any]
# The smaller row, the larger, place of the basis, kind of the smaller, why.
_Reason = tuple[int, int, int, str, str]


def relate(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: RelateSettings,  # noqa: ARG001 - names the child exports, which are opened by the run
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    possible_matches: pa.Table,
    child_exports: ChildReader,
) -> dict[str, pa.Table]:
    """Return `relations`, `related` and `children`, as the stage of the same name promises."""
    pointing = list(_pointing(records, inputs, fields))
    reasons = [
        _seen_from_smaller(row, parent, PARENT_ID, SUBSIDIARY, f"{header} says so")
        for row, parent, header in pointing
    ]
    reasons += _Pairs(fields, features, flags, members, possible_matches).reasons()
    surest: dict[tuple[int, int], _Reason] = {}
    for reason in sorted(reasons, key=lambda one: (one[2], one[3], one[4].encode())):
        surest.setdefault(reason[:2], reason)
    lines: list[_Line] = []
    for left, right, basis, kind, why in surest.values():
        for row, other, seen in ((left, right, kind), (right, left, SEEN_FROM_OTHER[kind])):
            lines.append(
                {"row": row, "other": other, "kind": seen, "basis": BASES[basis], "why": why}
            )
    lines.sort(key=lambda line: (line["row"], line["other"]))
    pointers = child_exports.pointers(records.column("record_id"))
    return {
        "relations": pa.Table.from_pylist(lines, schema=RELATIONS.arrow()),
        "related": _related(records, members, lines),
        "children": _children(records, pointing, pointers),
    }


def _related(records: pa.Table, members: pa.Table, lines: list[_Line]) -> pa.Table:
    ids = {line["row"]: line["record_id"] for line in records.to_pylist()}
    groups = {line["row"]: line["group"] for line in members.to_pylist()}
    related = [
        {
            "record_id": ids[line["row"]],
            "kind": line["kind"],
            "related_id": ids[line["other"]],
            "basis": line["basis"],
            "why": line["why"],
            "same_group": groups[line["row"]] == groups[line["other"]],
        }
        for line in lines
    ]
    related.sort(key=lambda line: (line["record_id"].encode(), line["related_id"].encode()))
    return pa.Table.from_pylist(related, schema=RELATED.arrow())


def _seen_from_smaller(row: int, other: int, basis: str, kind: str, why: str) -> _Reason:
    if row > other:
        row, other, kind = other, row, SEEN_FROM_OTHER[kind]
    return row, other, BASES.index(basis), kind, why


def _pointing(
    records: pa.Table, inputs: pa.Table, fields: pa.Table
) -> Iterator[tuple[int, int, str]]:
    """Yield the record, its parent, and the header of the column that names the parent."""
    dataset_of: dict[int, str] = {}
    rows: dict[tuple[str, str], int] = {}
    for line in records.sort_by("row").to_pylist():
        dataset = dataset_of[line["row"]] = line["dataset"]
        own = line["record_id"]
        if dataset and own.startswith(f"{dataset}:"):
            own = own.removeprefix(f"{dataset}:")
        for spelling in [own, own[:15]] if len(own) == 18 else [own]:
            rows.setdefault((dataset, spelling), line["row"])
    cells = inputs.to_pylist()
    for column, header in parent_columns(fields):
        for line in cells:
            key = (dataset_of[line["row"]], (line[column] or "").strip(" "))
            if key in rows and rows[key] != line["row"]:
                yield line["row"], rows[key], header


def _children(
    records: pa.Table, pointing: list[tuple[int, int, str]], pointers: pa.Table
) -> pa.Table:
    referring: dict[tuple[int, str], set[Any]] = {}
    rows = {line["record_id"]: line["row"] for line in records.to_pylist()}
    for pointer in pointers.to_pylist():
        if pointer["kind"] != SUBSIDIARY:
            key = (rows[pointer["parent_id"]], pointer["kind"])
            referring.setdefault(key, set()).add(pointer["child_id"])
    for row, parent, _ in pointing:
        referring.setdefault((parent, SUBSIDIARY), set()).add(row)
    lines = [
        {"row": row, "kind": kind, "children": len(found)}
        for (row, kind), found in sorted(
            referring.items(), key=lambda item: (item[0][0], item[0][1].encode())
        )
    ]
    return pa.Table.from_pylist(lines, schema=CHILDREN.arrow())


class _Pairs:
    """Records that may be related by name or place, two at a time."""

    def __init__(
        self,
        fields: pa.Table,
        features: pa.Table,
        flags: pa.Table,
        members: pa.Table,
        possible_matches: pa.Table,
    ) -> None:
        self._features = {line["row"]: line for line in features.to_pylist()}
        self._types = {
            line["field"]: line["type"] for line in fields.to_pylist() if line["compared"]
        }
        self._placeholders = {
            line["row"] for line in flags.to_pylist() if line["flag"] == "placeholder_name"
        }
        self._members = members.sort_by("row").to_pylist()
        self._possible = possible_matches.to_pylist()
        self._named = next(iter(self._of("organisation")), None)

    def reasons(self) -> Iterator[_Reason]:
        """Yield every reason to hold two of them related."""
        if self._named is None:
            return
        for member in self._members:
            if member["row"] != member["primary"]:
                yield from self._by_name(member["row"], member["primary"])
                if self._elsewhere(member["row"], member["primary"]):
                    why = self._places(member["row"], member["primary"])
                    yield self._reason(member["row"], member["primary"], PLACE, BRANCH, why)
        for pair in self._possible:
            yield from self._by_name(pair["l"], pair["r"])
        heads: dict[str, int] = {}
        for member in self._members:
            row = member["row"]
            tokens = self._tokens(row)
            if row != member["primary"] or tokens is None or row in self._placeholders:
                continue
            head = heads.setdefault(" ".join(tokens), row)
            if head != row and self._elsewhere(row, head):
                web = self._share(row, head, "web")
                said = "same name and web site" if web else "same name"
                why = f"{said}, {self._places(row, head)}"
                yield self._reason(row, head, BRAND, BRANCH if web else SAME_BRAND, why)

    @staticmethod
    def _reason(row: int, other: int, basis: str, kind: str, why: str) -> _Reason:
        return _seen_from_smaller(row, other, basis, kind, why)

    def _by_name(self, row: int, other: int) -> Iterator[_Reason]:
        mine, others = self._tokens(row), self._tokens(other)
        if mine is None or others is None:
            return
        beyond = [word for word in mine if word not in others]
        lacking = [word for word in others if word not in mine]
        if bool(beyond) == bool(lacking):
            return
        added = beyond or lacking
        words = [relation_words()[word] for word in added if word in relation_words()]
        if len(words) < len(added) or self._share(row, other, "identifier"):
            return
        if any(word.unit for word in words) or not self._at_one_site(row, other):
            kind = KINDS[min(KINDS.index(word.kind) for word in words)]
            longer, shorter = (row, other) if beyond else (other, row)
            yield self._reason(longer, shorter, NAME, kind, f'one name adds "{" ".join(added)}"')

    def _at_one_site(self, row: int, other: int) -> bool:
        ours, theirs = self._features[row], self._features[other]
        at_number = any(
            self._like(row, other, field) in {"same", "similar"}
            and share_value(ours, theirs, [field], "number")
            for field in self._of("street")
        )
        towns = [
            *(self._city_like(row, other, field) for field in self._of("city")),
            *(self._code_like(row, other, field) for field in self._of("postal_code")),
        ]
        in_one_town = not {"same", "similar"}.isdisjoint(towns)
        return (
            self._share(row, other, "identifier", "phone", "email")
            or at_number
            or (in_one_town and "street" not in self._apart(row, other))
        )

    def _elsewhere(self, row: int, other: int) -> bool:
        assert self._named is not None
        streets = {self._like(row, other, field) for field in self._of("street")}
        return (
            self._like(row, other, self._named) in {"same", "similar"}
            and not self._share(row, other, "identifier", "phone", "email")
            and streets.isdisjoint({"same", "similar"})
            and len(self._apart(row, other)) >= 2
        )

    def _places(self, row: int, other: int) -> str:
        return f"different {', '.join(self._apart(row, other))}"

    def _apart(self, row: int, other: int) -> list[str]:
        """Return the parts of a place that are filled in both records and nowhere alike."""
        likes = {
            "street": [self._like(row, other, field) for field in self._of("street")],
            "city": [self._city_like(row, other, field) for field in self._of("city")],
            "postal code": [
                self._code_like(row, other, field) for field in self._of("postal_code")
            ],
        }
        return [part for part, found in likes.items() if set(found) - {None} == {"different"}]

    def _like(self, row: int, other: int, field: str) -> str | None:
        return likeness(self._features[row], self._features[other], field, self._types[field])

    def _city_like(self, row: int, other: int, field: str) -> str | None:
        ours, theirs = (self._features[one][f"{field}.value"] or "" for one in (row, other))
        if ours and theirs and (ours.startswith(f"{theirs} ") or theirs.startswith(f"{ours} ")):
            return "similar"
        return self._like(row, other, field)

    def _code_like(self, row: int, other: int, field: str) -> str | None:
        if f"{field}.short" not in self._features[row]:
            return self._like(row, other, field)
        ours, theirs = (
            self._features[one][f"{field}.short"] or self._features[one][f"{field}.value"]
            for one in (row, other)
        )
        if ours is None or theirs is None:
            return None
        return "same" if ours == theirs else "different"

    def _share(self, row: int, other: int, *types: str) -> bool:
        return share_value(self._features[row], self._features[other], self._of(*types), "value")

    def _of(self, *types: str) -> list[str]:
        return [field for field, kind in self._types.items() if kind in types]

    def _tokens(self, row: int) -> list[str] | None:
        tokens: list[str] | None = self._features[row][f"{self._named}.tokens"]
        return tokens
