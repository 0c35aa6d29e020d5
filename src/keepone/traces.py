"""What the review app leaves in a workspace, and which of it is of which run.

Of runs that were started in it, their jobs and the files handed in; in a run's folder, its tables
laid out; and for as long as somebody takes them away, files.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from pathlib import Path

JOBS, ORDER, UPLOADS = "jobs", "order.json", "uploads"
LAID_OUT = ".review"
# What the names of folders begin with that are gone when the work they are for has ended.
LAYING, TAKEAWAY = f"{LAID_OUT}-", ".takeaway-"


class Traces:
    """What stands in a workspace for some runs, and for no other run."""

    def __init__(self, workspace: Path, run_ids: AbstractSet[str]) -> None:
        self._jobs = workspace / JOBS
        self._uploads = workspace / UPLOADS
        self._kept = {
            upload
            for path in self._jobs.glob(f"*/{ORDER}")
            if path.parent.name not in run_ids
            for upload in _uploads_of(path)
        }

    def of(self, run_id: str) -> tuple[Path, ...]:
        """Return the folders that one of the runs leaves beside its own."""
        job = self._jobs / run_id
        uploads = sorted(_uploads_of(job / ORDER) - self._kept)
        folders = [*(self._uploads / upload for upload in uploads), job]
        return tuple(folder for folder in folders if folder.is_dir())


def _uploads_of(order: Path) -> set[str]:
    """Return the uploads that an order names; none where it cannot be read."""
    try:
        told = json.loads(order.read_bytes())
        named = [*told["uploads"], *told.get("children", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    # Our own names: what else stands there leads nowhere outside the folder of uploads.
    return {name for name in named if isinstance(name, str) and name.isalnum()}
