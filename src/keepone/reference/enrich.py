"""Enrich, primary by primary: put what the golden record has more into the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepone.reference.likeness import shortened
from keepone.reference.record_names import called, names_of
from keepone.rules.dispositions import ENRICH, GAIN_SHOWN, MOST_GAINS, PRIMARY
from keepone.schema import DISPOSITIONS
from keepone.settings import DispositionSettings, EnrichSettings

_Line = dict[str, Any]


def enrich(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: EnrichSettings,  # noqa: ARG001 - there is nothing to set
    *,
    disposition: DispositionSettings,
    records: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    golden: pa.Table,
    verdicts: pa.Table,
) -> dict[str, pa.Table]:
    """Return `dispositions`, as the stage of the same name promises."""
    names, ids = names_of(fields, normalized), records.to_pylist()
    known = {line["row"]: called(names[line["row"]], line["record_id"]) for line in ids}
    labels = {
        line["column"]: (line["field"] or line["header"]).replace("_", " ")
        for line in fields.to_pylist()
    }
    chosen: dict[int, list[_Line]] = {}
    for line in golden.to_pylist():
        if line["gained"] or line["changed"]:
            chosen.setdefault(line["group"], []).append(line)
    member_of = {line["row"]: line for line in members.to_pylist()}
    lines = []
    for verdict in sorted(verdicts.to_pylist(), key=lambda line: int(line["row"])):
        member = member_of[verdict["row"]]
        gained = chosen.get(member["group"], [])
        if verdict["rule"] == PRIMARY.name and gained:
            details = {
                "size": str(member["size"]),
                "criterion": member["criterion"],
                "gains": _gains(gained, labels, known),
            }
            verdict |= {
                "disposition": disposition.labels.get(ENRICH.disposition, ENRICH.disposition),
                "rule": ENRICH.name,
                "reason": ENRICH.explain(details),
            }
        lines.append(verdict)
    return {"dispositions": pa.Table.from_pylist(lines, schema=DISPOSITIONS.arrow())}


def _gains(gained: Sequence[_Line], labels: dict[str, str], known: dict[int, str]) -> str:
    """Return what a primary gains, and from whom; values of one giver stand together."""
    order = [*labels]
    gained = sorted(gained, key=lambda line: order.index(line["column"]))
    given: dict[str, list[str]] = {}
    for line in gained[:MOST_GAINS]:
        source, value = line["source"], line["value"]
        label = labels[line["column"]]
        if value is None:
            given.setdefault("", []).append(f"{label} left empty")
            continue
        giver = "several records" if source is None else known[source]
        shown = shortened(re.sub("[ \t\r\n]+", " ", value).strip(" "), GAIN_SHOWN)
        instead = " instead of its own" if line["changed"] else ""
        given.setdefault(f" from {giver}", []).append(f'{label} "{shown}"{instead}')
    listed = "; ".join(f"{', '.join(values)}{giver}" for giver, values in given.items())
    more = len(gained) - MOST_GAINS
    return f"{listed} and {more} more" if more > 0 else listed
