"""The page that `keepone run --profile` leaves: memory over time, and a flame graph."""

from __future__ import annotations

from keepone.manifest import Manifest
from keepone.profiler import Recorded
from keepone.report.flames import flame_graph
from keepone.report.lines import line_chart
from keepone.report.page import render_page
from keepone.report.values import seconds, size

_MOST_POINTS = 800


def render_profile(manifest: Manifest, recorded: Recorded) -> str:
    """Return the page: one HTML file with nothing outside it."""
    last = max((span.end for span in recorded.spans), default=0.0)
    memory = line_chart(
        "memory",
        "Memory that the process held",
        _thinned(recorded.memory),
        figure=lambda held: size(round(held)),
        bands=[(span.stage, span.begin, span.end) for span in recorded.spans],
        ticks=[(part * last, seconds(part * last)) for part in (0, 0.25, 0.5, 0.75, 1)],
    )
    peaks = [
        (
            span,
            max(
                (held for at, held in recorded.memory if span.begin <= at <= span.end), default=None
            ),
        )
        for span in recorded.spans
    ]
    stages = dict.fromkeys(span.stage for span in recorded.spans)
    ordered = sorted(recorded.stacks.items(), key=lambda item: [*stages].index(item[0][0]))
    flames = flame_graph("flames", "Time by function", dict(ordered))
    return render_page(
        "profile.html.j2", manifest=manifest, memory=memory, peaks=peaks, flames=flames
    )


def _thinned(samples: list[tuple[float, int]]) -> list[tuple[float, float | None]]:
    """Return at most so many samples as can be told apart, of each stretch the highest."""
    stretch = max(1, -(-len(samples) // _MOST_POINTS))
    return [
        (samples[start][0], float(max(held for _, held in samples[start : start + stretch])))
        for start in range(0, len(samples), stretch)
    ]
