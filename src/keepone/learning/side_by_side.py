"""Two records beside each other, what is compared first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepone.learning.compared import ComparedRun


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the input, with the cells of both records as they came."""

    header: str
    left: str
    right: str
    compared: bool

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same but for case and blanks around words."""
        one, other = (" ".join(cell.casefold().split()) for cell in (self.left, self.right))
        return bool(one and other) and one != other


class SideBySide:
    """The input columns of a run: those that are compared, then the others, each in their order."""

    def __init__(self, run: ComparedRun) -> None:
        fields = run.table("fields", ["column", "header", "compared"]).to_pylist()
        self._columns = sorted(fields, key=lambda field: not field["compared"])
        self._inputs = run.lookup("inputs")

    @property
    def headers(self) -> list[str]:
        """The headers of all columns, in the order of `lines`."""
        return [column["header"] for column in self._columns]

    def lines(self, left: int, right: int) -> list[Line]:
        """Return all columns for two rows; cells without a value are empty."""
        one, other = self._cells(left), self._cells(right)
        return [
            Line(column["header"], own, their, column["compared"])
            for column, own, their in zip(self._columns, one, other, strict=True)
        ]

    def _cells(self, row: int) -> Sequence[str]:
        names = [column["column"] for column in self._columns]
        (cells,) = self._inputs.at([row], names).to_pylist()
        return [cells[name] or "" for name in names]
