"""How long until a page is painted: a real browser, from the click to the first paint."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from bench.review_actions import Timed
from bench.review_app import App, Person

_CHROMIUM = os.environ.get("KEEPONE_CHROMIUM") or shutil.which("chromium")
_PAINTED = """() => new Promise((done) => {
  const seen = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => (seen() ? done(seen().startTime) : requestAnimationFrame(look));
  look();
})"""
# From the key to the frame in which the next group stands.
_NEXT = """() => new Promise((done) => {
  const began = performance.now();
  const main = document.querySelector("main");
  const look = () => requestAnimationFrame(() => {
    if (document.querySelector("main") === main) look();
    else requestAnimationFrame(() => done(performance.now() - began));
  });
  look();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
})"""


def painted(app: App, person: Person, run: str, times: int) -> Iterator[Timed]:
    """Give how long pages take to be painted, and the next group of the queue after its key."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - all else needs no browser

    base = f"http://127.0.0.1:{app.port}"
    lines = person.told(f"/api/runs/{run}/groups?state=open&size_from=2")["lines"]
    groups = [line["group_id"] for line in lines]
    name, _, secret = person.cookie.partition("=")
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": name, "value": secret, "url": base}])
        page = context.new_page()
        addresses = {
            "list": [f"groups?page={at + 1}" for at in range(times)],
            "search": [f"groups?q={'abcdefghijklmnopqrstuvwxyz'[at % 26]}" for at in range(times)],
            "group": [f"groups/{groups[at % len(groups)]}?queue=true" for at in range(times)],
            "dashboard": ["" for _ in range(times)],
            "log of decisions": ["decisions" for _ in range(times)],
        }
        for what, paths in addresses.items():
            seconds = []
            for path in paths:
                page.goto(f"{base}/runs/{run}/{path}".rstrip("/"), wait_until="commit")
                seconds.append(page.evaluate(_PAINTED) / 1000)
            yield Timed.of(what, seconds)
        page.goto(f"{base}/runs/{run}/groups/{groups[0]}?queue=true", wait_until="load")
        seconds = []
        for _ in range(times):
            page.wait_for_timeout(300)  # a person looks at the group; the next one is loaded ahead
            seconds.append(page.evaluate(_NEXT) / 1000)
        yield Timed.of("next group of the queue, by key", seconds)
        browser.close()
