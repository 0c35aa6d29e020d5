"""The marks by which one name field holds further names of a company."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keepone.rules.files import rule_yaml


@dataclass(frozen=True, slots=True)
class AliasMarks:
    """What `aliases.yaml` says.

    `mark` finds a mark in lower-case ASCII text that still has its punctuation. Its group `contact`
    took part if what follows is a person or a desk, `leading` if the mark may stand first in a
    name. `first_words` holds the folded first word of every mark but those of `slashed`, which a
    slash gives away. `notes` are folded contents of parentheses that are no part of a name,
    `describing` matches one that tells of the name before it. `skipped` are the words that an
    initialism leaves out.
    """

    mark: re.Pattern[str]
    first_words: frozenset[str]
    slashed: tuple[str, ...]
    notes: frozenset[str]
    describing: re.Pattern[str]
    skipped: frozenset[str]


def _pattern(mark: str, letters: frozenset[str], slashed: frozenset[str]) -> str:
    """Return the expression for one mark: letters may be dotted or slashed, words any gap apart."""
    if mark in letters:
        return "|".join(re.escape(dotted.join(mark)) for dotted in ("", ".", "/"))
    if mark in slashed:
        return re.escape(mark)
    return "[^a-z0-9'`]+".join(re.escape(word) for word in mark.split())


@cache
def alias_marks() -> AliasMarks:
    """Return the alias marks and parenthesis notes."""
    data = rule_yaml("aliases.yaml")
    letters, slashed = frozenset(data["letters"]), frozenset(data["slashed"])
    contacts, leading = frozenset(data["contacts"]), frozenset(data["leading"])

    def group(name: str, marks: frozenset[str]) -> str:
        longest_first = sorted(marks, key=lambda mark: (-len(mark), mark))
        body = "|".join(_pattern(mark, letters, slashed) for mark in longest_first)
        return f"(?P<{name}>{body})"

    others = (letters | slashed | frozenset(data["words"])) - leading
    body = "|".join(
        [group("contact", contacts), group("leading", leading - contacts), group("other", others)]
    )
    return AliasMarks(
        # An apostrophe parts no words, nor does a dot among initials.
        mark=re.compile(
            rf"(?<![a-z0-9'`])(?<![a-z0-9][./])(?:{body})(?![a-z0-9'`]|[./][a-z0-9])[.:]?"
        ),
        first_words=frozenset(
            mark.split()[0] for mark in (letters | contacts | leading | others) - slashed
        ),
        slashed=tuple(data["slashed"]),
        notes=frozenset(data["notes"]),
        describing=re.compile(rf"(?:{'|'.join(data['describing'])})(?![a-z0-9])"),
        skipped=frozenset(data["skipped"]),
    )
