"""The page as it looks: contrast by the numbers, and no overflow in a real browser."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_TEXT = ("ink", "soft", "accent")
_SHAPES = (
    "record", "pair", "time", "keep", "enrich", "merge", "verify", "delete", "apart", "possible",
    "doubtful", "sure",
)  # fmt: skip


def _palettes() -> dict[str, dict[str, str]]:
    style = files("keepone.report").joinpath("templates", "report.css").read_text("utf-8")
    light, dark, *_ = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return {
        name: dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for name, block in (("light", light), ("dark", dark))
    }


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_shapes_stand_out(scheme: str) -> None:
    colours = _palettes()[scheme]
    for ground in ("paper", "card"):
        for text in _TEXT:
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for shape in _SHAPES:
        assert _contrast(colours[shape], colours["card"]) >= 3, shape


def test_both_schemes_name_the_same_colours() -> None:
    palettes = _palettes()
    assert palettes["light"].keys() == palettes["dark"].keys()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_its_window_without_complaint(
    browser: Browser, page: str, tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: complaints.append(request.url))
    tab.goto(path.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    overflow = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    outside = tab.evaluate(
        """[...document.querySelectorAll('svg.chart text')].filter(text => {
            const box = text.getBoundingClientRect();
            const room = text.closest('section').getBoundingClientRect();
            return box.left < room.left || box.right > room.right;
        }).length"""
    )
    tab.close()
    assert complaints == [path.as_uri()]
    assert overflow <= 0
    assert outside == 0
