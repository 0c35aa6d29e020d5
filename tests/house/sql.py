"""Every statement that the stages run on a small export, as snapshots that people review.

`python -m tests.house.sql` writes tests/sql anew, one file per stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepone.children import ChildExports
from keepone.decisions import RecordKey
from keepone.decisions.decision import same
from keepone.decisions.effective import Decided
from keepone.engine import Engine, Scope
from keepone.engines.duckdb import DuckDBEngine
from keepone.pipeline import STAGES
from keepone.readers import open_sources
from keepone.settings import Settings

ACCOUNTS = Path(__file__).with_name("accounts.csv")
SNAPSHOTS = Path(__file__).parents[1] / "sql"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it ran: what its result was called, its text, its parameters' names."""

    name: str
    sql: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as the snapshot shows it."""
        taken = f" ({', '.join('$' + name for name in self.parameters)})" if self.parameters else ""
        return f"-- {self.name}{taken}\n{self.sql};\n"


class _RecordingScope:
    """Passes everything on and remembers the statements."""

    def __init__(self, scope: Scope, statements: list[Statement]) -> None:
        self._scope = scope
        self._statements = statements

    def table(self, name: str, sql: str, params: Mapping[str, Any] | None = None) -> None:
        self._record(f"table {name}", sql, params)
        self._scope.table(name, sql, params)

    def add(self, name: str, table: pa.Table) -> None:
        self._scope.add(name, table)

    def drop(self, *names: str) -> None:
        self._scope.drop(*names)

    def fetch(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        self._record("fetched", sql, params)
        return self._scope.fetch(sql, params)

    def _record(self, name: str, sql: str, params: Mapping[str, Any] | None) -> None:
        statement = Statement(name, sql.strip(), tuple(sorted(params or ())))
        if statement not in self._statements:
            self._statements.append(statement)


class RecordingEngine:
    """An engine that keeps the text of what it ran, each statement once, in order."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.statements: list[Statement] = []
        self.name = engine.name
        self.threads = engine.threads
        self.batch_rows = engine.batch_rows
        self.shelf = engine.shelf

    @contextmanager
    def scope(self, **tables: pa.Table) -> Iterator[Scope]:
        """Open a recording scope."""
        with self._engine.scope(**tables) as scope:
            yield _RecordingScope(scope, self.statements)


def statements_by_stage() -> dict[str, list[Statement]]:
    """Run all stages over the small export and return what each ran; stages without SQL are out."""
    settings = Settings()
    artifacts: dict[str, Any] = {
        "sources": open_sources(ACCOUNTS, settings.ingest),
        "child_exports": ChildExports(),
    }
    engine = DuckDBEngine(threads=1)
    found = {}
    try:
        for number, stage in enumerate(STAGES, start=1):
            recording = RecordingEngine(engine)
            if "decisions" in stage.reads:
                artifacts |= _decided(artifacts["records"])
            slices = {name: getattr(settings, name) for name in stage.also}
            reads = {name: artifacts[name] for name in stage.reads}
            artifacts |= stage.run(recording, getattr(settings, stage.name), **slices, **reads)
            if recording.statements:
                found[f"{number:02d}_{stage.name}"] = recording.statements
    finally:
        engine.close()
    return found


def _decided(records: pa.Table) -> dict[str, pa.Table]:
    """Return that the first two records are one company, as the run gets it."""
    keys = [RecordKey.of(each) for each in records.column("record_id").to_pylist()[:2]]
    effective = Decided([same("A. Quill", keys)]).effective(records)
    return {"decisions": effective.decisions, "statements": effective.statements}


def render(statements: list[Statement]) -> str:
    """Return the snapshot of one stage."""
    return "\n".join(map(str, statements))


def write_snapshots() -> None:
    """Replace the files in tests/sql."""
    SNAPSHOTS.mkdir(exist_ok=True)
    for old in SNAPSHOTS.glob("*.sql"):
        old.unlink()
    for name, statements in statements_by_stage().items():
        (SNAPSHOTS / f"{name}.sql").write_text(render(statements), encoding="utf-8")


if __name__ == "__main__":
    write_snapshots()
