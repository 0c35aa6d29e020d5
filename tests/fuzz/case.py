"""A malformed file, as bytes, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One file: its suffix and bytes, and the settings it is read with.

    `rows` is how many rows it holds below its header, where that is known by how it was made; all
    of them must be told as records and rejects if the file can be read.
    """

    kind: str
    suffix: str
    content: bytes
    rows: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)


Maker = Callable[[Random], Case]
