"""The process of a preview: `python -m keepone.review.preview`, files and settings on its input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from keepone.config import load_settings
from keepone.errors import UserError
from keepone.faults import tell_of_fault
from keepone.inspection import inspect


def preview(order: dict[str, Any]) -> dict[str, Any]:
    """Return what the files of an order would be taken for, or the error in plain words."""
    try:
        found = inspect([Path(path) for path in order["paths"]], load_settings(order["settings"]))
    except UserError as error:
        return {"error": error.message, "hint": error.hint}
    told = found.as_dict()
    notes = [f"{file['file']}: {note}" for file in told["files"] for note in file["notes"]]
    return {key: told[key] for key in ("records", "rejects", "columns")} | {"notes": notes}


if __name__ == "__main__":
    sys.excepthook = tell_of_fault
    json.dump(preview(json.load(sys.stdin)), sys.stdout)
