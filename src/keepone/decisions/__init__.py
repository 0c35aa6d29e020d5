"""What people decided of records: judgements, the log they are kept in, and what follows of them.

A `Decision` is one entry of an append-only `DecisionLog`. `resolve` takes the entries that are in
force to what holds together, and `effective` to what of it is about the records of one export: the
tables that a run reads.
"""

from __future__ import annotations

from keepone.decisions.decision import Decision
from keepone.decisions.keys import RecordKey
from keepone.decisions.resolution import Resolution, resolve

__all__ = ["Decision", "RecordKey", "Resolution", "resolve"]
