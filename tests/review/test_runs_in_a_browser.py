"""Runs and lists in a real browser: from lists and a file to a run, compared and taken away."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepone.word_lists import read_lists


@pytest.fixture
def address(workspace: Path) -> Iterator[str]:
    """Give the address that the app prints, served by a process of its own."""
    command = [sys.executable, "-m", "keepone", "review", "one", "--workspace", str(workspace)]
    server = subprocess.Popen(
        [*command, "--no-browser", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        yield found[0]
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def page(address: str, browser: Any) -> Iterator[Any]:
    """Give a page that is signed in, and see that nothing goes wrong on it."""
    wrong: list[str] = []
    context = browser.new_context(base_url=address.partition("/enter")[0], accept_downloads=True)
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(address)
    yield opened
    context.close()
    assert wrong == []


def test_from_a_file_to_a_compared_run(page: Any, workspace: Path, made: Path) -> None:
    page.goto("/lists?run=one")
    page.fill("#blacklist", "services")
    page.fill("#abbreviations", "construction builders")
    page.click("text=Save")
    page.wait_for_selector("[data-wrong]:has-text('needs a colon')")
    page.fill("#abbreviations", "construction: builders")
    page.click("text=Preview")
    page.wait_for_selector("text=Would become junk")
    page.click("text=Save")
    page.wait_for_selector("text=Saved; the next run takes them")
    assert read_lists(workspace).abbreviations == {"construction": ("builders",)}

    page.goto("/runs")
    page.click("text=Start a run")
    page.set_input_files("[data-files=uploads]", str(made.parent / "accounts.csv"))
    page.wait_for_selector("text=Remove")
    page.click("[data-inspect]")
    page.wait_for_selector("[data-columns] tbody tr")
    page.get_by_label("Use Industry as").select_option("-")
    page.fill("[name=name]", "second")
    page.click("[data-go]")
    page.wait_for_url("**/jobs/second")
    page.wait_for_selector("text=Finished.", timeout=120_000)

    page.goto("/runs")
    page.check("[name=a][value=one]")
    page.check("[name=b][value=second]")
    page.click("text=Compare the two")
    page.wait_for_url("**/compare?**")
    assert "From one to second" in page.inner_text("h1")

    page.goto("/runs/second/files")
    with page.expect_download() as coming:
        page.click("text=second.csv")
    content = Path(coming.value.path()).read_text(encoding="utf-8-sig")
    assert content.count("\n") >= 1_200


@pytest.mark.parametrize("width", [390, 1280])
def test_a_run_under_way_is_shown_to_everybody(
    width: int, address: str, browser: Any, made: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The checker's own script is none that the app would let in.
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    page.goto(address.partition("/enter")[0] + "/start")
    page.set_input_files("[data-files=uploads]", str(made.parent / "accounts.csv"))
    page.wait_for_selector("text=Remove")
    page.fill("[name=name]", "second")
    page.click("[data-go]")
    page.wait_for_url("**/jobs/second")
    wrong = []
    for until in ("[data-job]", "text=Finished."):
        page.wait_for_selector(until, timeout=120_000)
        found = axe.run(page).response["violations"]
        wrong += [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_window(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/runs", "/start", "/lists", "/runs/one/files", "/compare?a=one&b=one"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
