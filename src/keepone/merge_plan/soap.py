"""Merges as requests of the SOAP API, as JSON: for an integration that calls merge() itself.

A file is a list of calls; a call is what goes into one `merge()`. Each of its requests is a
transaction of its own, and those that share a master follow one another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from keepone.merge_plan.document import Group, Plan, Step
from keepone.merge_plan.tables import Limits
from keepone.merge_plan.targets import Target
from keepone.merge_plan.wire import Refusal, json_value, read_value

# Requests in a call (docs/salesforce.md names the source).
MOST_REQUESTS = 200


def write_requests(folder: Path, plan: Plan, limits: Limits) -> None:
    """Write the merges of a plan to `merge_requests.json`, or to numbered parts."""
    parts: list[Path] = []
    held: list[str] = []
    size = 0
    for call in _calls(plan):
        text = json.dumps(call, ensure_ascii=False)
        length = len(text.encode()) + len(",\n")
        if held and size + length > limits.bytes:
            parts.append(_write(folder, len(parts) + 1, held))
            held, size = [], 0
        held.append(text)
        size += length
    if held:
        parts.append(_write(folder, len(parts) + 1, held))
    if len(parts) == 1:
        parts[0].rename(folder / "merge_requests.json")


def _write(folder: Path, number: int, calls: list[str]) -> Path:
    path = folder / f"merge_requests_{number:03d}.json"
    path.write_text("[\n" + ",\n".join(calls) + "\n]\n", encoding="utf-8", newline="\n")
    return path


def _calls(plan: Plan) -> Iterator[dict[str, Any]]:
    targets = {target.column: target for target in plan.targets}
    steps = plan.steps()
    while call := [_request(*step, targets) for step in islice(steps, MOST_REQUESTS)]:
        yield {"merge": call}


def _request(group: Group, step: Step, targets: dict[str, Target]) -> dict[str, Any]:
    master: dict[str, Any] = {"type": "Account", "Id": group.master}
    emptied = []
    for column, text in step.values.items():
        if text is None:
            emptied.append(targets[column].api_name)
            continue
        value = read_value(targets[column], text)
        assert not isinstance(value, Refusal), "values that cannot be written are left out before"
        master[targets[column].api_name] = json_value(value)
    if emptied:
        master["fieldsToNull"] = emptied
    return {"masterRecord": master, "recordToMergeIds": step.duplicates}
