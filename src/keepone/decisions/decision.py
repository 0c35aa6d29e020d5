"""One decision: who judged what of which records, when and why."""

from __future__ import annotations

import json
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from dataclasses import field as default
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from keepone.decisions.keys import RecordKey
from keepone.errors import DecisionError

Kind = Literal[
    "same", "different", "split", "move",
    "primary", "value", "disposition", "note", "blacklist",
    "undo", "redo", "forget",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
# What can be decided of a record; Enrich follows from what a primary gains.
DISPOSITIONS = ("Keep", "Merge", "Delete", "Verify")
# What a person may have known when they decided, so that it contradicts nothing later.
SEEN = ("ids_differ", "low_score")

_KINDS = frozenset(KINDS)
_LONGEST_NAME, _LONGEST_TEXT, _MOST_RECORDS = 200, 20_000, 1_000_000
_HINT = "docs/decisions.md says what a decision of each kind holds."
# How many parts a decision of a kind has, and how many records each: (least, most).
_PARTS: Mapping[str, tuple[int, int]] = {
    "same": (1, 1), "different": (2, _MOST_RECORDS), "split": (2, _MOST_RECORDS), "move": (3, 3),
    "primary": (1, 1), "value": (1, 1), "disposition": (1, 1), "note": (0, 1),
    "blacklist": (0, 0), "undo": (0, 0), "redo": (0, 0), "forget": (0, 0),
}  # fmt: skip


def new_id() -> str:
    """Return an id that no other decision has."""
    return f"d-{secrets.token_hex(8)}"


def utc_now() -> str:
    """Return the time, to the millisecond, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the log, which checks what is added to it.

    `parts` are sets of records, by `kind`: same, one set; different, one record each; split, the
    parts, which `names` may name; move, the records moved, those they join (or none), and those
    they leave; primary and value, one record; disposition and note, the records it is about. The
    others name none. `field` and `value` are the field of a value and its text; `value` is also the
    disposition, the note, or the name that is blacklisted. `undoes` is the id of the entry that an
    undo takes back, or of the undo that a redo does. `seen` tells what the person knew to speak
    against it (`SEEN`), `version` the log's position when they were shown the records. `erased`
    counts records that were forgotten since. `position` is the place in the log, 0 before that.
    """

    kind: Kind
    author: str
    parts: tuple[tuple[RecordKey, ...], ...] = ()
    why: str = ""
    names: tuple[str, ...] = ()
    field: str | None = None
    value: str | None = None
    undoes: str | None = None
    seen: tuple[str, ...] = ()
    version: int | None = None
    erased: int = 0
    id: str = default(default_factory=new_id)
    time: str = default(default_factory=utc_now)
    position: int = 0

    def check(self) -> None:
        """Raise `DecisionError` where it does not hold together."""
        wrong = _wrong(self)
        if wrong:
            message = f"a decision of kind {self.kind!r} {wrong}"
            raise DecisionError(message, hint=_HINT)

    @property
    def records(self) -> Iterator[RecordKey]:
        """The records that it names."""
        return (key for part in self.parts for key in part)

    @property
    def said(self) -> str:
        """Who decided it, when, and why, for a reason that people read."""
        why = f": {' '.join(self.why.split())}" if self.why.strip() else ""
        return f"decided by {self.author} on {self.time[:10]}{why}"

    def without(self, forgotten: Container[RecordKey]) -> Decision:
        """Return what is left where all that was said of some records is forgotten.

        Texts go with it: they may tell of it.
        """
        left = tuple(tuple(key for key in part if key not in forgotten) for part in self.parts)
        gone = sum(map(len, self.parts)) - sum(map(len, left))
        if not gone:
            return self
        return replace(self, parts=left, why="", names=(), value=None, erased=self.erased + gone)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data; what is not there is left out."""
        told: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value not in (None, "", (), 0) or each.name in ("version", "position"):
                told[each.name] = value
        if self.parts:
            told["parts"] = [[list(key) for key in part] for part in self.parts]
        for name in ("names", "seen"):
            if name in told:
                told[name] = list(told[name])
        for name in ("version", "position"):
            if not told[name]:
                del told[name]
        return told

    def as_json(self) -> str:
        """Return it on one line."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Decision:
        """Return the decision that plain data tells; `DecisionError` for any other data."""
        if not isinstance(told, Mapping) or not {"kind", "author", "id", "time"} <= set(told):
            message = "a decision has a kind, an author, an id and a time"
            raise DecisionError(message, hint=_HINT)
        unknown = sorted(set(told) - {each.name for each in fields(cls)})
        if unknown:
            message = f"a decision has no {unknown[0]!r}"
            raise DecisionError(message, hint=_HINT)
        values = dict(told)
        try:
            values["parts"] = tuple(
                tuple(_key(*each) for each in part) for part in told.get("parts", ())
            )
        except (TypeError, ValueError) as error:
            message = "parts are lists of records, each a list of dataset and record id"
            raise DecisionError(message, hint=_HINT) from error
        for name in ("names", "seen"):
            values[name] = tuple(told.get(name, ()))
        found = cls(**values)
        found.check()
        return found

    @classmethod
    def stored(cls, position: int, body: str) -> Decision:
        """Return the entry of a log whose text is `body`: what was checked when it was added."""
        told = json.loads(body)
        for name in ("names", "seen"):
            if name in told:
                told[name] = tuple(told[name])
        if "parts" in told:
            told["parts"] = tuple(tuple(RecordKey(*key) for key in part) for part in told["parts"])
        return cls(**told, position=position)


def _key(dataset: str, record_id: str) -> RecordKey:
    if not (isinstance(dataset, str) and isinstance(record_id, str)):
        raise TypeError
    return RecordKey.of(record_id, dataset)


def _wrong(one: Decision) -> str | None:
    """Say what is wrong with a decision; None for one that holds together."""
    if one.kind not in _KINDS:
        return f"is not known; the kinds are {', '.join(KINDS)}"
    return next((said for said, wrong in _checks(one) if wrong), None)


def _checks(one: Decision) -> Iterator[tuple[str, bool]]:
    """Give what may be wrong with a decision, and whether it is; later ones rely on earlier."""
    texts = [one.author, one.why, one.id, one.time, *one.names, *one.seen]
    texts += [text for text in (one.field, one.value, one.undoes) if text is not None]
    numbers = (one.erased, one.position, one.version or 0)
    yield "holds something else than text", not all(isinstance(text, str) for text in texts)
    yield "holds a wrong number", not all(isinstance(n, int) and n >= 0 for n in numbers)
    yield "has no author", not one.author.strip() or len(one.author) > _LONGEST_NAME
    yield "has no id", not one.id or len(one.id) > _LONGEST_NAME
    yield f"has no time in UTC ({one.time!r})", not _is_time(one.time)
    records = list(one.records)
    texts += [text for key in records for text in key]
    yield "holds text of which databases hold none", not all(map(_can_be_held, texts))
    yield f"holds a text beyond {_LONGEST_TEXT:,} characters", max(map(len, texts)) > _LONGEST_TEXT
    yield "names a record without an id", not all(key.record_id for key in records)
    least, most = _PARTS[one.kind]
    yield "has too few sets of records, or too many", not least <= len(one.parts) <= most
    yield "names more names than parts", len(one.names) > len(one.parts)
    yield f"was made knowing {one.seen}: known is {', '.join(SEEN)}", not set(one.seen) <= {*SEEN}
    yield "does not say what it undoes", (one.kind in ("undo", "redo")) != (one.undoes is not None)
    yield "has a field", (one.field is not None) != (one.kind == "value")
    if not one.erased:
        yield from _content_checks(one, records)


def _content_checks(one: Decision, records: list[RecordKey]) -> Iterator[tuple[str, bool]]:
    """Give what may be wrong with what a decision says, before any of it is forgotten."""
    from keepone.rules.blacklist import fold  # noqa: PLC0415 - reading a log checks nothing

    has_value = one.kind in ("value", "disposition", "note", "blacklist")
    yield "needs a value, and others have none", has_value != (one.value is not None)
    yield "has a value that says nothing", one.value is not None and not one.value.strip()
    yield "names a record twice", len(set(records)) < len(records)
    yield (
        "has a set without records",
        not all(part or (one.kind == "move" and at) for at, part in enumerate(one.parts)),
    )
    yield "needs two records at least", one.kind == "same" and len(records) < 2
    yield (
        "has one record in each set",
        one.kind == "different" and any(len(part) > 1 for part in one.parts),
    )
    yield "is about one record", one.kind in ("primary", "value") and len(records) != 1
    yield "moves records from nowhere to nowhere", one.kind == "move" and not any(one.parts[1:])
    yield (
        f"gives one of {', '.join(DISPOSITIONS)}",
        (one.kind == "disposition" and one.value not in DISPOSITIONS),
    )
    yield (
        "needs a name with a letter or digit",
        (one.kind == "blacklist" and not fold(one.value or "")),
    )


def _is_time(text: str) -> bool:
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return False
    return offset is not None and not offset


def _can_be_held(text: str) -> bool:
    """Return whether any database can hold the text: no NUL, and nothing that is not Unicode."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def same(author: str, records: Iterable[RecordKey], why: str = "") -> Decision:
    """Return the judgement that all these records are one company."""
    return Decision("same", author, (tuple(records),), why)


def different(author: str, records: Iterable[RecordKey], why: str = "") -> Decision:
    """Return the judgement that no two of these records are one company."""
    return Decision("different", author, tuple((key,) for key in records), why)
