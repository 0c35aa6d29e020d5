"""Decide, judgement by judgement."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from keepone.decision_tables import BLACKLISTED, DECIDED, JUDGEMENTS
from keepone.settings import DecideSettings, ScoreSettings

_Line = dict[str, Any]


def decide(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: DecideSettings,  # noqa: ARG001 - there is nothing to set
    *,
    score: ScoreSettings,
    records: pa.Table,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    decisions: pa.Table,
    statements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `judgements`, `blacklisted` and `decided`, as the stage of this name promises."""
    row_of = {(line["dataset"], line["record_id"]): line["row"] for line in records.to_pylist()}
    told = {line["decision"]: line for line in decisions.to_pylist()}
    judgements, blacklisted = [], []
    for line in statements.to_pylist():
        said = told[line["decision"]]["said"]
        if line["kind"] == "blacklist":
            blacklisted.append({"term": line["value"], "said": said})
            continue
        row = row_of[line.pop("dataset"), line.pop("record_id")]
        judgements.append(line | {"row": row, "field": line["field"] or "", "said": said})
    judgements.sort(key=lambda line: (line["row"], line["kind"], line["number"], line["field"]))
    held = [line for line in judgements if line["kind"] == "same"]
    doubts = _Doubts(
        told,
        identifiers=[
            line["field"]
            for line in fields.to_pylist()
            if line["compared"] and line["type"] == "identifier"
        ],
        features={line["row"]: line for line in features.to_pylist()},
        equal_to={line["row"]: line["representative"] for line in distinct.to_pylist()},
        compared={(line["l"], line["r"]) for line in candidates.to_pylist()},
        scored={(line["l"], line["r"]): line["probability"] for line in scored.to_pylist()},
        review=round(score.review * 10_000),
    )
    for line in held:
        doubts.weigh(line, [other for other in held if other["number"] == line["number"]])
    decided = [doubts.verdict(line) for line in told.values()]
    return {
        "judgements": pa.Table.from_pylist(judgements, schema=JUDGEMENTS.arrow()),
        "blacklisted": pa.Table.from_pylist(
            sorted(blacklisted, key=lambda line: line["term"].encode()), schema=BLACKLISTED.arrow()
        ),
        "decided": pa.Table.from_pylist(decided, schema=DECIDED.arrow()),
    }


class _Doubts:
    """What speaks against the decisions."""

    def __init__(
        self,
        told: dict[int, _Line],
        *,
        identifiers: list[str],
        features: dict[int, _Line],
        equal_to: dict[int, int],
        compared: set[tuple[int, int]],
        scored: dict[tuple[int, int], int],
        review: int,
    ) -> None:
        self._told, self._identifiers, self._features = told, identifiers, features
        self._equal_to, self._compared, self._scored = equal_to, compared, scored
        self._review = review
        self._found: dict[int, list[str]] = {}

    def weigh(self, line: _Line, together: list[_Line]) -> None:
        """Note what speaks against holding one record together with the others of its set."""
        decision = self._told[line["decision"]]
        found = self._found.setdefault(line["decision"], [])
        for field in dict.fromkeys(self._identifiers):
            column = f"{field}.value"
            own = self._features[line["row"]].get(column)
            values = [self._features[other["row"]].get(column) for other in together]
            known = sorted((value for value in values if value is not None), key=str.encode)
            if own is not None and known[0] != known[-1] and not decision["knew_ids_differ"]:
                label = field.replace("_", " ")
                found.append(f"{label} {known[0]} against {known[-1]}")
        scores = []
        for other in together:
            ends = sorted(self._equal_to[each["row"]] for each in (line, other))
            pair = (ends[0], ends[1])
            if other["row"] != line["row"] and pair in self._compared:
                scores.append(self._scored.get(pair, 0))
        if scores and max(scores) < self._review and not decision["knew_low_score"]:
            best = max(scores)
            shown = f"{best // 10_000}.{best // 1_000 % 10}"
            found.append(f"matches the others at {shown} % at most")

    def verdict(self, decision: _Line) -> _Line:
        """Return the line of `decided` for a decision."""
        found = self._found.get(decision["decision"])
        columns = ("decision", "id", "kind", "author", "time", "said")
        line = {name: decision[name] for name in columns}
        if found:
            return line | {"status": "contradicted", "detail": min(found, key=str.encode)}
        if decision["overruled"] is not None:
            return line | {"status": "overruled", "detail": decision["overruled"]}
        return line | {"status": "applied", "detail": ""}
