"""Explains pairs of one run: finds the two records, and what brought them together or parted them.

Nothing is run again. What a run left out, such as the weight of a pair that was never compared, is
computed for the pair alone, with the run's own model and tables.
"""

from __future__ import annotations

from functools import cached_property

from keepone.explain import verdicts
from keepone.explain.explanation import Explanation, Keys, Link, Rejected, Split, Waterfall
from keepone.explain.keys import KeyFinder
from keepone.explain.places import Places
from keepone.explain.records import Found, RecordFinder
from keepone.explain.verdicts import Thresholds
from keepone.explain.waterfall import Comparer
from keepone.run_tables import RunTables
from keepone.runs import Run


def explain_pair(run: Run, id_a: str, id_b: str) -> Explanation:
    """Explain one pair of a finished run; for more than one, keep an `Explainer`."""
    return Explainer(run).explain(id_a, id_b)


class Explainer:
    """Explains any number of pairs of one finished run; what they share is read once."""

    def __init__(self, run: Run) -> None:
        """Take a finished run; `RunError` for another."""
        self._tables = RunTables(run)
        self._records = RecordFinder(self._tables)
        self._places = Places(self._tables)
        known = self._tables.manifest.thresholds
        self._thresholds = Thresholds(known["review"], known["join"])

    def explain(self, id_a: str, id_b: str) -> Explanation:
        """Explain the pair of the records with these ids.

        A Salesforce id may have 15 or 18 characters. Raises `RunError` for an id that stands
        neither in a record nor in a rejected row, and for the same record twice.
        """
        left, right = self._records.two(id_a, id_b)
        if isinstance(left, Found) and isinstance(right, Found):
            return self._explained(left, right)
        rows = tuple(each for each in (left, right) if isinstance(each, Rejected))
        verdict = verdicts.rejected(rows)
        return Explanation(
            run_id=self._tables.run.run_id,
            together=False,
            stage=verdict.stage,
            rule=verdict.rule,
            says=verdict.says,
            left=self._places.subject(left) if isinstance(left, Found) else None,
            right=self._places.subject(right) if isinstance(right, Found) else None,
            waterfall=None,
            rejected=rows,
        )

    def _explained(self, left: Found, right: Found) -> Explanation:
        places, thresholds = self._places, self._thresholds
        ends = (places.stands_for(left.row), places.stands_for(right.row))
        waterfall = self._waterfall((left.row, right.row), ends)
        subjects = (places.subject(left), places.subject(right))
        together = places.group(left.row) == places.group(right.row)
        path: tuple[Link, ...] = ()
        keys: Keys | None = None
        split: Split | None = None
        if not waterfall.compared:
            keys = self._keys.keys(*ends)
        held = places.held(left.row, right.row)
        parted = None if together else places.parted(left.row, right.row)
        others = None if together else places.groups_parted(left.row, right.row)
        if together and held is not None:
            verdict = verdicts.held_together(waterfall, held)
        elif together:
            path = self._path(left, right, waterfall)
            equal = ends[0] == ends[1]
            verdict = verdicts.together(waterfall, path, thresholds, equal=equal)
        elif parted is not None:
            verdict = verdicts.held_apart(waterfall, parted)
        elif keys is not None and places.share_a_source(left.row, right.row):
            verdict = verdicts.same_source(waterfall, str(places.link))
        elif keys is not None:
            verdict = verdicts.not_compared(waterfall, keys)
        elif not thresholds.joins(waterfall):
            verdict = verdicts.below(waterfall, thresholds)
        elif others is not None:
            verdict = verdicts.groups_held_apart(waterfall, others)
        elif places.is_apart(left.row) or places.is_apart(right.row):
            alone = subjects[0 if places.is_apart(left.row) else 1]
            verdict = verdicts.copies_apart(waterfall, alone, thresholds)
        else:
            split = places.split(left.row, right.row, thresholds.join)
            verdict = verdicts.split(waterfall, split, subjects)
        return Explanation(
            run_id=self._tables.run.run_id,
            together=together,
            stage=verdict.stage,
            rule=verdict.rule,
            says=verdict.says,
            left=subjects[0],
            right=subjects[1],
            waterfall=waterfall,
            path=path,
            keys=keys,
            split=split,
        )

    def _waterfall(self, rows: tuple[int, int], ends: tuple[int, int]) -> Waterfall:
        pair = (min(ends), max(ends))
        stored = self._places.stored(pair)
        compared = stored is not None or self._places.is_candidate(pair)
        return self._comparer.compare(rows, ends, stored, compared=compared)

    def _path(self, left: Found, right: Found, waterfall: Waterfall) -> tuple[Link, ...]:
        """Return the links that hold two records of a group together better than their own."""
        path = self._places.path(left, right)
        own = waterfall.probability if waterfall.kept else 0.0
        return path if path and min(link.probability for link in path) > own else ()

    @cached_property
    def _comparer(self) -> Comparer:
        return Comparer(self._tables, self._places.unequal_count)

    @cached_property
    def _keys(self) -> KeyFinder:
        return KeyFinder(self._tables, self._places.unequal)
