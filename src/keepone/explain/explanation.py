"""What is said of two records: whether they are one company to a run, and what decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Subject:
    """One of the two records, and where the run has put it.

    `score` is that of review_ready, None for a primary; `equal_to` the first record that is equal
    to it in all that is compared, None if it is that one itself.
    """

    record_id: str
    name: str | None
    source_file: str
    group_id: str
    group_size: int
    is_primary: bool
    score: float | None
    disposition: str
    reason: str
    equal_to: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input row that is no record: where it stands, and why."""

    record_id: str
    file: str
    row: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one compared field adds to the weight of a pair, in bits.

    `level` is the model's name for how the values agree, `says` the same in words; `weight` is what
    it weighs by itself, `bits` what is left of that beside the other fields of its `family`: the
    strongest of them for and against count whole, the others by a share. `match_share` and
    `other_share` are the shares of matches and of other pairs that show the level, None where there
    is nothing to compare. Values are as they came (`left`, `right`) and as they were compared.
    """

    field: str
    type: str
    header: str
    family: str
    level: str
    says: str
    weight: float
    bits: float
    match_share: float | None
    other_share: float | None
    left: str | None
    right: str | None
    left_compared: str | None
    right_compared: str | None

    @property
    def is_missing(self) -> bool:
        """Whether there was nothing to compare."""
        return self.match_share is None


@dataclass(frozen=True, slots=True)
class Worth:
    """What pairs of about the same weight turned out to be worth in the run.

    Of `pairs` of records whose groups show it, the `share` ended in one group.
    """

    share: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How a pair's weight comes about: `start` and the bits of all `steps` add up to `weight`.

    `start` is what every pair of the run weighs before a field is looked at. What the model makes
    of the pair by itself, `model_probability`, is 2^(slope * weight) / (1 + 2^(slope * weight)), to
    six digits; groups are joined by it. The `probability` is that as the run has calibrated it by
    `worth`, which is None where it is not calibrated; `score` is it in percent. `compared` says
    whether the run compared the pair; `kept`, whether it is in the run's table of pairs. Otherwise
    the figures are what they would have been.
    """

    start: float
    steps: tuple[Step, ...]
    weight: float
    slope: float
    model_probability: float
    worth: Worth | None
    probability: float
    score: float
    compared: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Link:
    """One pair on the way from one record to the other; `weakest` marks the one that decides."""

    left: str
    right: str
    probability: float
    weight: float
    weakest: bool


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A blocking key that both records have.

    `made_of` says what of the field it is. `block` is the number of unequal records that have it,
    `cap` the size up to which a block is compared as it is, None in runs of releases that did not
    tell. `verdict` is `compared`,
    `capped` (the block is past the cap), `too_common` (so many have it that it is no key, not even
    crossed with another) or `support` (in a block past a handful it counts only crossed with
    another). A `strong` one past the cap still compares each record with its nearest neighbours.
    """

    field: str
    made_of: str
    key: str
    block: int
    cap: int | None
    verdict: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The blocking keys of two records that were not compared: shared, rarest first, and others.

    `left` and `right` map fields to the keys that only that record has.
    """

    shared: tuple[SharedKey, ...]
    left: Mapping[str, tuple[str, ...]]
    right: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Split:
    """What lies between the groups of two records.

    Of `possible` pairs between them `scored` were scored, with the mean probability `scored_mean`,
    which is the model's.
    Grouping takes the others for as probable as `absent`, or like those where many were scored;
    the `mean` over all of them did not reach what is `needed`: `cluster.join` (`join`) with the
    leeway of large groups.
    """

    possible: int
    scored: int
    scored_mean: float | None
    mean: float
    join: float
    needed: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two records are in one group of a run, or in two.

    `stage` and `rule` name what decided, `says` tells it in a sentence. `left` and `right` are None
    where the record was rejected, which `rejected` then tells; `waterfall` is None for such a pair
    alone. `path` is the way that brings the two together where others do, `keys` are given for a
    pair that was not compared, `split` for one that was parted in spite of its score.
    """

    run_id: str
    together: bool
    stage: str
    rule: str
    says: str
    left: Subject | None
    right: Subject | None
    waterfall: Waterfall | None
    path: tuple[Link, ...] = ()
    keys: Keys | None = None
    split: Split | None = None
    rejected: tuple[Rejected, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data."""
        return asdict(self)
