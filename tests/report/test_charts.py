"""The charts' geometry tells the truth about the counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepone.report.charts import PLOT_HEIGHT, bar_chart, histogram
from keepone.report.values import seconds, share, shown, size

_MARKS = (("review", 20.0), ("join", 50.0), ("auto", 95.0))
_TONES = ("apart", "possible", "doubtful", "sure")


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_bars_are_shares_of_the_whole(amounts: list[int]) -> None:
    whole = sum(amounts)
    chart = bar_chart("id", "title", [(str(n), n, "tone") for n in amounts], whole=whole)
    assert sum(bar.share for bar in chart.bars) == pytest.approx(100 if whole else 0)
    tops = [top for top, _ in chart.rows]
    assert tops == sorted(tops)
    assert not tops or tops[-1] < chart.height


@given(st.lists(st.integers(0, 10**12), min_size=100, max_size=100))
def test_columns_rise_with_counts_and_stay_inside(counts: list[int]) -> None:
    chart = histogram("id", "title", counts, marks=_MARKS, tones=_TONES)
    drawn = [pairs for pairs in counts if pairs]
    assert len(chart.columns) == len(drawn)
    for column in chart.columns:
        assert 0 < column.height <= PLOT_HEIGHT
        assert column.y + column.height == pytest.approx(chart.bottom, abs=0.2)
    by_count = sorted(zip(drawn, chart.columns, strict=True), key=lambda pair: pair[0])
    heights = [column.height for _, column in by_count]
    assert heights == sorted(heights)


def test_zones_are_told_and_coloured_by_the_thresholds() -> None:
    counts = [0] * 100
    counts[19], counts[20], counts[94], counts[95] = 1, 10, 100, 1000
    chart = histogram("id", "title", counts, marks=_MARKS, tones=_TONES)
    assert [column.tone for column in chart.columns] == list(_TONES)
    assert chart.says == (
        "1 pairs from 0 to 20; 10 pairs from 20 to 50; 100 pairs from 50 to 95;"
        " 1,000 pairs from 95 to 100"
    )
    assert [mark.label for mark in chart.marks] == ["review 20", "join 50", "auto 95"]


def test_a_threshold_of_a_hundred_leaves_an_empty_zone() -> None:
    marks = (("review", 100.0), ("join", 100.0), ("auto", 100.0))
    chart = histogram("id", "title", [0] * 99 + [5], marks=marks, tones=_TONES)
    assert [column.tone for column in chart.columns] == ["apart"]


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, "0.0 %"),
        (0, 5, "0.0 %"),
        (1, 100_000, "< 0.1 %"),
        (1, 3, "33.3 %"),
        (99_999, 100_000, "> 99.9 %"),
        (7, 7, "100.0 %"),
    ],
)
def test_shares_are_never_rounded_to_none_or_all(part: int, whole: int, told: str) -> None:
    assert share(part, whole) == told


def test_figures_read_as_people_write_them() -> None:
    assert [size(n) for n in (0, 999, 1000, 1_234_567, 5 * 10**13)] == [
        "0 B", "999 B", "1.0 kB", "1.2 MB", "50.0 TB",
    ]  # fmt: skip
    assert [seconds(s) for s in (0.0, 0.0314, 0.9999, 59.94, 119.99, 3600)] == [
        "0 ms", "31 ms", "1.0 s", "59.9 s", "120.0 s", "60 min 00 s",
    ]  # fmt: skip


@given(st.text(max_size=400))
def test_shown_text_is_one_short_line(text: str) -> None:
    line = shown(text)
    assert len(line) <= 160
    assert line == line.strip()
    assert all(character.isprintable() or ord(character) > 0x9F for character in line)
