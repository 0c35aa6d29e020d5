"""What the page of one group is made of, and its JSON twin."""

from __future__ import annotations

import json

from pydantic import BaseModel

from keepone.group_pairs import MILLION
from keepone.review.differences import Piece

NAMELESS = "(no name)"
# Characters of a value that is offered for the golden record; the page would hold it twice.
CHOICE_SHOWN = 1_000


class Cell(BaseModel):
    """A member's value of one field, None where it has none.

    A piece `differs` if the primary's value does not have it. Of a very long value `pieces` hold
    the start, and `cut` says how many characters follow.
    """

    record_id: str
    value: str | None
    pieces: list[Piece]
    cut: int = 0
    same: bool


class Beaten(BaseModel):
    """A value that the golden one goes before, and a record that has it."""

    record_id: str
    name: str
    value: str


class GoldenCell(BaseModel):
    """The golden value of a field: how it was chosen, whose it is, and what it goes before.

    `value` is None where no sure record has any; `record_id` and `name` also where it is put
    together, or was written by a person. The primary `gained` it, or its own is `changed` to it.
    """

    value: str | None
    record_id: str | None
    name: str | None
    strategy: str
    gained: bool
    changed: bool
    beaten: list[Beaten]

    @property
    def choices(self) -> str:
        """The values that a person may choose of, as JSON; none that is too long to look at."""
        own = [] if self.value is None else [(self.value, self.name or "")]
        offered = own + [(each.value, each.name) for each in self.beaten]
        return json.dumps(
            [
                {"value": value, "from": name[:CHOICE_SHOWN]}
                for value, name in offered
                if len(value) <= CHOICE_SHOWN
            ]
        )


class Relation(BaseModel):
    """What a member is to another record that is not the same company."""

    record_id: str
    name: str
    kind: str
    why: str
    other_id: str
    other_name: str
    other_group: str


class FieldRow(BaseModel):
    """One field across the members, in their order, and its golden value if the run has any."""

    header: str
    field: str | None
    compared: bool
    differs: bool
    golden: GoldenCell | None
    cells: list[Cell]

    @property
    def called(self) -> str:
        """What decisions call it: its field name, which outlasts headers, or else its header."""
        return self.field or self.header


class Member(BaseModel):
    """One record of the group, and the run's verdict on it."""

    record_id: str
    name: str
    is_primary: bool
    score: float | None
    disposition: str
    proposed: str | None
    reason: str
    rule: str
    source_file: str


class GroupLink(BaseModel):
    """Two members that were compared; the score is in percent."""

    left: str
    right: str
    left_name: str
    right_name: str
    score: float
    weight: float


class Near(BaseModel):
    """A record of another group that scored high with a member, and stayed out: `why`, in words."""

    record_id: str
    name: str
    group_id: str
    group_name: str
    group_size: int
    member: str
    member_name: str
    score: float
    why: str


class Target(BaseModel):
    """A group that records may be moved to: one of its records, and what tells it from others.

    `score` is that of the record with a member, None where no pair of them scored high.
    """

    record_id: str
    name: str
    group_id: str
    group_size: int
    says: str
    score: float | None


class DecisionLine(BaseModel):
    """One decision on the group that is in force.

    `gave_way_to` tells the one that holds instead where two contradict each other, `against` what
    of this run's data speaks against it; it holds all the same.
    """

    id: str
    kind: str
    author: str
    time: str
    says: str
    why: str
    gave_way_to: str | None
    against: str | None


class RecordRef(BaseModel):
    """A record and what it is called."""

    record_id: str
    name: str


class GroupRef(BaseModel):
    """A group and what it is called."""

    group_id: str
    name: str


class Part(BaseModel):
    """Records that will be one company: so many of this group, and some of other groups.

    `name` is what a decision calls it, `records` are the first of them. `primary` is the record
    that was decided to be kept, or is kept today; None where the next run chooses anew.
    """

    name: str | None
    members: int
    records: list[RecordRef]
    primary: RecordRef | None
    new_primary: bool
    joined: int
    joins: list[GroupRef]


class Override(BaseModel):
    """What a decision changes of one record beside the company it is: today's, and what it says."""

    what: str
    record: RecordRef
    now: str | None
    then: str


class Outcome(BaseModel):
    """The parts that a group falls into, one where it stays whole, and what else changes."""

    parts: list[Part]
    overrides: list[Override]

    @property
    def is_as_before(self) -> bool:
        """Whether the group stays as it is."""
        return (
            not self.overrides
            and len(self.parts) == 1
            and not self.parts[0].joined
            and not self.parts[0].new_primary
        )


class GroupPage(BaseModel):
    """One group: its figures, its members, its fields, its links, and what nearly joined.

    `open` says whether it waits for a decision, `version` at which position of the log it stands,
    `holder` who else has it open. `outcome` tells what the decisions in force make of it in the
    next run, None where there are none.
    """

    run_id: str
    group_id: str
    name: str
    size: int
    primary_id: str
    flags: list[str]
    priority: float
    dispositions: dict[str, int]
    first: int
    members: list[Member]
    fields: list[FieldRow]
    links: list[GroupLink]
    more_links: int
    near: list[Near]
    relations: list[Relation]
    open: bool = False
    version: int = 0
    holder: str | None = None
    decisions: list[DecisionLine] = []
    outcome: Outcome | None = None

    @property
    def has_golden(self) -> bool:
        """Whether any of its fields has a golden value."""
        return any(field.golden is not None for field in self.fields)

    @property
    def has_matrix(self) -> bool:
        """Whether its links are few enough to be seen as a table of members by members."""
        return 2 < self.size <= min(_MATRIX_MEMBERS, len(self.members)) and not self.more_links

    def between(self, one: str, other: str) -> float | None:
        """Return the score of two members, None where the pair was not scored."""
        ends = {one, other}
        return next((link.score for link in self.links if {link.left, link.right} == ends), None)


_MATRIX_MEMBERS = 12


def percent(probability: int) -> float:
    """Return a probability in millionths as a score, in percent."""
    return round(100 * probability / MILLION, 2)
