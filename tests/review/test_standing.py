"""What decisions make of groups: a function of the run and the log, however entries arrive."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepone.decisions import Decision, RecordKey
from keepone.decisions.history import in_force
from keepone.decisions.log import DecisionLog
from keepone.errors import DecisionError
from keepone.review.dashboard import dashboard
from keepone.review.desk import OpenRun
from keepone.review.logbook import LogQuery, log_page
from keepone.review.standing import Standing

SETTLING = {"same", "different", "split", "move", "disposition"}
AUTHORS = ("Ann", "Bob")

keys = st.lists(st.integers(0, 60), min_size=2, max_size=4, unique=True)
# What somebody does to the log: decides, undoes, redoes, has a record forgotten, or takes over
# entries from elsewhere, which may undo what is undone already.
deeds = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["same", "different", "note", "disposition", "move"]), keys),
        st.tuples(st.sampled_from(["undo", "redo", "update"]), st.just([0])),
        st.tuples(st.just("forget"), st.lists(st.integers(0, 60), min_size=1, max_size=1)),
        st.tuples(st.just("undone elsewhere"), st.lists(st.integers(0, 30), min_size=1)),
    ),
    max_size=14,
)


def decision(kind: Any, author: str, records: list[RecordKey]) -> Decision:
    """Return a decision of a kind on records."""
    first, *rest = records
    parts: dict[str, tuple[tuple[RecordKey, ...], ...]] = {
        "different": tuple((key,) for key in records),
        "move": ((first,), (), tuple(rest)),
    }
    value = {"note": "x", "disposition": "Keep"}.get(kind)
    return Decision(kind, author, parts.get(kind, (tuple(records),)), value=value)


def key_of(opened: OpenRun, number: int) -> RecordKey:
    """Return the key of one of the doubtful records and their neighbours; some are in no run."""
    if number > 50:
        return RecordKey.of(f"gone-{number}")
    proposed = opened.prepared.records.column("proposed_disposition")
    doubtful = np.flatnonzero(proposed.is_valid().to_numpy(zero_copy_only=False))
    row = int(doubtful[number % len(doubtful)]) + number % 2
    return RecordKey.of(opened.prepared.records.column("record_id")[row].as_py())


def do(log: DecisionLog, opened: OpenRun, what: str, numbers: list[int], author: str) -> None:
    """Do one thing to the log; what the log refuses is not done."""
    if what == "undo":
        log.undo(author)
    elif what == "redo":
        log.redo(author)
    elif what == "forget":
        log.forget(key_of(opened, numbers[0]).record_id, author)
    elif what == "undone elsewhere":
        entries = [each for each in log.entries() if each.kind not in {"forget", "undo", "redo"}]
        if entries:
            target = entries[numbers[0] % len(entries)]
            log.extend([Decision("undo", author, undoes=target.id)])
    elif what != "update":
        records = list(dict.fromkeys(key_of(opened, number) for number in numbers))
        if len(records) > 1:
            log.append(decision(what, author, records))


def facts(standing: Standing, groups: int) -> dict[str, Any]:
    """Return all that a standing says."""
    overlay = standing.overlay
    authors = {each.author for each in standing.entries()}
    by = {name: sorted(overlay.by(name).tolist()) for name in authors}
    return {
        "open": np.flatnonzero(overlay.open).tolist(),
        "decided": np.flatnonzero(overlay.decided).tolist(),
        "by": {name: groups for name, groups in by.items() if groups},
        "force": [each.id for each in standing.in_force()],
        "about": {at: [each.id for each in standing.about(at)] for at in range(groups)},
        "version": [standing.version(at) for at in range(groups)],
        "position": standing.position,
    }


def naive(opened: OpenRun, log: DecisionLog) -> dict[str, Any]:
    """Return the same from the whole log, the plain way."""
    ids = {
        RecordKey.of(record_id): row
        for row, record_id in enumerate(opened.prepared.records.column("record_id").to_pylist())
    }
    group_at = opened.prepared.group_at
    held = in_force(log.entries())
    by: defaultdict[str, set[int]] = defaultdict(set)
    about: defaultdict[int, list[str]] = defaultdict(list)
    settled: set[int] = set()
    for entry in held:
        rows = {ids[key] for key in entry.records if key in ids}
        for group in {int(group_at[row]) for row in rows}:
            by[entry.author].add(group)
            about[group].insert(0, entry.id)
        settled |= rows if entry.kind in SETTLING else set()
    proposed = opened.prepared.records.column("proposed_disposition").to_pylist()
    waiting = [row for row, value in enumerate(proposed) if value and row not in settled]
    return {
        "open": sorted({int(group_at[row]) for row in waiting}),
        "decided": sorted(set().union(*by.values())),
        "by": {name: sorted(groups) for name, groups in by.items()},
        "force": [each.id for each in held],
        "about": {at: about[at] for at in range(len(opened.prepared.groups))},
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds, authors=st.lists(st.sampled_from(AUTHORS), min_size=14, max_size=14))
def test_a_standing_is_a_function_of_the_run_and_the_log(
    made_open: OpenRun, deeds: list[tuple[str, list[int]]], authors: list[str]
) -> None:
    count = len(made_open.prepared.groups)
    with (
        tempfile.TemporaryDirectory() as folder,
        DecisionLog(Path(folder) / "log.sqlite") as log,
    ):
        each, some = (Standing(made_open.prepared, log) for _ in range(2))
        for (what, numbers), author in zip(deeds, authors, strict=False):
            try:
                do(log, made_open, what, numbers, author)
            except DecisionError:
                continue
            each.update()
            if what == "update":
                some.update()
        some.update()
        new = Standing(made_open.prepared, log)
        new.update()
        found = facts(new, count)
        assert facts(each, count) == found
        assert facts(some, count) == found
        expected = naive(made_open, log)
        assert {name: found[name] for name in expected} == expected


def test_what_an_update_changed_are_the_groups_of_the_new_entries(opened: OpenRun) -> None:
    standing, log = opened.standing, opened.log
    keys = [key_of(opened, number) for number in range(0, 12, 2)]
    log.append(decision("same", "Ann", keys[:2]))
    rows = {opened.prepared.row(key.record_id) or 0 for key in keys[:2]}
    assert standing.update().groups == {int(opened.prepared.group_at[row]) for row in rows}
    assert standing.update().groups == frozenset()
    log.append(Decision("blacklist", "Ann", value="none"))
    assert standing.update().groups == frozenset()


def test_what_others_write_to_the_log_is_seen_without_deciding(opened: OpenRun) -> None:
    before = opened.standing.overlay.left
    at = int(np.flatnonzero(opened.standing.overlay.open)[0])
    rows = opened.prepared.rows_of(at).tolist()
    ids = opened.prepared.records.column("record_id")
    opened.log.append(
        Decision(
            "disposition", "Bob", (tuple(RecordKey.of(ids[r].as_py()) for r in rows),), value="Keep"
        )
    )
    opened.standing.update()
    assert opened.standing.overlay.left == before - 1 == int(opened.standing.overlay.open.sum())


# --- what the dashboard and the log make of it ---


def pair(opened: OpenRun, at: int) -> list[RecordKey]:
    """Return two records of a group."""
    ids = opened.prepared.records.column("record_id")
    return [RecordKey.of(ids[int(row)].as_py()) for row in opened.prepared.rows_of(at)[:2]]


def test_the_dashboard_counts_what_was_decided(opened: OpenRun) -> None:
    groups = [
        at
        for at in np.flatnonzero(opened.standing.overlay.open).tolist()
        if len(opened.prepared.rows_of(at)) == 2
    ][:4]
    before = dashboard(opened)
    assert before.open == before.doubtful
    assert (before.decisions, before.by) == (0, {})
    assert sum(hour.decisions for hour in before.hours) == 0
    for count, at in enumerate(groups):
        opened.log.append(decision("different" if count else "same", "Ann", pair(opened, at)))
    opened.log.append(decision("same", "Bob", [RecordKey.of("gone-1"), RecordKey.of("gone-2")]))
    opened.log.undo("Ann")
    opened.standing.update()
    after = dashboard(opened)
    assert after.open == before.open - 3
    assert (after.decisions, after.by) == (3, {"Ann": 3})
    assert sum(hour.decisions for hour in after.hours) == 3
    judged = [(each.pairs, each.same) for each in after.agreement if each.pairs]
    assert sum(pairs for pairs, _ in judged) == 3
    assert sum(same for _, same in judged) == 1
    assert sum(step.count for step in after.funnel if step.label == "Records") == 1_200


def test_the_sample_says_how_often_the_run_is_right(opened: OpenRun) -> None:
    drawn = opened.sample.tolist()
    assert len(set(drawn)) == len(drawn) > 10
    verify = opened.prepared.groups.column("verify").to_numpy()
    assert not verify[drawn].any()
    ids = opened.prepared.records.column("record_id")
    for count, at in enumerate(drawn[:10]):
        rows = opened.prepared.rows_of(at).tolist()
        records = [RecordKey.of(ids[row].as_py()) for row in rows]
        opened.log.append(decision("different" if count < 2 else "same", "Ann", records))
    opened.standing.update()
    sample = dashboard(opened).sample
    assert (sample.decided, sample.right) == (10, 8)
    assert sample.low is not None
    assert sample.high is not None
    assert 0.4 < sample.low < 0.8 < sample.high < 1


def test_the_log_tells_what_became_of_each_decision(opened: OpenRun) -> None:
    at = int(np.flatnonzero(opened.prepared.groups.column("size").to_numpy() == 2)[0])
    first, second = pair(opened, at)
    gave_way = opened.log.append(decision("same", "Ann", [first, second]))
    holds = opened.log.append(decision("different", "Bob", [first, second]))
    taken = opened.log.append(decision("note", "Ann", [first, second]))
    opened.log.undo("Ann")
    gone = opened.log.append(decision("same", "Bob", [RecordKey.of("a"), RecordKey.of("b")]))
    opened.standing.update()
    page = log_page(opened, LogQuery())
    assert {line.id: line.state for line in page.lines} == {
        gave_way.id: "gave way",
        holds.id: "holds",
        taken.id: "taken back",
        gone.id: "not in this run",
    }
    assert [line.position for line in page.lines] == sorted(
        (line.position for line in page.lines), reverse=True
    )
    (line,) = log_page(opened, LogQuery(state="gave way")).lines
    assert "Bob" in (line.gave_way_to or "")
    assert log_page(opened, LogQuery(by="Bob")).decisions == 2
    assert log_page(opened, LogQuery(kind="note", by="Bob")).decisions == 0
    assert log_page(opened, LogQuery(page=9)).lines == []
