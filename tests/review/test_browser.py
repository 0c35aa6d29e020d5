"""Walks through the app in a browser, by keyboard and by mouse; any error in its console fails."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import uvicorn

from keepone.decisions import Decision
from keepone.decisions.log import DecisionLog
from keepone.decisions.workspace import open_log
from keepone.review.app import create_app
from keepone.review.server import _bound
from keepone.review.users import Users
from tests.review.conftest import People

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

T = TypeVar("T")

PASSWORD = "a long enough password"
PATIENCE = 20_000  # milliseconds; a slow machine fails nothing

# What a lost session, a refusal or a missing group leaves in a console is what it should.
_MEANT = re.compile(r"status of (401|404|409)")


@contextmanager
def served(workspace: Path, door: Any) -> Iterator[tuple[str, DecisionLog, Any]]:
    """Serve a workspace on a free port; give its address, its log and the app."""
    listening = _bound("127.0.0.1", 0)
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    with open_log(workspace) as log:
        app = create_app(workspace, door, [host], log)
        config = uvicorn.Config(
            app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://{host}", log, app
        finally:
            server.should_exit = True
            thread.join()
            listening.close()


@dataclass
class Desk:
    """One person at the app: a page of a browser, and what the app has in its log."""

    page: Page
    base: str
    log: DecisionLog
    errors: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def act(self, name: str, key: str, how: str) -> None:
        """Do what a button of the page says, by its key or by the mouse."""
        if how == "keys":
            self.press(key)
        else:
            self.page.get_by_role("button", name=re.compile(f"^{name}")).first.click()

    def choose(self, number: int, how: str) -> None:
        """Choose a member, counted from 1."""
        if how == "keys":
            self.press(str(number))
        else:
            self.page.locator(f'input[data-digit="{number}"]').click()

    def group(self) -> str:
        """Return the id of the group that is shown."""
        shown = self.page.locator("main [data-group]").get_attribute("data-group")
        assert shown is not None
        return shown

    def elsewhere(self, than: str) -> str:
        """Wait until another group is shown, and return its id."""
        return self.until(self.group, lambda shown: shown != than)

    def members(self) -> list[str]:
        """Return the ids of the members that are shown, in their order."""
        boxes = self.page.locator("input[data-member]")
        return [str(box.get_attribute("data-member")) for box in boxes.all()]

    def confirm(self, how: str) -> None:
        """Say yes to the dialog that is open."""
        button = self.page.locator("dialog[open] button[value=ok]")
        if how == "keys":
            button.focus()
            self.press("Enter")
        else:
            button.click()

    def close(self) -> None:
        """Close the dialog that is open, by key."""
        self.press("Escape")
        self.page.locator("dialog[open]").wait_for(state="detached")

    def entry(self, count: int = 1) -> Decision:
        """Return the last of `count` entries of the log, as soon as they are there."""
        entries = self.until(self.log.entries, lambda found: len(found) >= count)
        assert len(entries) == count
        return entries[-1]

    def until(self, found: Callable[[], T], fits: Callable[[T], bool]) -> T:
        """Wait until what is found fits."""
        end = time.monotonic() + PATIENCE / 1000
        while not fits(value := found()):
            assert time.monotonic() < end, value
            self.page.wait_for_timeout(30)
        return value

    def settled(self) -> None:
        """Wait until the page shows what was done."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(300)


def sit_down(context: BrowserContext, base: str, log: DecisionLog) -> Desk:
    """Open a page whose errors are kept."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((base, "data:")) else errors.append(asked.url),
    )
    return Desk(page, base, log, errors)


@pytest.fixture
def site(workspace: Path) -> Iterator[tuple[str, DecisionLog, Any]]:
    with served(workspace, People()) as found:
        yield found


@pytest.fixture
def ann(browser: Browser, site: tuple[str, DecisionLog, Any]) -> Iterator[Desk]:
    """Ann, a reviewer, on the page of runs; no error may be in her console at the end."""
    base, log, _ = site
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    desk = sit_down(context, base, log)
    desk.go("/enter?token=Ann:reviewer&next=/runs")
    yield desk
    context.close()
    assert [each for each in desk.errors if not _MEANT.search(each)] == []


def at_group(desk: Desk, *, size: int = 2) -> str:
    """Open an open group of `size` records or more, by itself; return its id."""
    asked = f"/api/runs/one/groups?state=open&size_from={size}&sort=size&reverse=true"
    lines = desk.page.request.get(desk.base + asked).json()["lines"]
    group: str = lines[0]["group_id"]
    desk.go(f"/runs/one/groups/{group}")
    return group


HOWS = pytest.mark.parametrize("how", ["keys", "mouse"])


# --- the way in and out ---


def test_the_token_leaves_the_address_at_once(ann: Desk) -> None:
    assert ann.page.url == f"{ann.base}/runs"
    assert ann.page.evaluate("document.referrer") == ""
    assert ann.page.evaluate("document.cookie") == ""
    ann.page.go_back()
    assert "token" not in ann.page.url


def test_a_user_signs_in_and_out(browser: Browser, workspace: Path) -> None:
    users = Users(workspace)
    users.put("Cleo", "reviewer", PASSWORD)
    with served(workspace, users) as (base, log, _):
        context = browser.new_context()
        cleo = sit_down(context, base, log)
        cleo.go("/runs/one/groups?q=a")
        cleo.page.get_by_label("Name").fill("Cleo")
        cleo.page.get_by_label("Password").fill("not the password")
        cleo.press("Enter")
        cleo.page.get_by_role("alert").wait_for()
        cleo.page.get_by_label("Name").fill("Cleo")
        cleo.page.get_by_label("Password").fill(PASSWORD)
        cleo.page.get_by_role("button", name="Sign in").click()
        cleo.page.wait_for_url("**/runs/one/groups?q=a")
        cleo.page.get_by_role("button", name="Sign out").click()
        cleo.page.wait_for_url("**/enter")
        cleo.go("/runs")
        assert "/enter" in cleo.page.url
        context.close()
        assert [each for each in cleo.errors if not _MEANT.search(each)] == []


def test_a_lost_session_is_told_and_nothing_is_decided(
    ann: Desk, site: tuple[str, DecisionLog, Any]
) -> None:
    at_group(ann)
    for session in site[2].state.office.sessions._by_key.values():
        session.ended = True
    ann.press("s")
    ann.page.locator("#said .wrong").wait_for()
    assert "session" in ann.page.locator("#said").inner_text()
    assert ann.log.entries() == []


# --- deciding ---


@HOWS
def test_the_queue_goes_on_by_itself(how: str, ann: Desk) -> None:
    ann.go("/runs/one/queue")
    seen = []
    for done, (name, key) in enumerate([("Same", "s"), ("Not the same", "d"), ("Same", "s")], 1):
        seen.append(group := ann.group())
        if len(ann.members()) == 1:
            ann.act("Disposition", "v", how)
            ann.confirm(how)
            assert ann.entry(done).kind == "disposition"
        else:
            ann.act(name, key, how)
            assert ann.entry(done).kind == ("same" if key == "s" else "different")
        ann.elsewhere(group)
    assert len(set(seen)) == 3
    assert {each.author for each in ann.log.entries()} == {"Ann"}


@HOWS
def test_skipping_decides_nothing_and_leads_back(how: str, ann: Desk) -> None:
    ann.go("/runs/one/queue")
    first = ann.group()
    ann.act("Skip", "j", how)
    second = ann.elsewhere(first)
    ann.press("k")
    assert ann.elsewhere(second) == first
    assert ann.log.entries() == []


@HOWS
def test_a_filtered_queue_goes_through_its_list_alone(how: str, ann: Desk) -> None:
    ann.go("/runs/one/groups?state=open&size_from=3&sort=name")
    order = [row.get_attribute("data-group") for row in ann.page.locator("tr[data-group]").all()]
    ann.page.locator("tr[data-group] a").nth(1).click()
    ann.page.wait_for_url("**queue=true**")
    asked = "size_from=3&sort=name&queue=true"
    assert ann.page.url.endswith(f"/groups/{order[1]}?{asked}")
    assert "3 records or more" in ann.page.locator(".walk").inner_text()
    for done, at in enumerate((2, 3), 1):
        ann.act("Same", "s", how)
        assert ann.elsewhere(str(order[at - 1])) == order[at]
        assert len(ann.log.entries()) == done
        assert ann.page.url.endswith(f"/groups/{order[at]}?{asked}")
    ann.act("Undo", "u", how)
    assert ann.elsewhere(str(order[3])) == order[2]
    assert ann.page.url.endswith(f"/groups/{order[2]}?{asked}")
    ann.page.get_by_role("link", name="List", exact=True).click()
    ann.page.wait_for_url("**/groups?size_from=3&state=open&sort=name")


def test_a_list_that_is_done_says_so_and_leads_on(ann: Desk) -> None:
    ann.go("/runs/one/queue?q=no-such-name-anywhere")
    ann.page.get_by_role("heading", name="Nothing is left to decide in this list").wait_for()
    ann.page.get_by_role("link", name="The whole queue").click()
    ann.page.wait_for_url("**/groups/*queue=true")


@HOWS
def test_a_group_is_split_into_named_parts(how: str, ann: Desk) -> None:
    at_group(ann, size=3)
    members = ann.members()
    ann.choose(2, how)
    ann.act("Split", "x", how)
    dialog = ann.page.locator("dialog[open]")
    dialog.get_by_text("Name the parts").click()
    dialog.get_by_label("Part A", exact=True).fill("North")
    dialog.get_by_label("Part B", exact=True).fill("South")
    dialog.get_by_label("Why").fill("two towns")
    ann.confirm(how)
    entry = ann.entry()
    assert (entry.kind, entry.names, entry.why) == ("split", ("North", "South"), "two towns")
    assert [len(part) for part in entry.parts] == [len(members) - 1, 1]
    assert next(iter(entry.parts[1])).record_id.startswith(members[1][:15])


@HOWS
def test_another_record_is_made_primary(how: str, ann: Desk) -> None:
    at_group(ann)
    second = ann.members()[1]
    ann.choose(2, how)
    ann.act("Make primary", "p", how)
    entry = ann.entry()
    assert entry.kind == "primary"
    assert [key.record_id[:15] for key in entry.records] == [second[:15]]


@HOWS
def test_a_record_gets_another_disposition(how: str, ann: Desk) -> None:
    at_group(ann)
    ann.choose(2, how)
    ann.act("Disposition", "v", how)
    dialog = ann.page.locator("dialog[open]")
    dialog.get_by_label("Delete").check()
    dialog.get_by_label("Why").fill("closed")
    ann.confirm(how)
    entry = ann.entry()
    assert (entry.kind, entry.value, entry.why) == ("disposition", "Delete", "closed")


def more(desk: Desk, what: str, how: str, *, text: str | None = None) -> Decision:
    """Do one of the rarer things, and return its entry."""
    desk.act("More", "m", how)
    dialog = desk.page.locator("dialog[open]")
    dialog.locator("select").first.select_option(what)
    if text is not None:
        dialog.locator("input").last.fill(text)
    desk.confirm(how)
    return desk.entry()


@HOWS
def test_a_note_is_written(how: str, ann: Desk) -> None:
    at_group(ann)
    entry = more(ann, "note", how, text="call them first")
    assert (entry.kind, entry.value) == ("note", "call them first")
    ann.page.get_by_text("call them first").first.wait_for()


@HOWS
def test_a_name_is_blacklisted(how: str, ann: Desk) -> None:
    at_group(ann)
    entry = more(ann, "blacklist", how, text="Test account")
    assert (entry.kind, entry.value) == ("blacklist", "Test account")


@HOWS
def test_a_record_is_moved_out(how: str, ann: Desk) -> None:
    at_group(ann)
    second = ann.members()[1]
    ann.choose(2, how)
    entry = more(ann, "out", how)
    assert entry.kind == "move"
    assert [key.record_id[:15] for key in entry.parts[0]] == [second[:15]]
    assert entry.parts[1] == ()


def test_a_value_is_chosen(ann: Desk) -> None:
    at_group(ann)
    cell = ann.page.locator("tr.differs td[data-cell]").first
    value = cell.inner_text().strip()
    cell.click()
    ann.confirm("mouse")
    entry = ann.entry()
    assert (entry.kind, entry.value) == ("value", value)


@HOWS
def test_what_was_done_is_undone_and_done_again(how: str, ann: Desk) -> None:
    group = at_group(ann)
    ann.press("s")
    ann.entry()
    ann.settled()
    ann.act("Undo", "u", how)
    assert ann.entry(2).kind == "undo"
    ann.settled()
    ann.act("Redo", "r", how)
    assert ann.entry(3).kind == "redo"
    ann.settled()
    ann.page.get_by_role("button", name="Take back").first.click()
    assert ann.entry(4).kind == "undo"
    assert ann.group() == group


def test_a_list_shows_what_one_person_decided(ann: Desk) -> None:
    ann.go("/runs/one/groups")
    assert ann.page.get_by_label("Decided by").count() == 0
    group = at_group(ann)
    ann.press("s")
    ann.entry()
    ann.settled()
    ann.go("/runs/one/groups")
    ann.page.get_by_label("Decided by").select_option("Ann")
    ann.page.wait_for_url("**by=Ann**")
    rows = ann.page.locator("table.groups tbody tr")
    assert rows.count() == 1
    assert rows.first.get_attribute("data-group") == group


def test_what_one_writes_decides_nothing(ann: Desk) -> None:
    at_group(ann)
    ann.press("m")
    ann.page.locator("dialog[open] input").last.fill("")
    ann.page.keyboard.type("sdxpvu")
    ann.close()
    ann.settled()
    assert ann.log.entries() == []


@HOWS
def test_a_list_is_decided_at_once_and_taken_back(how: str, ann: Desk) -> None:
    ann.go("/runs/one/groups?disposition=verify&size_from=3")
    ann.act("Decide on all", "b", how)
    dialog = ann.page.locator("dialog[open]")
    counted = int(re.findall(r"\d+", dialog.locator("h2").inner_text())[0])
    dialog.get_by_label("Why").fill("all of one import")
    ann.confirm(how)
    assert ann.entry(counted).why == "all of one import"
    ann.page.get_by_role("button", name="Take them back").click()
    ann.entry(2 * counted)
    ann.settled()
    ann.go("/runs/one/groups?state=decided")
    ann.page.get_by_text("No group is like that").wait_for()


def test_the_sample_is_judged_blindly(ann: Desk) -> None:
    ann.go("/runs/one")
    ann.page.get_by_role("link", name="Judge the sample").click()
    first = ann.group()
    assert ann.page.locator(".score, [data-explain]").count() == 0
    assert "primary" not in ann.page.locator("thead").inner_text()
    ann.press("s")
    ann.entry()
    ann.elsewhere(first)
    assert "blind=true" in ann.page.url


# --- looking ---


@HOWS
def test_a_list_is_searched_filtered_and_kept_as_an_address(how: str, ann: Desk) -> None:
    ann.go("/runs/one/groups")
    name = ann.page.locator("table.groups tbody th").first.inner_text()
    if how == "keys":
        ann.press("/")
    else:
        ann.page.get_by_label("Search").click()
    ann.page.keyboard.type(name)
    ann.press("Enter")
    ann.page.wait_for_url("**q=**")
    assert name in ann.page.locator("table.groups tbody").inner_text()
    ann.go("/runs/one/groups")
    ann.page.get_by_label("State").select_option("open")
    ann.page.wait_for_url("**state=open**")
    ann.page.get_by_label("Size from").fill("2")
    ann.page.get_by_role("button", name="Show").click()
    ann.page.wait_for_url("**size_from=2**")
    assert "q=" not in ann.page.url
    shown = ann.page.locator(".found").inner_text()
    ann.go(ann.page.url.removeprefix(ann.base))
    assert ann.page.locator(".found").inner_text() == shown
    if how == "keys":
        ann.press("j", "j", "k", "Enter")
    else:
        ann.page.locator("table.groups tbody tr td").first.click()
    ann.page.wait_for_url("**/groups/*")
    assert ann.group()


@HOWS
def test_a_link_is_explained_and_the_dialog_goes_away(how: str, ann: Desk) -> None:
    at_group(ann)
    if how == "keys":
        ann.press("w")
    else:
        ann.page.locator("a[data-explain]").first.click()
    ann.page.locator("dialog[open] table.waterfall").wait_for()
    ann.close()


def test_the_keys_are_told(ann: Desk) -> None:
    ann.press("?")
    assert "undo" in ann.page.locator("dialog[open]").inner_text()
    ann.close()


def test_a_second_person_sees_that_the_group_has_changed(
    ann: Desk, browser: Browser, site: tuple[str, DecisionLog, Any]
) -> None:
    group = at_group(ann)
    context = browser.new_context()
    bob = sit_down(context, site[0], site[1])
    bob.go("/enter?token=Bob:reviewer&next=/runs")
    bob.go(f"/runs/one/groups/{group}")
    assert "Ann" in bob.page.locator(".notice").first.inner_text()
    ann.page.wait_for_timeout(300)
    bob.press("d")
    bob.entry()
    ann.page.locator("[data-changed]").get_by_text("Bob decided").wait_for()
    ann.press("s")
    ann.page.locator("#said .wrong").wait_for()
    assert len(ann.log.entries()) == 1
    ann.settled()
    ann.press("s")  # having seen it, she may
    assert ann.entry(2).author == "Ann"
    context.close()
    assert [each for each in bob.errors if not _MEANT.search(each)] == []


# --- for everybody ---


def of_size(desk: Desk, query: str) -> dict[str, Any]:
    """Return the first group that a list holds."""
    found = desk.page.request.get(f"{desk.base}/api/runs/one/groups?{query}").json()
    line: dict[str, Any] = found["lines"][0]
    return line


@HOWS
def test_records_are_moved_to_a_group_that_is_searched_by_name(how: str, ann: Desk) -> None:
    group = at_group(ann, size=3)
    other = of_size(ann, "size_from=2&sort=name")
    assert other["group_id"] != group
    second = ann.members()[1]
    ann.choose(2, how)
    ann.act("More", "m", how)
    dialog = ann.page.locator("dialog[open]")
    assert dialog.locator("select").first.input_value() == "move"
    dialog.get_by_label("To which group").fill(other["name"])
    dialog.get_by_role("radio", name=other["name"]).first.check()
    ann.confirm(how)
    entry = ann.entry()
    assert entry.kind == "move"
    assert [key.record_id[:15] for key in entry.parts[0]] == [second[:15]]
    there = ann.page.request.get(f"{ann.base}/api/runs/one/groups/{other['group_id']}").json()
    members = {member["record_id"][:15] for member in there["members"]}
    assert {key.record_id[:15] for key in entry.parts[1]} <= members
    ann.page.get_by_role("heading", name="In the next run").wait_for()


def test_what_nearly_joined_is_offered_first(ann: Desk) -> None:
    lines = ann.page.request.get(f"{ann.base}/api/runs/one/groups?per_page=200").json()["lines"]
    for line in lines:
        path = f"/runs/one/groups/{line['group_id']}"
        page = ann.page.request.get(f"{ann.base}/api{path}").json()
        if page["near"]:
            break
    ann.go(path)
    ann.press("m")
    dialog = ann.page.locator("dialog[open]")
    dialog.locator("select").first.select_option("move")
    first = dialog.get_by_role("radio").first
    assert first.get_attribute("value") == page["near"][0]["record_id"]
    assert first.is_checked()
    assert "nearly joined" in dialog.get_by_role("radiogroup").inner_text()


@HOWS
def test_a_record_alone_is_joined_or_given_a_disposition(how: str, ann: Desk) -> None:
    group = of_size(ann, "size_to=1")
    ann.go(f"/runs/one/groups/{group['group_id']}")
    assert ann.page.get_by_role("button", name=re.compile("^(Same|Split)")).count() == 0
    for key in ("s", "d", "x", "p"):
        ann.press(key)
    ann.page.locator("#said .wrong").first.wait_for()
    assert "stands alone" in ann.page.locator("#said").inner_text()
    assert ann.log.entries() == []
    other = of_size(ann, "size_from=2&sort=name")
    ann.act("More", "m", how)
    dialog = ann.page.locator("dialog[open]")
    dialog.get_by_label("To which group").fill(other["name"])
    dialog.get_by_role("radio", name=other["name"]).first.check()
    ann.confirm(how)
    entry = ann.entry()
    assert entry.kind == "same"
    assert len(entry.parts[0]) == 2


def test_times_are_those_of_the_clock_on_the_wall(
    browser: Browser, site: tuple[str, DecisionLog, Any]
) -> None:
    base, log, _ = site
    context = browser.new_context(timezone_id="Asia/Kolkata", locale="en-IN")
    desk = sit_down(context, base, log)
    desk.go("/enter?token=Ann:reviewer&next=/runs")
    shown = desk.page.locator("table.runs time").first
    stored = datetime.fromisoformat(shown.get_attribute("datetime") or "")
    assert stored.utcoffset() == timedelta(0)
    here = stored + timedelta(hours=5, minutes=30)
    assert shown.inner_text() == f"{here:%Y-%m-%d %H:%M}"
    assert shown.get_attribute("title") == f"{stored:%Y-%m-%d %H:%M} UTC"
    at_group(desk)
    desk.press("s")
    desk.entry()
    desk.go("/runs/one/decisions")
    desk.page.locator("td time[title$=UTC]").wait_for()
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(
    scheme: str, width: int, browser: Browser, site: tuple[str, DecisionLog, Any]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    base, log, _ = site
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # for the checker's own script, which the app would not let in
    )
    desk = sit_down(context, base, log)

    def looked_at(name: str) -> list[str]:
        found = axe.run(desk.page).response["violations"]
        wide = desk.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return [f"{name}: wider than the window"] * wide + [
            f"{name}: {each['id']} {each['nodes'][0]['html'][:120]}"
            for each in found
            if each["impact"] in {"serious", "critical"}
        ]

    desk.go("/enter")
    wrong = looked_at("enter")
    desk.go("/enter?token=Ann:admin&next=/runs")
    group = at_group(desk, size=3)
    one, other = desk.members()[:2]
    desk.press("s")
    desk.entry()
    for name, path in {
        "runs": "/runs",
        "dashboard": "/runs/one",
        "list": "/runs/one/groups?state=open",
        "empty list": "/runs/one/groups?q=qqqqqqqq",
        "group": f"/runs/one/groups/{group}",
        "queue": "/runs/one/queue",
        "decisions": "/runs/one/decisions",
        "explain": f"/runs/one/explain?a={one}&b={other}",
        "report": "/runs/one/report",
        "error": "/runs/two",
        "API": "/api/docs",
        "filtered queue": "/runs/one/queue?disposition=verify&size_from=2&sort=score",
        "nothing left": "/runs/one/queue?q=qqqqqqqq",
        "sample": "/runs/one/sample",
        "one record": f"/runs/one/groups/{of_size(desk, 'size_to=1')['group_id']}",
        "files": "/runs/one/files",
        "lists": "/lists?run=one",
        "start": "/start",
        "compare": "/compare?a=one&b=one",
    }.items():
        desk.go(path)
        wrong += looked_at(name)
    at_group(desk, size=3)
    desk.choose(2, "keys")
    for key in ("?", "x", "v", "m"):
        desk.press(key)
        desk.page.locator("dialog[open]").wait_for()
        wrong += looked_at(f"dialog {key}")
        desk.close()
    desk.choose(2, "keys")
    desk.press("w")
    desk.page.locator("dialog[open]").wait_for()
    wrong += looked_at("dialog w")
    context.close()
    assert wrong == []
