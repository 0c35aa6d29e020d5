"""The log: what is added is there, in order, for all who read; what is taken back comes back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pytest

from keepone.config import load_settings
from keepone.decisions import Decision, RecordKey
from keepone.decisions.database import ENTRIES, FORMAT_TABLE, METADATA, TOUCHED
from keepone.decisions.decision import different, same
from keepone.decisions.history import in_force
from keepone.decisions.log import DecisionLog
from keepone.decisions.workspace import LOG_FILE, open_log
from keepone.errors import ChangedError, DecisionError, UserError
from keepone.kernels.salesforce_ids import eighteen

A, B, C = (RecordKey.of(name) for name in "abc")


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DecisionLog]:
    if request.param == "sqlite":
        with open_log(tmp_path) as log:
            yield log
        return
    with DecisionLog(request.getfixturevalue("postgresql")) as log:
        yield log
        with log._engine.begin() as connection:
            METADATA.drop_all(connection)


def held(log: DecisionLog) -> list[str]:
    return [entry.id for entry in in_force(log.entries())]


def test_entries_come_back_as_they_were_added(log: DecisionLog) -> None:
    given = [
        same("Zoë", [A, B], "zwei, “gleich”"),
        different("b", [A, B, C]),
        Decision("split", "b", ((A,), (B, C)), names=("Nord", "Süd"), seen=("ids_differ",)),
        Decision("move", "b", ((A,), (), (B,)), version=3),
        Decision("value", "b", ((A,),), field="phone", value="+1 555"),
        Decision("blacklist", "b", value="Test Account"),
        Decision("note", "b", value="ask again in May"),
    ]
    added = [log.append(each) for each in given]
    assert [each.position for each in added] == list(range(1, 8))
    assert log.entries() == added
    assert log.entries(after=5) == added[5:]
    assert log.about(C) == [added[1], added[2]]
    assert log.position() == 7
    assert (log.version([C]), log.version([A, C]), log.version([RecordKey.of("z")])) == (3, 5, 0)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (same("a", [A]), "two records"),
        (same("a", [A, A]), "twice"),
        (same(" ", [A, B]), "author"),
        (same("a", [A, RecordKey.of("")]), "without an id"),
        (same("a\0", [A, B]), "databases"),
        (same("a", [A, B], "x" * 20_001), "20,000"),
        (Decision("sme", "a"), "not known"),  # type: ignore[arg-type]
        (Decision("different", "a", ((A, B), (C,))), "one record in each"),
        (Decision("split", "a", ((A,),)), "too few"),
        (Decision("split", "a", ((A,), ())), "without records"),
        (Decision("move", "a", ((A,), (), ())), "nowhere"),
        (Decision("primary", "a", ((A, B),)), "one record"),
        (Decision("value", "a", ((A,),), value="x"), "field"),
        (Decision("disposition", "a", ((A,),), value="Update"), "Keep, Merge"),
        (Decision("disposition", "a", ((A,),)), "value"),
        (Decision("blacklist", "a", value="**"), "letter"),
        (Decision("undo", "a"), "undoes"),
        (Decision("undo", "a", undoes="d-0"), "no decision d-0"),
        (Decision("note", "a", value="x", time="2026-01-01"), "UTC"),
        (Decision("note", "a", value="x", seen=("nothing",)), "knowing"),
    ],
)
def test_what_does_not_hold_together_is_refused(
    log: DecisionLog, decision: Decision, said: str
) -> None:
    with pytest.raises(DecisionError, match=said):
        log.append(decision)
    assert log.entries() == []


def test_undo_and_redo_go_on_without_end(log: DecisionLog) -> None:
    one, two = (log.append(same("ann", pair)).id for pair in ([A, B], [B, C]))
    other = log.append(same("bob", [A, C])).id
    assert held(log) == [one, two, other]
    for _ in range(3):
        assert log.undo("ann")
        assert held(log) == [one, other]
        assert log.undo("ann")
        assert held(log) == [other]
        assert log.undo("ann") is None
        assert log.redo("ann")
        assert held(log) == [one, other]
        assert log.redo("ann")
        assert log.redo("ann") is None
        assert held(log) == [one, two, other]
    log.undo("ann")
    three = log.append(same("ann", [A, B])).id
    assert log.redo("ann") is None  # who decides anew has nothing to redo
    assert log.undo("ann", other)
    assert held(log) == [one, three]
    assert log.undo("bob") is None  # it is taken back already
    with pytest.raises(DecisionError, match="taken back already"):
        log.undo("bob", other)
    taken = log.entries()[-1]
    assert log.undo("bob", taken.id)
    assert held(log) == [one, other, three]


def test_an_undo_touches_the_records_of_what_it_takes_back(log: DecisionLog) -> None:
    log.append(same("ann", [A, B]))
    log.append(same("ann", [B, C]))
    assert log.undo("ann")
    assert (log.version([A]), log.version([C])) == (1, 3)


def test_the_second_of_two_people_learns_that_a_group_has_changed(log: DecisionLog) -> None:
    shown = log.version([A, B, C])
    log.append(different("ann", [A, C]), shown=shown, group=[A, B, C])
    with pytest.raises(ChangedError, match="ann decided"):
        log.append(same("bob", [A, B]), shown=shown, group=[A, B, C])
    assert log.append(same("bob", [A, B]), shown=log.version([A, B, C]))
    assert len(log.entries()) == 2


def test_ids_of_15_and_18_characters_are_one_key(log: DecisionLog) -> None:
    log.append(same("ann", [RecordKey.of("0015f00002a0001"), A]))
    assert len(log.about(RecordKey.of("0015f00002a0001AAA"))) == 1
    short = ["0015f00002A0001", "001ZZZZZZZZZZZZ", "a0B5f00002a00Zz", "003000000000abc"]
    expected = eighteen(pa.array(short))[0].to_pylist()
    assert [RecordKey.of(each).record_id for each in short] == expected
    for other in ("001234567890123", "acme-15-letters", "0015f00002A0001AAB"):
        assert RecordKey.of(other).record_id == other
    assert RecordKey.of("crm:7", "crm") == RecordKey.of("7", "crm") == ("crm", "7")


def test_what_is_forgotten_is_gone_from_the_files(tmp_path: Path) -> None:
    secret = RecordKey.of("gone-with-the-wind")
    with open_log(tmp_path) as log:
        log.append(same("ann", [A, B, secret], "the wind said so"))
        log.append(Decision("value", "ann", ((secret,),), field="phone", value="+99 555"))
        log.undo("ann")
        log.append(same("ann", [A, B], "kept"))
        assert log.forget("gone-with-the-wind", "dpo") == 2
        assert log.forget("gone-with-the-wind", "dpo") == 0
        entries = log.entries()
    assert [each.kind for each in entries] == ["same", "value", "undo", "same", "forget"]
    assert [each.erased for each in entries] == [1, 1, 0, 0, 2]
    assert [each.kind for each in in_force(entries)] == ["same", "same"]
    assert entries[0].parts == ((A, B),)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert not any(word in content for word in (b"gone-with", b"wind said", b"+99"))


def test_a_log_is_taken_over_whole_and_once(tmp_path: Path) -> None:
    with open_log(tmp_path / "one") as one, open_log(tmp_path / "two") as two:
        one.append(same("ann", [A, B]))
        one.append(different("bob", [B, C]))
        one.undo("bob")
        entries = [Decision.from_dict(json.loads(each.as_json())) for each in one.entries()]
        assert entries == one.entries()
        assert len(two.extend(entries)) == 3
        assert two.extend(entries) == []
        assert two.entries() == one.entries()
        changed = Decision.from_dict(entries[0].as_dict() | {"why": "another"})
        with pytest.raises(DecisionError, match="another decision"):
            two.extend([same("eve", [A, C]), changed])
        assert two.entries() == one.entries()


def _add(path: Path, author: str, count: int) -> list[int]:
    with DecisionLog(path) as log:
        return [log.append(same(author, [A, B])).position for _ in range(count)]


@pytest.mark.parametrize("processes", [False, True], ids=["threads", "processes"])
def test_many_who_write_at_once_lose_nothing(tmp_path: Path, processes: bool) -> None:
    path = tmp_path / LOG_FILE
    pool = ProcessPoolExecutor(4, get_context("spawn")) if processes else ThreadPoolExecutor(8)
    with pool:
        futures = [pool.submit(_add, path, f"p{number}", 15) for number in range(8)]
        found = [future.result() for future in futures]
    assert sorted(position for each in found for position in each) == list(range(1, 121))
    assert all(each == sorted(each) for each in found)
    with DecisionLog(path) as log:
        assert [entry.position for entry in log.entries()] == list(range(1, 121))


def test_threads_share_one_open_log(log: DecisionLog) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda at: log.append(same(f"p{at % 8}", [A, B])), range(100)))
    assert sorted(each.position for each in done) == list(range(1, 101))


def test_what_is_no_log_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at " * 40)
    for where in (path, "mysql://host/db", "nothing://"):
        with pytest.raises(UserError) as told:
            DecisionLog(where)
        assert told.value.exit_code == 2
        assert told.value.hint


def test_a_log_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    open_log(tmp_path).close()
    with sqlite3.connect(tmp_path / LOG_FILE) as connection:
        connection.execute("UPDATE decision_format SET version = 9")
    with pytest.raises(DecisionError, match="format 9"):
        open_log(tmp_path)


def test_what_cannot_be_taken_back_is_told_with_what_to_do(log: DecisionLog) -> None:
    one = log.append(same("ann", [A, B]))
    log.undo("ann")
    log.append(Decision("note", "ann", ((A,),), value="x"))
    assert log.forget("a", "dpo", dataset="") == 2
    forgotten = log.entries()[-1]
    for entry, said, hint in (
        ("d-0", "there is no decision d-0 to take back",
         "`keepone decisions list` shows those there are."),
        (forgotten.id, f"there is no decision {forgotten.id} to take back",
         "`keepone decisions list` shows those there are."),
        (one.id, f"the decision {one.id} has been taken back already",
         "keepone decisions list --all shows by whom."),
    ):  # fmt: skip
        with pytest.raises(DecisionError) as told:
            log.undo("bob", entry)
        assert (told.value.message, told.value.hint) == (said, hint)
    assert log.entries()[-1] == forgotten


def test_an_undo_by_id_tells_why_and_a_redo_takes_it_back(log: DecisionLog) -> None:
    one = log.append(same("ann", [A, B]))
    taken = log.undo("bob", one.id, "asked them")
    assert taken is not None
    assert (taken.kind, taken.author, taken.undoes, taken.why) == (
        "undo", "bob", one.id, "asked them",
    )  # fmt: skip
    back = log.redo("bob")
    assert back is not None
    assert (back.kind, back.undoes, held(log)) == ("redo", taken.id, [one.id])
    again = log.undo("ann", back.id)
    assert again is not None
    assert (again.kind, held(log)) == ("undo", [])


def test_who_comes_second_is_told_who_was_first(log: DecisionLog) -> None:
    first = log.append(same("ann", [A, B]), shown=0)
    with pytest.raises(ChangedError) as told:
        log.append(same("bob", [B, C]), shown=0)
    assert told.value.message == (
        f"ann decided on these records at {first.time}, after you saw them"
    )
    assert told.value.hint == "Look at the group again, then decide."
    assert log.append(same("bob", [C, RecordKey.of("z")]), shown=0).position == 2


def test_ones_own_last_decision_is_found_behind_those_of_many_others(log: DecisionLog) -> None:
    own = log.append(same("ann", [A, B]))
    log.extend([Decision("note", "bob", value=f"{at}") for at in range(30)])
    theirs = [log.append(same("bob", [A, C])).id for _ in range(30)]
    for each in theirs:
        log.undo("cem", each)
    assert log.redo("ann") is None
    taken = log.undo("ann")
    assert taken is not None
    assert taken.undoes == own.id
    assert log.undo("ann") is None


def test_a_thousand_entries_and_records_are_found_as_one_is(tmp_path: Path) -> None:
    keys = [RecordKey.of(f"r{at:04d}") for at in range(1_002)]
    given = [same("ann", pair) for pair in zip(keys[::2], keys[1::2], strict=True)]
    with open_log(tmp_path) as log:
        assert len(log.extend(given)) == 501
        assert log.extend(given) == []
        assert log.version(keys) == 501
        assert log.version(keys[:1_000]) == 500
        assert log.version(reversed(keys)) == 501
        assert log.version([]) == 0


def test_entries_from_elsewhere_may_come_twice_and_after_what_was_forgotten(tmp_path: Path) -> None:
    one, other = same("ann", [A, B], "told"), same("ann", [A, B], "told")
    with open_log(tmp_path) as log:
        assert len(log.extend([one, one, other])) == 2
        log.forget("a", "dpo")
        assert log.extend([one, other]) == []  # what was forgotten does not come back
        assert all(each.erased for each in log.entries())
        wrong = Decision("note", "eve", value="x", id=other.id)
        fresh = Decision("note", "eve", value="x")
        changed = Decision("note", "eve", value="y", id=fresh.id)
        assert log.extend([wrong]) == []
        with pytest.raises(DecisionError) as told:
            log.extend([fresh, changed])
        assert told.value.message == f"the log has another decision with the id {fresh.id}"
        assert told.value.hint == "Nothing was taken over."


def test_what_is_forgotten_may_be_of_one_dataset(log: DecisionLog) -> None:
    crm, erp = RecordKey.of("7", "crm"), RecordKey.of("7", "erp")
    log.append(same("ann", [crm, A]))
    log.append(same("ann", [erp, A]))
    assert log.forget("7", "dpo", dataset="crm") == 1
    assert [each.parts for each in log.entries()] == [((A,),), ((erp, A),), ()]
    assert (log.about(crm), len(log.about(erp))) == ([], 1)
    assert log.forget("crm:7", "dpo", dataset="crm") == 0
    assert log.forget("7", "dpo") == 1
    told = log.entries()[-1]
    assert (told.kind, told.author, told.erased) == ("forget", "dpo", 1)
    assert log.faults() == []


def test_of_many_faults_twenty_are_named(tmp_path: Path) -> None:
    with open_log(tmp_path) as log:
        log.extend([Decision("note", "ann", ((A,),), value="x") for _ in range(25)])
        with log._engine.begin() as connection:
            connection.execute(TOUCHED.delete().where(TOUCHED.c.position > 5))
        assert len(log.faults()) == 20
        assert log.faults()[0].endswith("(6) is not found by the records that it names")
        with log._engine.begin() as connection:
            connection.execute(TOUCHED.delete())
        found = log.faults()
        assert len(found) == 21
        assert found[-1] == "and 5 faults more"


def test_every_entry_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with open_log(tmp_path) as log:
        given = [log.append(Decision("note", "ann", value="x")) for _ in range(3)]
        with log._engine.begin() as connection:
            connection.execute(ENTRIES.update().where(ENTRIES.c.position != 2).values(body="{"))
        assert log.faults() == [
            f"the decision {given[0].id} (1) cannot be read",
            f"the decision {given[2].id} (3) cannot be read",
        ]


def test_an_entry_that_takes_back_what_is_gone_is_a_fault(tmp_path: Path) -> None:
    with open_log(tmp_path) as log:
        one = log.append(same("ann", [A, B]))
        log.undo("ann")
        last = log.entries()[-1]
        with log._engine.begin() as connection:
            connection.execute(ENTRIES.delete().where(ENTRIES.c.position == 1))
            connection.execute(TOUCHED.delete().where(TOUCHED.c.position == 1))
        assert log.faults() == [
            "the decisions 1 to 1 are missing",
            f"the decision {last.id} (2) takes back {one.id}, which is missing",
        ]


def test_a_log_of_another_format_is_told_with_what_to_do(tmp_path: Path) -> None:
    with open_log(tmp_path) as log, log._engine.begin() as connection:
        connection.execute(FORMAT_TABLE.update().values(version=2))
    with pytest.raises(DecisionError) as told:
        open_log(tmp_path)
    assert told.value.message == (
        f"the log of decisions {tmp_path / LOG_FILE} is of format 2, and this release knows 1"
    )
    assert told.value.hint == "Use the release that wrote it, or a newer one."


def test_a_password_is_never_shown() -> None:
    url = "postgresql://ann:secret@localhost:1/none"
    settings = load_settings({"machine": {"decisions": url}})
    assert settings.machine.decisions == url
    assert "secret" not in settings.model_dump_json()
    with pytest.raises(DecisionError) as told:
        DecisionLog(url)
    assert "secret" not in f"{told.value.message} {told.value.hint}"
