"""Names made to do harm, or to be in the way: every page shows them, and nothing comes of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

import keepone
from keepone.decisions.workspace import open_log
from keepone.review.app import create_app
from tests.review.conftest import HOST, Browser, People

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CHOSEN = re.compile(r'data-value="[^"]*"')

LONG = "very long " * 5_000
NAMES = (
    "<script>alert(1)</script> Trading",
    '"><img src=x onerror=alert(1)> Foods',
    "=cmd()|'/C calc'!A0 Imports",
    "'; DROP TABLE decisions; -- Supplies",
    "\u202egnidarT lanretxE\u202c Export",
    "Zero\u200bWidth\ufeff Logistics",
    "Bell\x07 and\x1b[31m Escape Works",
    "🦊🦊🦊 Emoji Bakery 👩‍👩‍👧",
    "{{ 7 * 7 }} {% raw %} Templates",
    "javascript:alert(1) Software",
    "&lt;b&gt; Entities &amp; Sons",
    f"{LONG}Name Holding",
    "../../etc/passwd Security",
    "%s %d {0} Formats",
    "حلويات دمشق Sweets",
)


class Elements(HTMLParser):
    """What a page is made of, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Ann before a run whose accounts are called as above, each three times."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "a<b>&.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Account ID", "Account Name", "Website", "Phone", "City", "<b>Notes</b>"])
        for number, name in enumerate(NAMES):
            for copy in range(3):
                phone = f"+1 212 555 {1000 + number}"
                site = f"site{number}.example.com" if copy else ""
                spelt = name if copy < 2 else f"{name} Inc"
                note = LONG if number % 2 else name
                writer.writerow([f"A<{number}>-{copy}", spelt, site, phone, "Utica", note])
    workspace = folder / "ws"
    keepone.run(path, workspace=workspace, run_id="bad")
    with open_log(workspace) as log:
        app = create_app(workspace, People(), [HOST], log)
        yield Browser.of(TestClient(app), "Ann:admin")


def pages_of(hostile: Browser) -> Iterator[str]:
    """Give the addresses of all pages that show a name."""
    yield "/runs"
    yield "/runs/bad"
    yield "/runs/bad/decisions"
    for name in NAMES:
        found = hostile.client.get("/api/runs/bad/groups", params={"q": name[:200]})
        assert found.status_code == 200
    listed = hostile.get("/api/runs/bad/groups?per_page=200").json()
    yield "/runs/bad/groups?per_page=200"
    for line in listed["lines"]:
        yield f"/runs/bad/groups/{line['group_id']}"
        members = hostile.get(f"/api/runs/bad/groups/{line['group_id']}").json()["members"]
        if len(members) > 1:
            one, other = (member["record_id"].replace("<", "%3C") for member in members[:2])
            yield f"/runs/bad/explain?a={one}&b={other}"
            yield f"/runs/bad/explain?a={one}&b={other}&part=true"


def test_no_name_does_harm_or_fills_a_page(hostile: Browser) -> None:
    group = hostile.get("/api/runs/bad/groups?size_from=2").json()["lines"][0]["group_id"]
    for name in NAMES:
        note = {"kind": "note", "everyone": True, "group_id": group, "value": name[:2000]}
        assert (
            hostile.post("/api/runs/bad/decisions", note | {"why": name[:2000]}).status_code == 201
        )
    seen = 0
    for path in pages_of(hostile):
        answer = hostile.get(path)
        assert answer.status_code == 200, path
        page = Elements()
        page.feed(answer.text)
        assert "img" not in page.tags, path
        assert page.tags.count("script") == sum(
            name == "src" and str(value).endswith(".js") for name, value in page.attributes
        )
        assert not any(name.startswith("on") for name, _ in page.attributes), path
        assert not any(
            str(value).startswith("javascript:")
            for name, value in page.attributes
            if name in {"href", "src", "action", "formaction"}
        ), path
        # Only what is chosen as a value is the value as it is.
        assert not _CONTROL.search(_CHOSEN.sub("", answer.text)), path
        assert len(answer.text) < 250_000, (path, len(answer.text))
        seen += 1
    assert seen > 2 * len(NAMES)


def test_values_come_through_the_api_as_they_are(hostile: Browser) -> None:
    listed = hostile.get("/api/runs/bad/groups?per_page=200").json()
    told = set()
    for line in listed["lines"]:
        group = hostile.get(f"/api/runs/bad/groups/{line['group_id']}").json()
        told |= {cell["value"] for row in group["fields"] for cell in row["cells"]}
        for row in group["fields"]:
            for cell in row["cells"]:
                text = "".join(piece["text"] for piece in cell["pieces"])
                assert (cell["value"] or "").startswith(text[:1_000])
                assert len(text) + cell["cut"] == len(cell["value"] or "")
    for name in NAMES:
        assert any(value and name.strip() in value for value in told), name[:60]


def test_a_value_with_what_is_not_seen_is_chosen_as_it_is(hostile: Browser) -> None:
    listed = hostile.client.get("/api/runs/bad/groups", params={"q": "Export"}).json()
    page = hostile.get(f"/runs/bad/groups/{listed['lines'][0]['group_id']}").text
    assert "\N{REPLACEMENT CHARACTER}gnidarT" in page
    assert 'data-value="\u202egnidarT' in page
