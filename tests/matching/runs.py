"""The stages up to the groups, run one after the other on a file in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import pyarrow as pa

from keepone import pipeline
from keepone.decision_tables import JUDGEMENTS
from keepone.engines.duckdb import DuckDBEngine
from keepone.readers import open_sources
from keepone.schema import TABLES
from keepone.settings import Settings
from keepone.stage import Stage

Made = dict[str, Any]

_SHIPPED = Settings()
_MATCHING = ("normalize", "block", "fit", "score", "cluster", "calibrate", "missed")
STAGES = tuple(stage for stage in pipeline.STAGES if stage.name in _MATCHING)
REFERENCES = tuple(
    replace(stage, run=getattr(import_module(f"keepone.reference.{stage.name}"), stage.name))
    for stage in STAGES
)
_READING = tuple(stage for stage in pipeline.STAGES if stage.name in ("ingest", "profile"))


def read(accounts: pa.Table, engine: DuckDBEngine) -> Made:
    """Return what ingest and profile make of a file."""
    sources = {"sources": open_sources(accounts, _SHIPPED.ingest)}
    return made_by(_READING, sources, engine)


def made_by(
    stages: Sequence[Stage], given: Made, engine: DuckDBEngine, settings: Settings = _SHIPPED
) -> Made:
    """Return what the stages make of what is given, those left out whose work is given already.

    Where no judgements are given, there are none.
    """
    known, made = {"judgements": JUDGEMENTS.empty()} | given, dict[str, Any]()
    for stage in stages:
        if known.keys() >= set(stage.reads) and stage.writes[0] not in known:
            reads = {name: known[name] for name in stage.reads}
            reads |= {name: getattr(settings, name) for name in stage.also}
            written = dict(stage.run(engine, getattr(settings, stage.name), **reads))
            known |= written
            made |= written
    return made


def assert_same_by_both(
    given: Made, engine: DuckDBEngine, settings: Settings = _SHIPPED, *, until: str = "missed"
) -> Made:
    """Hold what the stages make to what the references make, and return it.

    Tables and models are the same to the last digit. `until` names the last stage that is run.
    """
    last = _MATCHING.index(until) + 1
    ours = made_by(STAGES[:last], given, engine, settings)
    theirs = made_by(REFERENCES[:last], given, engine, settings)
    assert ours.keys() == theirs.keys()
    for name, table in ours.items():
        if isinstance(table, pa.Table):
            left, right = (TABLES[name].conform(each) for each in (table, theirs[name]))
            assert left.to_pylist() == right.to_pylist(), name
            assert left.schema == right.schema, name
        else:
            assert table == theirs[name], name
    return ours
