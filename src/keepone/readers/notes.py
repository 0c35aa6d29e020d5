"""Words for notes: what a person should know of how a file was read."""

from __future__ import annotations


def amount(number: int, noun: str) -> str:
    """Return a number with its noun: `1 line`, `2,000 lines`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fallback_note(label: str, count: int, noun: str = "line") -> str:
    """Return the note on lines of a text file, or cells of a table, that are not UTF-8."""
    advice = "set ingest.encoding" if noun == "line" else "write the file again"
    return (
        f"{label}: {amount(count, noun)} not in UTF-8, read as Windows-1252;"
        f" {advice} if letters look wrong."
    )
