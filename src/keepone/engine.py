"""What a stage may ask of the machine that runs its SQL.

A stage gets an `Engine` and Arrow tables, and gives Arrow tables back. Everything it makes on the
way lives in a `Scope` and is gone when the scope ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa

from keepone.shelf import Shelf


def quote(identifier: str) -> str:
    """Return `identifier` quoted for SQL; the one place where identifiers enter a statement."""
    return '"' + identifier.replace('"', '""') + '"'


class Scope(Protocol):
    """Tables that live as long as one stage's `with engine.scope(...)` block."""

    def table(self, name: str, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Create the temporary table `name` from a SELECT."""
        ...

    def add(self, name: str, table: pa.Table) -> None:
        """Make the Arrow table readable under `name`, without a copy."""
        ...

    def drop(self, *names: str) -> None:
        """Drop temporary tables before the scope ends, to have their memory back."""
        ...

    def fetch(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a SELECT and return its whole result."""
        ...


class Engine(Protocol):
    """Runs statements over tables; threads and memory are its own business."""

    @property
    def name(self) -> str:
        """The engine's name, as settings and manifests spell it."""
        ...

    @property
    def threads(self) -> int:
        """How many threads kernels may use beside the SQL; never changes a result."""
        ...

    @property
    def batch_rows(self) -> int:
        """How many records a stage may take at a time; never changes a result."""
        ...

    @property
    def shelf(self) -> Shelf:
        """Where a stage keeps tables that grow with the width of the input."""
        ...

    def scope(self, **tables: pa.Table) -> AbstractContextManager[Scope]:
        """Open a scope in which each of `tables` is readable under its name."""
        ...
