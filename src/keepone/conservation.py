"""Laws that hold of every run: nothing is lost on the way, nothing is there twice, sums agree.

Each is checked on what the stages give, as soon as the last table that it reads is there and before
that is written under its name. What they found stands in the manifest as `checks`. A law that does
not hold is a fault of ours and ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.counts import DISPOSITIONS, ColumnReader
from keepone.errors import LawError
from keepone.manifest import Check
from keepone.rules.dispositions import RULES
from keepone.rules.golden import DECIDED

Ints: TypeAlias = npt.NDArray[np.int64]

# So many ids are named of the records that break a law; the others are counted.
_NAMED = 20
_MERGE, _DELETE, _VERIFY = map(DISPOSITIONS.index, ("Merge", "Delete", "Verify"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What laws go by: columns of the run's tables, and what it was given.

    `rows_read` are the rows of all input files, `labels` the settings' words for dispositions.
    """

    read: ColumnReader
    rows_read: int
    labels: Mapping[str, str]

    def ints(self, table: str, column: str) -> Ints:
        """Return a column of row numbers or counts, -1 where it is null."""
        values = pc.fill_null(self.read(table, column).cast(pa.int64()), -1)
        ints: Ints = values.to_numpy()
        return ints

    def texts(self, table: str, column: str) -> pa.Array:
        """Return a column of text as one array."""
        return self.read(table, column).cast(pa.large_string()).combine_chunks()

    def rows(self, table: str, column: str) -> Ints:
        """Return the rows of the records that a column names by their ids, -1 for no record."""
        places = pc.index_in(self.texts(table, column), self.texts("records", "record_id"))
        rows: Ints = pc.fill_null(places, -1).to_numpy().astype(np.int64)
        return rows

    def verdicts(self) -> Ints:
        """Return the place in `DISPOSITIONS` of each record's, by its rule; -1 without."""
        names = pa.array([rule.name for rule in RULES], pa.large_string())
        places = pc.fill_null(pc.index_in(self.texts("dispositions", "rule"), names), -1).to_numpy()
        known = np.array([*(DISPOSITIONS.index(rule.disposition) for rule in RULES), -1])
        found: Ints = known[places]
        return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What a law found: what it counted, the rows of records that break it, whether sums agree."""

    counts: dict[str, int]
    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    agree: bool = True

    @property
    def holds(self) -> bool:
        """Whether the law holds."""
        return self.agree and not len(self.rows)


@dataclass(frozen=True, slots=True)
class Law:
    """One law, in words; it can be checked when the tables that it `reads` are there."""

    says: str
    reads: tuple[str, ...]
    find: Callable[[Facts], Finding]

    def check(self, facts: Facts) -> tuple[Check, LawError | None]:
        """Return what the manifest says of the law, and the error that it calls for."""
        found = self.find(facts)
        check = Check(law=self.says, holds=found.holds, counts=found.counts)
        if found.holds:
            return check, None
        counted = ", ".join(f"{name} {count:,}" for name, count in found.counts.items())
        message = f"the run breaks a law: {self.says} ({counted})"
        if len(found.rows):
            message += f"; records concerned: {_named(facts, found.rows)}"
        hint = "Nothing was published. This is a fault of Keepone: please report it."
        return check, LawError(message, hint=hint)


def _named(facts: Facts, rows: Ints) -> str:
    """Return the ids of some records, at most `_NAMED`, and how many more there are."""
    rows = np.unique(rows)
    ids = facts.texts("records", "record_id")
    # A row that is none has no id: then the table of records itself is damaged.
    told = [ids[row].as_py() if 0 <= row < len(ids) else f"row {row}" for row in rows[:_NAMED]]
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return ", ".join(told) + more


def _missing_or_repeated(rows: Ints, records: int) -> Ints:
    """Return the rows below `records` that are not in `rows` once, and those that are none."""
    there = (rows >= 0) & (rows < records)
    times = np.bincount(rows[there], minlength=records)
    return np.concatenate([np.flatnonzero(times != 1), rows[~there]])


def _misplaced(rows: Ints, records: int) -> Ints:
    """Return the rows that do not stand at their own place, in a table of one line a record."""
    places = np.arange(records)
    if np.array_equal(rows, places):
        return places[:0]
    broken = _missing_or_repeated(rows, records)
    return broken if len(broken) else rows[rows != places]


def _equal(one: pa.Array, other: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which texts are the same; none is, where one is missing."""
    same = pc.fill_null(pc.equal(one, other), fill_value=False)
    return np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)


def _every_row_read(facts: Facts) -> Finding:
    records, rejects = len(facts.read("records", "row")), len(facts.read("rejects", "code"))
    counts = {"rows": facts.rows_read, "records": records, "rejects": rejects}
    return Finding(counts, agree=facts.rows_read == records + rejects)


def _every_record_once(facts: Facts) -> Finding:
    rows, cells = facts.ints("records", "row"), facts.ints("inputs", "row")
    counts = {"records": len(rows), "inputs": len(cells)}
    broken = np.concatenate([_misplaced(each, len(rows)) for each in (rows, cells)])
    if len(broken):
        return Finding(counts, broken)
    ids = facts.texts("records", "record_id").dictionary_encode()
    codes = ids.indices.to_numpy()
    return Finding(counts | {"ids": len(ids.dictionary)}, rows[np.bincount(codes)[codes] > 1])


def _every_record_in_one_group(facts: Facts) -> Finding:
    records = len(facts.read("records", "row"))
    broken = np.concatenate(
        [_misplaced(facts.ints(table, "row"), records) for table in ("groups", "members")]
    )
    if len(broken):
        return Finding({"records": records}, broken)
    row, group = np.arange(records), facts.ints("members", "group")
    foreign = (group < 0) | (group > row) | (group != facts.ints("groups", "group"))
    if foreign.any():
        return Finding({"records": records}, row[foreign])
    sizes = np.bincount(group, minlength=records)
    # A group is called by its smallest row, which is a member of it.
    wrong = (group[group] != group) | (facts.ints("members", "size") != sizes[group])
    return Finding({"records": records, "groups": int(np.count_nonzero(sizes))}, row[wrong])


def _one_primary(facts: Facts) -> Finding:
    group, primary = facts.ints("members", "group"), facts.ints("members", "primary")
    row = np.arange(len(group))
    there = (primary >= 0) & (primary < len(row))
    inside = np.where(there, primary, 0)
    wrong = ~there | (group[inside] != group) | (primary[group] != primary)
    primaries = np.count_nonzero(primary == row)
    counts = {"groups": len(np.unique(group)), "primaries": int(primaries)}
    return Finding(counts, row[wrong], agree=counts["groups"] == counts["primaries"])


def _every_record_told(facts: Facts) -> Finding:
    records = len(facts.read("records", "row"))
    row = facts.ints("dispositions", "row")
    broken = _misplaced(row, records)
    if len(broken):
        return Finding({"records": records, "dispositions": len(row)}, broken)
    verdicts = facts.verdicts()
    words = pa.array([facts.labels.get(each, each) for each in DISPOSITIONS], pa.large_string())
    expected = words.take(pa.array(verdicts, mask=verdicts < 0))
    told = _equal(facts.texts("dispositions", "disposition"), expected)
    proposed = facts.read("dispositions", "proposed_disposition").is_valid().to_numpy()
    wrong = ~told
    wrong |= proposed != (verdicts == _VERIFY)
    wrong |= pc.equal(facts.read("dispositions", "reason"), "").to_numpy()
    return Finding({"records": records, "dispositions": len(row)}, row[wrong])


def _merged_into_kept(facts: Facts) -> Finding:
    verdicts, primary = facts.verdicts(), facts.ints("members", "primary")
    merged = np.flatnonzero(verdicts == _MERGE)
    into = primary[merged]
    gone = np.isin(verdicts[into], [_MERGE, _DELETE]) | (into == merged)
    return Finding({"merged": len(merged)}, merged[gone])


def _golden_from_members(facts: Facts) -> Finding:
    group, primary = facts.ints("members", "group"), facts.ints("members", "primary")
    named, source = facts.ints("golden", "group"), facts.ints("golden", "source")
    decided = pc.equal(facts.read("golden", "strategy"), DECIDED).to_numpy()
    given = np.flatnonzero(source >= 0)
    foreign = np.ones(len(given), dtype=bool)
    inside = source[given] < len(group)
    at = source[given][inside]
    gives = (primary[at] == at) | (facts.verdicts()[at] == _MERGE) | decided[given][inside]
    foreign[inside] = (group[at] != named[given][inside]) | ~gives
    counts = {"values": len(given), "groups": len(np.unique(named))}
    alone = _lone(named, group)
    return Finding(counts, np.concatenate([source[given][foreign], alone]))


def _lone(named: Ints, group: Ints) -> Ints:
    """Return the groups of `golden` that are none, or have one record."""
    there = (named >= 0) & (named < len(group))
    sizes = np.bincount(group, minlength=len(group))
    return np.concatenate([named[~there], named[there][sizes[named[there]] < 2]])


def _sums_agree(facts: Facts) -> Finding:
    group, primary = facts.ints("members", "group"), facts.ints("members", "primary")
    rows = facts.rows("group_stats", "primary_id")
    firsts, sizes = np.unique(group, return_counts=True)
    counts = {"groups": len(firsts), "group_stats": len(rows)}
    wanted = primary[firsts]
    lost = np.setxor1d(wanted, rows)
    if len(lost) or len(rows) != len(firsts):
        return Finding(counts, lost[lost >= 0], agree=False)
    order = np.argsort(group[rows])
    wrong = facts.ints("group_stats", "size")[order] != sizes
    verdicts = facts.verdicts()
    for place, name in enumerate(DISPOSITIONS):
        told = facts.ints("group_stats", name.lower())[order]
        counts[name] = int(told.sum())
        wrong |= told != np.bincount(group[verdicts == place], minlength=len(group))[firsts]
    return Finding(counts, wanted[wrong])


def _published_whole(facts: Facts) -> Finding:
    group, primary = facts.ints("members", "group"), facts.ints("members", "primary")
    row = facts.rows("review_ready", "record_id")
    counts = {"records": len(group), "review_ready": len(row)}
    broken = _missing_or_repeated(row, len(group))
    if len(broken):
        return Finding(counts, broken[broken >= 0], agree=False)
    ids = facts.texts("review_ready", "group_id").dictionary_encode()
    code = np.empty(len(row), np.int64)
    code[row] = ids.indices.to_numpy()
    # Ids are unique, as another law has it: comparing them is faster than looking each one up.
    named = facts.texts("records", "record_id").take(pa.array(primary[row]))
    wrong = ~_equal(facts.texts("review_ready", "primary_id"), named)
    wrong |= facts.ints("review_ready", "is_primary") != (primary[row] == row)
    wrong |= facts.ints("review_ready", "group_size") != np.bincount(group)[group[row]]
    wrong |= (code[group] != code)[row]
    said = facts.texts("dispositions", "disposition").take(pa.array(row))
    wrong |= ~_equal(facts.texts("review_ready", "disposition"), said)
    counted = pc.is_in(ids.dictionary, facts.texts("group_stats", "group_id"))
    wrong |= ~counted.to_numpy(zero_copy_only=False)[code[row]]
    groups = len(np.unique(group))
    agree = len(ids.dictionary) == groups
    for table in ("group_stats", "golden_records"):
        listed = facts.texts(table, "group_id")
        counts[table] = len(listed)
        agree &= len(listed) == groups == len(listed.unique())
        agree &= bool(pc.all(pc.is_in(listed, ids.dictionary)).as_py())
    return Finding(counts, row[wrong], agree=agree)


LAWS: tuple[Law, ...] = (
    Law("every row read is a record or a reject", ("records", "rejects"), _every_row_read),
    Law("every record has one row and one id", ("records", "inputs"), _every_record_once),
    Law(
        "every record is in one group", ("records", "groups", "members"), _every_record_in_one_group
    ),
    Law("every group has one primary, a member of it", ("records", "members"), _one_primary),
    Law(
        "every record has one disposition, that of its rule, and a reason",
        ("records", "dispositions"),
        _every_record_told,
    ),
    Law(
        "what is merged goes into a primary that stays",
        ("records", "members", "dispositions"),
        _merged_into_kept,
    ),
    Law(
        "golden values come from the primary, merged members or people",
        ("records", "members", "dispositions", "golden"),
        _golden_from_members,
    ),
    Law(
        "every group is counted once, and its sums are those of its records",
        ("records", "members", "dispositions", "group_stats"),
        _sums_agree,
    ),
    Law(
        "what is published has every record and group once, with its verdict",
        ("records", "members", "dispositions", "group_stats", "review_ready", "golden_records"),
        _published_whole,
    ),
)


def laws_for(made: Sequence[str], there: set[str]) -> list[Law]:
    """Return the laws that can be checked once `made` is beside what was `there` before."""
    together = there.union(made)
    return [
        law for law in LAWS if together.issuperset(law.reads) and not there.issuperset(law.reads)
    ]
