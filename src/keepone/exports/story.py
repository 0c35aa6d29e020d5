"""What an export tells of the run it came from, in a few lines."""

from __future__ import annotations

import keepone
from keepone.exports.source import Source


def story(source: Source) -> dict[str, str]:
    """Return what to know about an export, by name: the run, its inputs, what was selected."""
    manifest = source.manifest
    return {
        "run": manifest.run_id,
        "run finished (UTC)": manifest.ended_at or "",
        "inputs": ", ".join(file.file for file in manifest.inputs),
        "settings digest": manifest.settings_digest,
        "records of the run": f"{manifest.counts.records if manifest.counts else 0}",
        "exported": source.selection.in_words(),
        "records exported": f"{source.rows('review_ready')}",
        "keepone": keepone.__version__,
    }
