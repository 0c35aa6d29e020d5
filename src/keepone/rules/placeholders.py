"""Names that name nobody, and the notes that say a record is junk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keepone.rules.files import rule_yaml


@dataclass(frozen=True, slots=True)
class Placeholders:
    """What `placeholders.yaml` says, over folded names.

    `words` and `fillers` may make up a placeholder together, `names` are whole ones, `shape`
    matches a whole one without its spaces, `notes` (longest first) stand at either end of a name.
    """

    words: frozenset[str]
    fillers: frozenset[str]
    names: frozenset[str]
    shape: re.Pattern[str]
    notes: tuple[str, ...]

    def is_placeholder(self, folded: str) -> bool:
        """Return whether the whole folded name is a placeholder."""
        if folded in self.names or self.shape.fullmatch(folded.replace(" ", "")):
            return True
        words = folded.split()
        return not self.words.isdisjoint(words) and all(
            word in self.words or word in self.fillers or word.isdigit() for word in words
        )

    def without_note(self, folded: str) -> tuple[str, str | None]:
        """Return the folded name without the notes at its ends, and the first note found."""
        found: str | None = None
        if not any(note in folded for note in self.notes):
            return folded, found
        note: str | None = ""
        while note is not None:
            note = next((note for note in self.notes if _at_an_end(folded, note)), None)
            if note is not None:
                found = found or note
                folded = (folded.removeprefix(note + " ")).removesuffix(" " + note)
        return folded, found


def _at_an_end(folded: str, note: str) -> bool:
    return folded.startswith(note + " ") or folded.endswith(" " + note)


@cache
def placeholders() -> Placeholders:
    """Return the placeholder rules."""
    data = rule_yaml("placeholders.yaml")
    return Placeholders(
        words=frozenset(data["words"]),
        fillers=frozenset(data["fillers"]),
        names=frozenset(data["names"]),
        shape=re.compile("|".join(data["patterns"])),
        notes=tuple(sorted(data["notes"], key=lambda note: (-len(note), note))),
    )
