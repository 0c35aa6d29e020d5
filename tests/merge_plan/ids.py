"""Salesforce ids for tests: of any object, with their checksums."""

from __future__ import annotations

import pyarrow as pa

from keepone.kernels.salesforce_ids import eighteen


def sf_id(prefix: str, number: int) -> str:
    """Return an id of 18 characters of the object whose ids begin with `prefix`."""
    ids, _ = eighteen(pa.array([f"{prefix}5f{number:010d}"]))
    text: str = ids[0].as_py()
    return text


def sf_ids(*prefixes: str) -> list[str]:
    """Return an id of each of the objects."""
    return [sf_id(prefix, number) for number, prefix in enumerate(prefixes)]
