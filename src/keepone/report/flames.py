"""Geometry of a flame graph: stacks as nested bars, each as wide as the time spent in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keepone.report.values import seconds, share

ROW = 18
# A bar narrower than this, in percent, could not be seen.
_LEAST = 0.08
_TONES = ("record", "pair", "keep", "merge", "verify", "time", "delete")


@dataclass(frozen=True, slots=True)
class Flame:
    """One function in one stack: across in percent, down in pixels."""

    x: float
    width: float
    y: int
    name: str
    says: str
    tone: str
    faint: bool


@dataclass(frozen=True, slots=True)
class FlameGraph:
    """Bars from the stages, at the top, down to the innermost functions."""

    id: str
    title: str
    says: str
    flames: tuple[Flame, ...]
    height: int


@dataclass(slots=True)
class _Node:
    seconds: float = 0.0
    inner: dict[str, _Node] = field(default_factory=dict)


def flame_graph(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    stacks: Mapping[tuple[str, ...], float],
) -> FlameGraph:
    """Return the graph of seconds by stack, outermost first.

    The outermost stand in the order of `stacks`, each in a tone of its own; below them the widest
    goes first.
    """
    root = _Node()
    for stack, spent in stacks.items():
        node = root
        node.seconds += spent
        for name in stack:
            node = node.inner.setdefault(name, _Node())
            node.seconds += spent
    canvas = _Canvas(root.seconds)
    x = 0.0
    for index, (name, node) in enumerate(root.inner.items()):
        canvas.tone = _TONES[index % len(_TONES)]
        x = canvas.place(name, node, x, 0)
    said = "; ".join(f"{name}: {seconds(node.seconds)}" for name, node in root.inner.items())
    height = max((flame.y for flame in canvas.flames), default=0) + ROW
    return FlameGraph(id, title, said or "nothing to show", tuple(canvas.flames), height)


class _Canvas:
    """Bars placed so far, out of `whole` seconds; `tone` is that of the next ones."""

    def __init__(self, whole: float) -> None:
        self.flames: list[Flame] = []
        self.tone = _TONES[0]
        self._whole = whole

    def place(self, name: str, node: _Node, x: float, depth: int) -> float:
        """Add the node's bar at `x`, and those within it; return where the next one begins."""
        width = 100 * node.seconds / self._whole if self._whole else 0.0
        if width >= _LEAST:
            says = f"{name}: {seconds(node.seconds)}, {share(round(width * 100), 10_000)}"
            place = (round(x, 3), round(width, 3), depth * ROW)
            self.flames.append(Flame(*place, name, says, self.tone, faint=depth % 2 == 1))
            inner_x = x
            for inner_name, inner in sorted(node.inner.items(), key=_widest_first):
                inner_x = self.place(inner_name, inner, inner_x, depth + 1)
        return x + width


def _widest_first(item: tuple[str, _Node]) -> tuple[float, str]:
    return -item[1].seconds, item[0]
