"""Draws F1 by groups decided, a line for each order; readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 96, 40, 44
_STEPS = 4
_STYLE = """
    text { fill: #1f2328; font: 13px system-ui, sans-serif }
    .grid { stroke: #d8dee4 } .line { fill: none; stroke-width: 2.5 }
    .a { stroke: #0b6bcb } .b { stroke: #b35900; stroke-dasharray: 7 4 }
    .c { stroke: #6e7781; stroke-dasharray: 2 4 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .grid { stroke: #30363d }
      .a { stroke: #58a6ff } .b { stroke: #ffa657 } .c { stroke: #9198a1 }
    }
"""


def drawn(lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Return the chart as SVG; `lines` are (groups decided, F1) by the name of the order."""
    every = [point for line in lines.values() for point in line]
    most = max(decided for decided, _ in every)
    low, high = min(f1 for _, f1 in every), max(f1 for _, f1 in every)

    def across(decided: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * decided / most

    def up(f1: float) -> float:
        share = (f1 - low) / ((high - low) or 1)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        "<title>F1 by groups decided, in priority order, score order and random order</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="22" font-weight="600">F1 of pairs by doubtful groups decided</text>',
    ]
    right, foot = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM + 22
    for step in range(_STEPS + 1):
        f1, decided = low + (high - low) * step / _STEPS, most * step / _STEPS
        x, y = across(decided), up(f1)
        parts += [
            f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{f1:.4f}</text>',
            f'<text x="{x:.1f}" y="{foot}" text-anchor="middle">{decided:.0f}</text>',
        ]
    # Lines meet at both ends, so they are named in a key beside them.
    for at, ((name, line), kind) in enumerate(zip(lines.items(), "abc", strict=True)):
        path = " ".join(f"{across(decided):.1f},{up(f1):.1f}" for decided, f1 in line)
        x, y = float(right + 12), _HEIGHT / 2 + 22 * at
        parts += [
            f'<polyline class="line {kind}" points="{path}"/>',
            f'<line class="line {kind}" x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}"/>',
            f'<text x="{x + 28}" y="{y + 4}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
