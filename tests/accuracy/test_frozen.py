"""The frozen figures: what fails, what is told, and the page that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.accuracy import __main__ as command
from bench.accuracy import frozen as frozen_figures
from bench.accuracy.figures import Measured
from bench.accuracy.frozen import as_frozen, compare, read_frozen, with_reason, write_frozen
from bench.accuracy.page import PAGE, goals_table, with_tables

_CHICAGO = {"precision": 0.9, "recall": 0.8, "f1": 0.95}


def set_of(**figures: float | None) -> Measured:
    return Measured(100, 10, {"shipped": figures, "unseen": figures})


def one(**figures: float | None) -> dict[str, Any]:
    return as_frozen({"chicago": set_of(**figures)}, {}, [])


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (0.9500, "same"),
        (0.9450, "same"),
        (0.9449, "worse"),
        (0.9505, "same"),
        (0.9510, "better"),
        (None, "missing"),
    ],
)
def test_an_f1_may_fall_by_half_a_point(now: float | None, verdict: str) -> None:
    changes = compare(one(f1=0.95), one(f1=now))
    assert [(each.prior, each.verdict) for each in changes] == [
        ("shipped", verdict),
        ("unseen", verdict),
    ]


@pytest.mark.parametrize(
    ("figure", "now", "verdict"),
    [
        ("wrong_pairs", 0.0150, "same"),
        ("wrong_pairs", 0.0151, "worse"),
        ("merged_unequal", 0.0105, "same"),
        ("merged_unequal", 0.0106, "worse"),
        ("merged_unequal", 0.0080, "better"),
    ],
)
def test_what_must_not_be_merged_may_not_rise(figure: str, now: float, verdict: str) -> None:
    changes = compare(one(**{figure: 0.01}), one(**{figure: now}))
    assert {each.verdict for each in changes} == {verdict}


def test_a_reason_is_kept_with_what_it_let_fall() -> None:
    before = as_frozen(
        {"a": set_of(f1=0.9), "b": set_of(f1=0.8)}, {}, [{"reason": "x", "fell": {}}]
    )
    after = with_reason(before, as_frozen({"a": set_of(f1=0.5)}, {}, []), "for good")
    assert after["sets"]["a"]["shipped"]["f1"] == 0.5
    assert after["sets"]["b"]["shipped"]["f1"] == 0.8
    fell = {"a (shipped)": [0.9, 0.5], "a (unseen)": [0.9, 0.5]}
    assert after["reasons"] == [{"reason": "x", "fell": {}}, {"reason": "for good", "fell": fell}]


def test_the_file_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "frozen.json"
    assert read_frozen(path) == {"sets": {}, "hard": {}, "reasons": []}
    write_frozen(one(**_CHICAGO), path)
    assert read_frozen(path) == one(**_CHICAGO)
    assert path.read_text("utf-8").index('"hard"') < path.read_text("utf-8").index('"sets"')


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[float], None]:
    """Give a function that lets the command measure this F1, and a frozen file of its own."""
    path, page = tmp_path / "frozen.json", tmp_path / "accuracy.md"
    page.write_text(PAGE.read_text("utf-8"), encoding="utf-8")
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(command, "read_frozen", lambda: frozen_figures.read_frozen(path))
    monkeypatch.setattr(
        command, "write_frozen", lambda frozen: frozen_figures.write_frozen(frozen, path)
    )

    def measures(f1: float) -> None:
        found = {"chicago": set_of(precision=0.9, recall=0.9, f1=f1)}
        monkeypatch.setattr(command, "measure", lambda _tell: (found, {}))

    return measures


def test_the_command_fails_until_a_reason_is_given(
    measured: Callable[[float], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    measured(0.95)
    assert command.main(["--freeze", "first"]) == 0
    measured(0.94)
    assert command.main([]) == 3
    said = capsys.readouterr().out
    assert "| chicago | unseen | F1 | 0.9500 | 0.9400 | -0.0100 | worse |" in said
    assert 'make accuracy-freeze REASON="…"' in said
    assert command.main(["--freeze", "a better reason"]) == 0
    assert command.main([]) == 0
    reasons = (tmp_path / "accuracy.md").read_text("utf-8")
    assert "2. a better reason (chicago (shipped) 0.9500 → 0.9400" in reasons
    measured(0.96)
    assert command.main([]) == 0
    assert "0.0200 | better |" in capsys.readouterr().out


def test_what_is_not_there_is_told_and_stays(
    measured: Callable[[float], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured(0.95)
    command.main(["--freeze", "first"])
    monkeypatch.setattr(command, "measure", lambda _tell: ({}, {}))
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert "Not measured, since they are not in " in said
    assert said.count("chicago") >= 1


def test_an_empty_reason_is_refused(measured: Callable[[float], None]) -> None:
    measured(0.95)
    with pytest.raises(SystemExit) as caught:
        command.main(["--freeze", " "])
    assert caught.value.code == 2


def test_the_pages_tables_are_those_of_the_frozen_file() -> None:
    page = PAGE.read_text("utf-8")
    assert with_tables(page, read_frozen()) == page


def test_every_goal_has_a_measured_figure() -> None:
    frozen = read_frozen()
    for line in goals_table(frozen)[2:]:
        shipped, unseen = line.strip("| ").split(" | ")[-2:]
        assert "-" not in {shipped, unseen}, line


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="end of goals"):
        with_tables("# Accuracy\n", read_frozen())
