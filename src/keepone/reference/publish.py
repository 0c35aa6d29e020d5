"""Publish, row by row: look everything up for one record, then sort."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.ids import group_id
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
    normalized: pa.Table,
    members: pa.Table,
    dispositions: pa.Table,
) -> dict[str, pa.Table]:
    """Return `review_ready` like the stage of that name."""
    record_of = _by_row(records)
    cells_of = _by_row(inputs)
    cleaned_of = _by_row(normalized)
    disposition_of = _by_row(dispositions)
    fields = [name for name in normalized.column_names if name != "row"]
    sources = headers.to_pylist()
    names = _names([source["header"] for source in sources], [f"field_{name}" for name in fields])

    text = [f"field_{name}" for name in fields] + [names[s["header"]] for s in sources]
    chosen = _chosen(settings.columns, text[: len(fields)], text)

    published = []
    for member in members.to_pylist():
        row = member["row"]
        line = _verdict(member, record_of, disposition_of[row])
        for name in fields:
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
    return {"review_ready": pa.Table.from_pylist(published, schema=schema)}


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
