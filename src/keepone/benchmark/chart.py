"""The seconds of each stage as bars, one panel for each size: an SVG that stands by itself."""

from __future__ import annotations

from keepone.benchmark.results import Results, SizeFigures
from keepone.report.charts import BarChart, bar_chart
from keepone.report.templates import environment_of


def render_chart(results: Results) -> str:
    """Return the chart of all sizes as one SVG document."""
    environment = environment_of("keepone.benchmark")
    panels = [_panel(size) for size in results.sizes]
    return environment.get_template("bench.svg.j2").render(panels=panels)


def _panel(size: SizeFigures) -> BarChart:
    """Return the bars of one size; the slowest stage fills the width."""
    times = {stage: round(1000 * size.stage_seconds(stage)) for stage in size.stages}
    return bar_chart(
        f"seconds-{size.records}",
        f"{size.records:,} records: seconds by stage",
        [(stage, time, "accent") for stage, time in times.items()],
        whole=max(times.values(), default=0),
        figure=lambda milliseconds: f"{milliseconds / 1000:.2f} s",
    )
