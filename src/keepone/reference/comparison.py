"""One field of a file, ready to be compared: its values, and how many records carry each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from keepone.rules.model_prior import model_rules

Row = dict[str, Any]
Chains = tuple[tuple[str, ...], ...]

MISSING = "missing"
SHARED_BY = {2: "shared by 2", 5: "shared by 5", 15: "shared by 15", 60: "shared by 60",
             300: "shared by 300"}  # fmt: skip
SHARED = (*SHARED_BY.values(), "shared by more")
SAME = tuple(f"same, {shared}" for shared in SHARED)


def grade(records: int) -> str:
    """Return how agreement on a value is graded that so many records carry."""
    return next((shared for most, shared in SHARED_BY.items() if records <= most), SHARED[-1])


@dataclass(frozen=True, slots=True)
class File:
    """The records that values are counted over, or what an earlier fit counted.

    `rows[i]` holds the features of record i. `representatives`, which stand for all records that
    are equal, alone are counted; for how common a whole list of words is, each counts `copies`
    times. `known` maps (field, part, value) to records; values that it lacks are carried by one.
    `names[i]` is the whole name of record i where records are organisations', empty where it has
    none; `town` is the field that says where they are, if one does.
    """

    rows: list[Row]
    representatives: list[int]
    copies: dict[int, int]
    known: dict[tuple[str, str, str], int] | None = None
    names: list[str] | None = None
    town: str | None = None

    def count(
        self,
        field: str,
        part: str,
        carried: Callable[[Row], Iterable[str]],
        *,
        with_copies: bool = False,
    ) -> Counter[str]:
        """Return how many records carry each value; `carried` gives the values of one record."""
        counts: Counter[str] = Counter()
        for representative in self.representatives:
            times = self.copies[representative] if with_copies else 1
            for value in carried(self.rows[representative]):
                counts[value] += times
        return self.as_known(field, part, counts)

    def count_names(
        self, field: str, part: str, carried: Callable[[Row], str | None]
    ) -> Counter[str]:
        """Return how many names carry each value; records without a name count one by one.

        So do all where there are no names of organisations.
        """
        names = self.names or [""] * len(self.rows)
        carriers = {
            (value, names[row] or row)
            for row in self.representatives
            if (value := carried(self.rows[row])) is not None
        }
        return self.as_known(field, part, Counter(value for value, _ in carriers))

    def as_known(self, field: str, part: str, counts: Counter[str]) -> Counter[str]:
        """Return the counts of an earlier fit for the values counted here, if there was one."""
        if self.known is None:
            return counts
        return Counter({value: self.known.get((field, part, value), 1) for value in counts})


class Comparison(ABC):
    """One field of a file, ready to be compared.

    `levels` names what a pair may show, `MISSING` first. `counts` holds, per part, how many records
    carry each value, or how many names if the type is one of which a company has its own.
    """

    levels: ClassVar[tuple[str, ...]]
    # Chains of levels of which none weighs more than the one before.
    falling: ClassVar[Chains]

    def __init__(self, file: File, field: str, type_: str) -> None:
        self.file = file
        self.field = field
        self.type = type_
        self.counts: dict[str, Counter[str]] = {}

    @abstractmethod
    def level(self, left: int, right: int) -> str:
        """Return the level that two records show."""

    def _count(self, part: str, carried: Callable[[Row], Iterable[str]]) -> None:
        self.counts[part] = self.file.count(self.field, part, carried)

    def _count_value(self, part: str, carried: Callable[[Row], str | None]) -> None:
        if self.type in model_rules().held:
            self.counts[part] = self.file.count_names(self.field, part, carried)
        else:
            self._count(part, lambda row: filter(None, [carried(row)]))

    def _part(self, row: int, part: str) -> Any:
        return self.file.rows[row].get(f"{self.field}.{part}")
