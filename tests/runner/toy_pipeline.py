"""A toy pipeline: every stage small and obvious, every artifact as the schema wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepone.engines.duckdb import DuckDBEngine
from keepone.ids import group_id
from keepone.machine import Machine
from keepone.plan import make_plan
from keepone.progress import Progress, Silence
from keepone.runner import Runner
from keepone.runs import Run, opened
from keepone.schema import TABLES
from keepone.settings import ScoreSettings, Settings
from keepone.shelf import MEMORY
from keepone.stage import Stage
from keepone.stages.publish import publish

NAMES = ("Acme Inc", "ACME", "Borealis Ltd", "", "Acme, Incorporated")


@dataclass(slots=True)
class ToySource:
    """A list of names that stands for a file."""

    names: tuple[str, ...] = NAMES
    name: str = "toy.csv"
    rows: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()

    @property
    def size(self) -> int:
        return len("\n".join(self.names))


def table(name: str, rows: Sequence[Mapping[str, Any]], *extra: str) -> pa.Table:
    """Return rows as the table `name`, with further text columns `extra`."""
    schema = TABLES[name].arrow()
    for column in extra:
        schema = schema.append(pa.field(column, pa.string()))
    return pa.Table.from_pylist(list(rows), schema=schema)


def ingest(_engine: object, _settings: object, *, sources: Sequence[ToySource]) -> dict[str, Any]:
    accepted = []
    rejected = []
    for source in sources:
        source.rows = len(source.names)
        source.notes.append("read as a toy")
        for line, name in enumerate(source.names, start=2):
            if name:
                accepted.append((source.name, f"r{line:02d}", name))
            else:
                rejected.append((source.name, line))
    return {
        "records": table(
            "records",
            [
                {"row": row, "dataset": "", "record_id": record_id, "source_file": file}
                for row, (file, record_id, _) in enumerate(accepted)
            ],
        ),
        "inputs": table(
            "inputs",
            [{"row": row, "c000": name} for row, (_, _, name) in enumerate(accepted)],
            "c000",
        ),
        "headers": table("headers", [{"column": "c000", "header": "Name"}]),
        "rejects": table(
            "rejects",
            [
                {
                    "file": file,
                    "source_row": line,
                    "code": "empty_row",
                    "message": "the row is empty",
                    "raw": "",
                }
                for file, line in rejected
            ],
        ),
    }


def profile(_engine: object, _settings: object, *, inputs: pa.Table) -> dict[str, Any]:
    line = {
        "column": "c000",
        "header": "Name",
        "field": "name",
        "type": "organisation",
        "filled": inputs.num_rows,
        "distinct": inputs.num_rows,
        "compared": True,
        "why": "header",
    }
    return {"fields": table("fields", [line])}


def normalize(_engine: object, _settings: object, *, inputs: pa.Table) -> dict[str, Any]:
    rows = [
        {"row": one["row"], "name": one["c000"].lower().split()[0].strip(",")}
        for one in inputs.to_pylist()
    ]
    distinct = [{"row": one["row"], "representative": one["row"]} for one in rows]
    return {
        "normalized": table("normalized", rows, "name"),
        "distinct": table("distinct", distinct),
    }


def block(_engine: object, _settings: object, *, normalized: pa.Table) -> dict[str, Any]:
    names = normalized.column("name").to_pylist()
    pairs = [
        {"l": left, "r": right, "keys": 1}
        for left, name in enumerate(names)
        for right in range(left + 1, len(names))
        if names[right] == name
    ]
    key = {
        "key": 0, "name": "name", "blocks": len(set(names)), "pairs": len(pairs),
        "alone": len(pairs), "cost": len(pairs), "capped_blocks": 2, "capped_pairs": 30,
        "lost_pairs": 20, "cap": 3,
    }  # fmt: skip
    return {"candidates": table("candidates", pairs), "blocking": table("blocking", [key])}


def fit(_engine: object, _settings: object, *, candidates: pa.Table) -> dict[str, Any]:
    return {"model": {"weight": 7000, "pairs": candidates.num_rows, "levels": (1, 2)}}


def score(
    _engine: object, _settings: object, *, candidates: pa.Table, model: dict[str, Any]
) -> dict[str, Any]:
    assert model["levels"] == [1, 2]  # as JSON says it, whether held or read back
    rows = [
        {
            **pair, "weight": model["weight"], "probability": 970_000,
            "model_probability": 960_000, "conflicts": 0,
        }
        for pair in candidates.drop_columns("keys").to_pylist()
    ]  # fmt: skip
    step = {"weight": model["weight"], "share": 970_000, "pairs": len(rows)}
    return {"pairs": table("pairs", rows), "calibration": table("calibration", [step])}


def cluster(_engine: object, settings: Any, *, normalized: pa.Table) -> dict[str, Any]:
    first: dict[str, int] = {}
    rows = []
    for one in normalized.to_pylist():
        name = one["name"] if settings.join < 97 else f"{one['name']} {one['row']}"
        rows.append({"row": one["row"], "group": first.setdefault(name, one["row"])})
    return {"groups": table("groups", rows)}


def survivorship(_engine: object, _settings: object, *, groups: pa.Table) -> dict[str, Any]:
    founders = groups.column("group").to_pylist()
    rows = [
        {
            "row": row,
            "group": founder,
            "size": founders.count(founder),
            "primary": founder,
            "criterion": "record id",
            "probability": None if row == founder else 970_000,
            "weight": None if row == founder else 7000,
            "conflicts": 0,
        }
        for row, founder in enumerate(founders)
    ]
    return {"members": table("members", rows)}


def golden(_engine: object, _settings: object, *, members: pa.Table) -> dict[str, Any]:
    rows = [
        {
            "group": one["row"],
            "column": "c000",
            "value": "Acme",
            "source": one["row"],
            "strategy": "primary",
            "beaten": [{"row": one["row"] + 1, "value": "ACME"}],
            "gained": False,
            "changed": True,
        }
        for one in members.to_pylist()
        if one["size"] > 1 and one["row"] == one["primary"]
    ]
    field = {
        "column": "c000", "strategy": "primary", "groups": len(rows), "differ": len(rows),
        "gained": 0, "changed": len(rows),
    }  # fmt: skip
    return {"golden": table("golden", rows), "golden_fields": table("golden_fields", [field])}


def disposition(
    _engine: object, _settings: object, *, score: ScoreSettings, members: pa.Table
) -> dict[str, Any]:
    rows = [
        {
            "row": one["row"],
            "disposition": "Keep" if one["row"] == one["primary"] else "Merge",
            "rule": "primary" if one["row"] == one["primary"] else "duplicate",
            "reason": f"reviewed from {score.review:g}",
            "proposed_disposition": None,
        }
        for one in members.to_pylist()
    ]
    return {"dispositions": table("dispositions", rows)}


def group_stats(
    _engine: object, _settings: object, *, records: pa.Table, members: pa.Table
) -> dict[str, Any]:
    keys = records.to_pylist()
    rows = [
        {
            "group_id": group_id(keys[one["group"]]["dataset"], keys[one["group"]]["record_id"]),
            "size": one["size"],
            "primary_id": keys[one["primary"]]["record_id"],
            "keep": 1,
            "enrich": 0,
            "merge": one["size"] - 1,
            "delete": 0,
            "verify": 0,
            "flags": "",
            "review_priority": 0.0,
        }
        for one in members.to_pylist()
        if one["row"] == one["primary"]
    ]
    return {"group_stats": table("group_stats", sorted(rows, key=itemgetter("group_id")))}


def missed(_engine: object, _settings: object, *, groups: pa.Table) -> dict[str, Any]:
    parts = {"all": 5, "within groups": 3, "between linked groups": 2, "apart": 0}
    rows = [
        {"part": part, "pairs": pairs, "low": pairs // 2, "high": pairs + groups.num_rows}
        for part, pairs in parts.items()
    ]
    return {"missed": table("missed", rows)}


def relate(_engine: object, _settings: object, *, groups: pa.Table) -> dict[str, Any]:
    seen = [(0, "parent", 1), (1, "subsidiary", 0)] if groups.num_rows > 1 else []
    lines = [
        {"row": row, "other": other, "kind": kind, "basis": "parent id", "why": "toy"}
        for row, kind, other in seen
    ]
    return {"relations": table("relations", lines)}


PUBLISHED_FROM = (
    "records", "headers", "inputs", "fields", "normalized", "members", "golden", "dispositions"
)  # fmt: skip

STAGES = (
    Stage("ingest", ingest, ("sources",), ("records", "inputs", "headers", "rejects")),
    Stage("profile", profile, ("inputs",), ("fields",)),
    Stage("normalize", normalize, ("inputs",), ("normalized", "distinct")),
    Stage("block", block, ("normalized",), ("candidates", "blocking")),
    Stage("fit", fit, ("candidates",), ("model",)),
    Stage("score", score, ("candidates", "model"), ("pairs", "calibration")),
    Stage("cluster", cluster, ("normalized",), ("groups",)),
    Stage("survivorship", survivorship, ("groups",), ("members",)),
    Stage("relate", relate, ("groups",), ("relations",)),
    Stage("golden", golden, ("members",), ("golden", "golden_fields")),
    Stage("disposition", disposition, ("members",), ("dispositions",), also=("score",)),
    Stage("group_stats", group_stats, ("records", "members"), ("group_stats",)),
    Stage("publish", publish, PUBLISHED_FROM, ("review_ready", "golden_records")),
    Stage("missed", missed, ("groups",), ("missed",)),
)
ALL = tuple(stage.name for stage in STAGES)


def replaced(name: str, run: Callable[..., Mapping[str, Any]]) -> tuple[Stage, ...]:
    """Return the toy stages with another function for the stage `name`."""
    return tuple(replace(stage, run=run) if stage.name == name else stage for stage in STAGES)


def run_toy(
    workspace: Path,
    *sources: ToySource,
    run_id: str = "toy",
    settings: Settings | None = None,
    stages: Sequence[Stage] = STAGES,
    render: Callable[[Path], str] = lambda _: "<title>toy</title>",
    machine: Machine | None = None,
    redo_from: str | None = None,
    progress: Progress | None = None,
) -> Run:
    """Take toy sources through toy stages, as `pipeline.run` does with real ones."""
    settings = settings or Settings()
    machine = machine or Machine(threads=2, memory=10**9)
    with opened(workspace, run_id) as folder:
        plan = make_plan(folder, stages, sources or (ToySource(),), settings, redo_from=redo_from)
        if plan.is_done:
            return Run(folder)
        engine = DuckDBEngine(threads=machine.threads)
        with Runner(plan, machine, MEMORY, render) as runner:
            return Run(folder, runner.run(engine, progress or Silence()))
