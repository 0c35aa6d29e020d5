"""Publish, row by row: look everything up for one record, then sort."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.golden_tables import GOLDEN_RECORDS
from keepone.ids import group_id
from keepone.rules.golden import Part, golden_parts
from keepone.schema import REVIEW_READY
from keepone.settings import PublishSettings

_VERDICT = [column.name for column in REVIEW_READY.columns]


def publish(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: PublishSettings,
    *,
    records: pa.Table,
    headers: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    golden: pa.Table,
    dispositions: pa.Table,
) -> dict[str, pa.Table]:
    """Return `review_ready` and `golden_records` like the stage of that name."""
    record_of = _by_row(records)
    cells_of = _by_row(inputs)
    cleaned_of = _by_row(normalized)
    disposition_of = _by_row(dispositions)
    known = [name for name in normalized.column_names if name != "row"]
    sources = headers.to_pylist()
    names = _names([source["header"] for source in sources], [f"field_{name}" for name in known])

    text = [f"field_{name}" for name in known] + [names[s["header"]] for s in sources]
    chosen = _chosen(settings.columns, text[: len(known)], text)

    published = []
    for member in members.to_pylist():
        row = member["row"]
        line = _verdict(member, record_of, disposition_of[row])
        for name in known:
            if f"field_{name}" in chosen:
                line[f"field_{name}"] = cleaned_of[row][name]
        for source in sources:
            if names[source["header"]] in chosen:
                line[names[source["header"]]] = cells_of[row][source["column"]]
        line["source_file"] = record_of[row]["source_file"]
        published.append(line)
    published.sort(key=lambda line: (line["group_id"], line["record_id"]))

    schema = pa.schema(
        [
            *REVIEW_READY.arrow(),
            *(pa.field(name, pa.string()) for name in text if name in chosen),
            pa.field("source_file", pa.string()),
        ]
    )
    return {
        "review_ready": pa.Table.from_pylist(published, schema=schema),
        "golden_records": _golden_records(
            published, members, golden, golden_parts(fields), (record_of, cells_of)
        ),
    }


def _golden_records(
    published: list[dict[str, Any]],
    members: pa.Table,
    golden: pa.Table,
    parts: list[Part],
    known: tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]],
) -> pa.Table:
    """Return a line per group: the golden values, or those of the record that is alone in it.

    `known` are the lines of `records` and of `inputs`, by row.
    """
    record_of, cells_of = known
    names = _golden_names([part.header for part in parts])
    values = {(line["group"], line["column"]): line for line in golden.to_pylist()}
    kept = {record_of[member["row"]]["record_id"]: member for member in members.to_pylist()}
    lines = []
    for verdict in published:
        if not verdict["is_primary"]:
            continue
        member = kept[verdict["record_id"]]
        line = {name: verdict[name] for name in ("group_id", "group_size", "primary_id")}
        for part, name in zip(parts, names, strict=True):
            cells = [cells_of[member["row"]][column] for column in part.columns]
            own = next((cell for cell in cells if cell is not None), None)
            best = values.get((member["group"], part.column))
            if member["size"] == 1:
                line[name] = own
            elif best is not None:
                line[name] = best["value"]
                line[f"{name} strategy"] = best["strategy"]
                if best["source"] is not None:
                    line[f"{name} from"] = record_of[best["source"]]["record_id"]
                line[f"{name} beat"] = " | ".join(each["value"] for each in best["beaten"]) or None
        lines.append(line)
    told = [f"{name} {what}" for name in names for what in ("from", "strategy", "beat")]
    schema = GOLDEN_RECORDS.arrow()
    for name in (*names, *told):
        schema = schema.append(pa.field(name, pa.string()))
    return pa.Table.from_pylist(lines, schema=schema)


def _golden_names(headers: list[str]) -> list[str]:
    """Return what each column is called: its header, with input_ before it as often as needed."""
    used = ["group_id", "group_size", "primary_id"]
    names = []
    for header in headers:
        name = header
        while set(used) & {f"{name}{end}".lower() for end in ("", " from", " strategy", " beat")}:
            name = "input_" + name
        used += [f"{name}{end}".lower() for end in ("", " from", " strategy", " beat")]
        names.append(name)
    return names


def _chosen(columns: tuple[str, ...], fields: list[str], text: list[str]) -> set[str]:
    """Return those of the text columns that the settings want."""
    chosen: set[str] = set()
    for column in columns:
        if column == "all":
            chosen.update(text)
        elif column == "review":
            chosen.update(fields)
        elif column in text:
            chosen.add(column)
        elif column not in (*_VERDICT, "source_file"):
            there = ", ".join([*_VERDICT, *text, "source_file"])
            message = f"publish.columns: review_ready has no column {column!r}"
            raise SettingsError(message, hint=f"Name all, review, or any of {there}.")
    return chosen


def _by_row(table: pa.Table) -> dict[int, dict[str, Any]]:
    return {line["row"]: line for line in table.to_pylist()}


def _verdict(
    member: dict[str, Any], record_of: dict[int, dict[str, Any]], disposition: dict[str, Any]
) -> dict[str, Any]:
    founder = record_of[member["group"]]
    probability, weight = member["probability"], member["weight"]
    return {
        "record_id": record_of[member["row"]]["record_id"],
        "group_id": group_id(founder["dataset"], founder["record_id"]),
        "group_size": member["size"],
        "is_primary": member["row"] == member["primary"],
        "primary_id": record_of[member["primary"]]["record_id"],
        "score": None if probability is None else ((probability + 50) // 100) / 100,
        "disposition": disposition["disposition"],
        "reason": disposition["reason"],
        "proposed_disposition": disposition["proposed_disposition"],
        "match_probability": None if probability is None else probability / 1_000_000,
        "match_weight": None if weight is None else weight / 1000,
    }


def _names(headers: list[str], fields: list[str]) -> dict[str, str]:
    """Give each header its published name: its own where free, else with input_ before it."""
    reserved = {name.lower() for name in [*_VERDICT, *fields, "source_file"]}
    names: dict[str, str] = {}
    for header in headers:
        others = {name.lower() for name in names.values()}
        if header.lower() not in reserved | others:
            names[header] = header
    for header in headers:
        if header not in names:
            name = "input_" + header
            while name.lower() in reserved | {other.lower() for other in names.values()}:
                name = "input_" + name
            names[header] = name
    return names
