"""The page of an evaluation: whole, closed to the outside, and nothing of the data is markup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import keepone
from keepone.evaluation.page import render_study
from keepone.evaluation.study import Study, study_run
from keepone.report.curves import curve_chart
from keepone.runs import Run
from tests.evaluation.worlds import truth_file
from tests.report.outline import outline_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_HOSTILE = '<script>alert(1)</script> & "Söhne" {{ 7 * 7 }}'


@pytest.fixture(scope="module")
def study(judged: tuple[Run, Path]) -> Study:
    return study_run(*judged, mistakes=4)


@pytest.fixture(scope="module")
def page(study: Study) -> str:
    return render_study(study)


def test_is_one_well_formed_document_closed_to_the_outside(page: str) -> None:
    outline = outline_of(page)
    assert page.startswith("<!doctype html>")
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in outline.elements:
        assert tag not in {"script", "iframe", "object", "link", "img", "form", "base"}
        assert attributes.keys().isdisjoint({"style", "src", "href", "action", "srcset"})
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in ids


def test_tells_the_figures_and_each_mistake(study: Study, page: str) -> None:
    assert f"F1 {study.evaluation.f1:.4f}" in page
    assert study.mistakes
    for each in study.mistakes:
        for subject in (each.explanation.left, each.explanation.right):
            assert subject is not None
            assert subject.record_id in page


def test_each_mistake_is_explained_as_what_it_is(study: Study) -> None:
    kinds = {(each.mistake.kind, each.mistake.stage) for each in study.mistakes}
    assert {kind for kind, _ in kinds} == {"lost", "wrong"}
    for each in study.mistakes:
        assert each.explanation.together == (each.mistake.kind == "wrong")
        waterfall = each.explanation.waterfall
        assert waterfall is not None
        if each.mistake.score is not None:
            assert waterfall.score == pytest.approx(each.mistake.score, abs=0.01)
        assert waterfall.compared == (each.mistake.stage != "blocking")


def test_same_run_and_truth_give_the_same_page(judged: tuple[Run, Path], page: str) -> None:
    assert render_study(study_run(*judged, mistakes=4)) == page


def test_nothing_of_the_data_is_markup(tmp_path: Path) -> None:
    rows = [f'{at},"{_HOSTILE.replace(chr(34), chr(34) * 2)}",{at} Elm Road' for at in range(2)]
    others = [f"{at},Firm {at * 7919} Ltd,{at} Oak Lane" for at in range(2, 40)]
    records = tmp_path / "records.csv"
    records.write_text("\n".join(["id,name,street", *rows, *others]))
    result = keepone.run(records, workspace=tmp_path / "data", run_id="hostile")
    run = Run(result.path)
    group = result.review_ready.to_arrow().to_pylist()
    together = len({line["group_id"] for line in group if line["record_id"] in {"0", "1"}}) == 1
    entities = ("a", "b") if together else ("a", "a")
    truth = truth_file(tmp_path, f"record_id,entity_id\n0,{entities[0]}\n1,{entities[1]}\n")
    page = render_study(study_run(run, truth))
    outline = outline_of(page)
    assert "script" not in {tag for tag, _ in outline.elements}
    assert _HOSTILE[:50] in "".join(outline.text)


def test_a_run_without_pairs_has_a_page(judged: tuple[Run, Path], tmp_path: Path) -> None:
    run, _ = judged
    page = render_study(study_run(run, truth_file(tmp_path, "record_id,entity_id\nnone,1\n")))
    assert "No pair was grouped" in page
    assert "the truth has no pair to find" in page
    assert "none</bdi>" in page


def test_a_gap_parts_a_curve() -> None:
    values = [0.5, 0.7, None, 0.9, 1.0]
    chart = curve_chart(
        "x", "X", [("F1", "keep", "whole", values)], places=[0, 25, 50, 75, 100],
        ticks=[0, 100], mark=(50, "here"),
    )  # fmt: skip
    (curve,) = chart.curves
    assert curve.paths == ("0,242 25,154", "75,66 100,22")
    assert curve.dots[0].says == "F1 at 0 %: 0.5000"
    assert chart.lines[0].label == "0.50"


@pytest.mark.parametrize("width", [390, 1280])
def test_fits_its_window_without_complaint(
    browser: Browser, page: str, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "evaluation.html"
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: complaints.append(request.url))
    tab.goto(path.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    overflow = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    tab.close()
    assert complaints == [path.as_uri()]
    assert overflow <= 0
