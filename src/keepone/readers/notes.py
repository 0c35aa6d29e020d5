"""Words for notes: what a person should know of how a file was read."""

from __future__ import annotations


def amount(number: int, noun: str) -> str:
    """Return a number with its noun: `1 line`, `2,000 lines`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fallback_note(label: str, lines: int) -> str:
    """Return the note on lines of a text file that are not UTF-8."""
    return (
        f"{label}: {amount(lines, 'line')} not in UTF-8, read as Windows-1252;"
        " set ingest.encoding if letters look wrong."
    )
