"""The page as a whole: whole, closed to the outside, and nothing of the data is markup."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepone.errors import RunError
from keepone.manifest import read_manifest, write_manifest
from keepone.report import render_report
from keepone.schema import TABLES
from tests.report.folder import HOSTILE_NAMES, Sizes, make_run
from tests.report.outline import Outline, outline_of


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return outline_of(page)


def test_is_one_well_formed_document(page: str, outline: Outline) -> None:
    assert page.startswith("<!doctype html>")
    assert outline.open == []
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.elements:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in ids


def test_holds_no_script_and_nothing_from_outside(outline: Outline) -> None:
    tags = {tag for tag, _ in outline.elements}
    assert tags.isdisjoint({"script", "iframe", "object", "link", "img", "form", "base"})
    for _, attributes in outline.elements:
        assert attributes.keys().isdisjoint({"style", "src", "href", "action", "srcset"})
        assert not any(name.startswith("on") for name in attributes)


def test_policy_allows_only_the_pages_own_style(page: str, outline: Outline) -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in outline.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if len(name) < 100])
def test_shows_hostile_names_as_text(outline: Outline, name: str) -> None:
    shown = re.sub(r"[\x00-\x1f\s]+", " ", name)
    assert shown in outline.text


def test_cuts_a_name_that_would_bury_the_page(page: str) -> None:
    longest = max(HOSTILE_NAMES, key=len)
    assert longest[:159] + "…" in page
    assert longest[:161] not in page


def test_isolates_the_writing_direction_of_names(page: str) -> None:
    for name in HOSTILE_NAMES[3:5]:
        assert page.count(html.escape(name)) == page.count(
            f'<bdi dir="auto">{html.escape(name)}</bdi>'
        )


def test_each_chart_has_a_title_and_says_its_figures(outline: Outline) -> None:
    charts = [
        attributes
        for tag, attributes in outline.elements
        if tag == "svg" and attributes.get("role")
    ]
    assert {chart["aria-labelledby"] for chart in charts} == {
        f"{name}-title {name}-desc" for name in ("dispositions", "scores", "sizes", "times")
    }
    drawn = [attributes for tag, attributes in outline.elements if tag == "svg"]
    assert all(chart.get("role") == "img" or chart.get("aria-hidden") == "true" for chart in drawn)


def test_same_run_gives_the_same_page(run: Path, page: str) -> None:
    assert render_report(run) == page


def test_renamed_dispositions_are_shown_under_their_names(tmp_path: Path) -> None:
    page = render_report(make_run(tmp_path / "run", labels={"Merge": "Update <now>"}))
    assert "Update &lt;now&gt;" in page
    assert ">Merge<" not in page


def test_a_run_of_no_records_has_a_page(tmp_path: Path) -> None:
    page = render_report(make_run(tmp_path / "run", Sizes(groups=(), pairs=0)))
    assert "0 of 0 records are duplicates" in page
    assert "No group has two records or more." in page


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    pairs = next(run.glob("stages/*_pairs.parquet"))
    content = pairs.read_bytes()
    pairs.write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match=r"pairs\.parquet"):
        render_report(run)
    pairs.unlink()
    with pytest.raises(RunError, match=r"pairs\.parquet"):
        render_report(run)


def test_a_run_without_figures_is_not_finished(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    manifest = read_manifest(run)
    write_manifest(run, manifest.model_copy(update={"counts": None}))
    with pytest.raises(RunError, match="not finished"):
        render_report(run)
    write_manifest(run, manifest.model_copy(update={"stages": []}))
    with pytest.raises(RunError, match="no table"):
        render_report(run)


def test_persons_are_named_by_the_parts_of_their_names(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    review = run / "review_ready.parquet"
    table = pq.read_table(review).append_column("field_family_name", pa.array(["Mustermann"] * 121))
    names = {"field_name": "field_given_name"}
    pq.write_table(table.rename_columns([names.get(n, n) for n in table.column_names]), review)
    fields = run / "stages" / "01_fields.parquet"
    rows = pq.read_table(fields).to_pylist()
    rows[1]["field"], rows[5]["field"] = "given_name", "family_name"
    pq.write_table(pa.Table.from_pylist(rows, TABLES["fields"].arrow()), fields)
    assert "Okonkwo Dental Group 1 Mustermann" in render_report(run)
