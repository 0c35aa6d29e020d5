"""Block, record by record: keys, words one letter apart, keys crossed, blocks by size."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

import duckdb
import pyarrow as pa

from keepone.reference.keys import BITS, Key, keys_of, near_words
from keepone.schema import BLOCKING, CANDIDATES, LEFT_OUT
from keepone.settings import BlockSettings

_Row = dict[str, Any]
_Atoms = dict[int, int]  # the keys of one record: hash of the key to the bits of its kinds
_Crossings = dict[int, list[tuple[int, ...]]]  # per record, tuples of its keys in order
_Pairs = dict[tuple[int, int], int]

_FREE_PAIRS = 100_000
_MOST_SHARE = 0.2
_LEAST_LARGEST = 1_000
MOST_NEAR = 200
TINY_BLOCK = 4
_BUDGET_SHARES = (0.2, 0.5, 0.3)
_MOST_CROSSED = 6
_NEIGHBOURS_EACH = 6
_SAMPLED = 50_000


class _Hashes:
    """DuckDB's own hash, which breaks ties between blocks of one size."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")

    def of_texts(self, texts: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
        """Return the hash of each tuple of texts."""
        return self._of(set(texts), "VARCHAR")

    def of_atoms(self, atoms: Iterable[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
        """Return the hash of each tuple of hashes."""
        return self._of(set(atoms), "UBIGINT")

    def _of(self, tuples: set[Any], type_: str) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for width in {len(each) for each in tuples}:
            same = sorted(each for each in tuples if len(each) == width)
            names = ", ".join(f"part_{at}" for at in range(width))
            lists = ", ".join(f"unnest(${at + 1}::{type_}[]) AS part_{at}" for at in range(width))
            columns = [list(column) for column in zip(*same, strict=True)]
            hashes = self._connection.execute(
                f"SELECT hash({names}) FROM (SELECT {lists})", columns
            ).fetchall()
            found |= {each: hashed for each, (hashed,) in zip(same, hashes, strict=True)}
        return found


def block(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: BlockSettings,
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    origins: pa.Table,
) -> dict[str, pa.Table]:
    """Return `candidates`, `blocking` and `left_out`, as the stage of the same name promises."""
    copies: dict[int, int] = defaultdict(int)
    for representative in distinct.column("representative").to_pylist():
        copies[representative] += 1
    rows = {line["row"]: line for line in features.to_pylist() if line["row"] in copies}
    keys = keys_of(fields, features)
    budget = _FREE_PAIRS + settings.pairs_per_record * len(rows)
    blocks = _Blocks(rows, keys, budget=budget, share=settings.share)

    pairs: _Pairs = {(row, row): 0 for row, count in copies.items() if count > 1}
    origin = {line["row"]: line["origin"] for line in origins.to_pylist()}
    for left, right, bits in blocks.pairs():
        if left in origin and origin[left] == origin.get(right):
            continue
        ends = (min(left, right), max(left, right))
        pairs[ends] = pairs.get(ends, 0) | bits
    names = list(dict.fromkeys(key.field for key in keys))[:BITS]
    return {
        "candidates": pa.Table.from_pylist(
            [
                {"l": left, "r": right, "keys": bits}
                for (left, right), bits in sorted(pairs.items())
            ],
            schema=CANDIDATES.arrow(),
        ),
        "blocking": pa.Table.from_pylist(
            [blocks.told(key, name, pairs) for key, name in enumerate(names)],
            schema=BLOCKING.arrow(),
        ),
        "left_out": pa.Table.from_pylist(
            [
                {"row": line["row"]}
                for line in distinct.to_pylist()
                if line["representative"] in blocks.lost
            ],
            schema=LEFT_OUT.arrow(),
        ),
    }


class _Blocks:
    """The blocks of a file at three levels: single keys, crossed pairs, crossed triples."""

    def __init__(self, rows: dict[int, _Row], keys: list[Key], *, budget: int, share: int) -> None:
        self._hashes = _Hashes()
        self._largest = max(int(len(rows) * _MOST_SHARE), _LEAST_LARGEST)
        self._rows = rows
        self._strong: set[int] = set()
        self._alone: set[int] = set()
        single = self._atoms(keys)
        one, two, three = (each * budget for each in _BUDGET_SHARES)
        self._one = _Level(single, self._largest, one, share, self._alone)
        large = {row: self._one.large(atoms) for row, atoms in single.items()}
        pairs: _Crossings = {row: list(combinations(sorted(own), 2)) for row, own in large.items()}
        self._two = _Level(self._crossed(large, pairs), self._largest, two, share)
        triples = self._triples(large, pairs)
        self._three = _Level(self._crossed(large, triples), self._largest, three, share)
        self.lost = self._one.lost | self._two.lost | self._three.lost

    def _atoms(self, keys: list[Key]) -> dict[int, _Atoms]:
        """Return the keys of every record, hashed; notes which are strong, which stand alone."""
        atoms: dict[int, _Atoms] = {row: {} for row in self._rows}
        for key in keys:
            texts = {row: key.of(line) for row, line in self._rows.items()}
            whole = [(row, (key.space, text)) for row in texts for text in texts[row]]
            near = near_words([text for _, (_, text) in whole] if key.kind.near else [], MOST_NEAR)
            apart = [
                (row, (f"near:{key.field}", *both))
                for row, (_, text) in whole
                for both in near[text]
            ]
            hashes = self._hashes.of_texts(text for _, text in [*whole, *apart])
            for row, text in [*whole, *apart]:
                atoms[row][hashes[text]] = atoms[row].get(hashes[text], 0) | key.bit
            self._strong |= {hashes[text] for _, text in whole} if key.kind.strong else set()
            self._alone |= set() if key.kind.support else set(hashes.values())
        return atoms

    def _crossed(self, large: dict[int, _Atoms], crossings: _Crossings) -> dict[int, _Atoms]:
        """Return crossings of each record's frequent keys as keys of their own."""
        hashes = self._hashes.of_atoms(crossing for own in crossings.values() for crossing in own)
        return {
            row: {
                hashes[crossing]: reduce(or_, (large[row][atom] for atom in crossing))
                for crossing in own
            }
            for row, own in crossings.items()
        }

    def _triples(self, large: dict[int, _Atoms], pairs: _Crossings) -> _Crossings:
        """Return the triples a < b < c of frequent keys whose pair (a, b) is still frequent."""
        hashes = self._hashes.of_atoms(pair for own in pairs.values() for pair in own)
        crossed = self._crossed(large, pairs)
        found: _Crossings = {}
        for row, own in pairs.items():
            still_large = self._two.large(crossed[row])
            found[row] = [
                (*pair, third)
                for pair in own
                if hashes[pair] in still_large
                for third in sorted(large[row])
                if third > pair[1]
            ]
        return found

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """Yield the pairs of rows that share a block, with the bits of the keys that say so."""
        for level in (self._one, self._two, self._three):
            for atom, members in level.blocks.items():
                if level.makes_pairs(atom):
                    for left, right in combinations(members, 2):
                        both = members[left] & members[right]
                        yield left, right, both or members[left] | members[right]
        yield from self._neighbours()

    def _neighbours(self) -> Iterator[tuple[int, int, int]]:
        """Yield each record of a strong block past the cap with those that come next by content."""
        for atom, members in self._one.blocks.items():
            if atom in self._strong and len(members) > self._one.cap:
                order = sorted(members, key=lambda row: (_content(self._rows[row]), row))
                for at, row in enumerate(order):
                    for other in order[at + 1 : at + 1 + _NEIGHBOURS_EACH]:
                        yield row, other, members[row]

    def told(self, key: int, name: str, pairs: _Pairs) -> dict[str, Any]:
        """Return what a kind of key cost and found."""
        bit = 1 << key
        blocks = [
            members
            for atom, members in self._one.blocks.items()
            if len(members) > 1
            and any(bits & bit for bits in members.values())
            and self._one.stands_alone(atom)
        ]
        capped = [
            list(combinations(sorted(members), 2))
            for members in blocks
            if len(members) > self._one.cap
        ]
        step = len(pairs) // _SAMPLED + 1
        sampled = set(sorted(pairs)[::step])
        regained = sum(pair in sampled for made in capped for pair in made)
        borne: Counter[int] = Counter()
        for bits in pairs.values():
            if bits & bit:
                borne[bits] += 1
        return {
            "key": key,
            "name": name,
            "blocks": len(blocks) - len(capped),
            "pairs": sum(bits & bit != 0 for bits in pairs.values()),
            "alone": sum(bits == bit for bits in pairs.values()),
            "cost": sum(1000 * n // bits.bit_count() for bits, n in borne.items()) // 1000,
            "capped_blocks": len(capped),
            "capped_pairs": sum(len(made) for made in capped),
            "lost_pairs": max(sum(map(len, capped)) - step * regained, 0),
            "cap": self._one.cap,
        }


class _Level:
    """Blocks of keys, and the size up to which a share of the budget lets them make pairs.

    `lost` are the records of blocks that the whole budget would have paid for. Where `alone` is
    given, other keys make pairs by themselves only in tiny blocks.
    """

    def __init__(
        self,
        atoms: dict[int, _Atoms],
        largest: int,
        budget: float,
        share: int,
        alone: set[int] | None = None,
    ) -> None:
        self.blocks: dict[int, dict[int, int]] = defaultdict(dict)
        for row, own in atoms.items():
            for atom, bits in own.items():
                self.blocks[atom][row] = bits
        self._largest = largest
        self._alone = set(self.blocks) if alone is None else alone
        self.cap, whole = self._cap(budget * share / 100), self._cap(budget)
        self._full = self.cap if alone is None else whole
        # Of crossed keys nobody knows what the whole budget would have paid for.
        most = self.cap if share == 100 else largest if alone is None else whole
        self.lost = {
            row
            for atom, members in self.blocks.items()
            if self.cap < len(members) <= most and self.stands_alone(atom)
            for row in members
        }

    def _cap(self, budget: float) -> int:
        """Return the size of the largest blocks that `budget` pairs pay for, the smallest first."""
        cost: dict[int, int] = defaultdict(int)
        for atom, members in self.blocks.items():
            if 2 <= len(members) <= self._largest and self.stands_alone(atom):
                cost[len(members)] += len(members) * (len(members) - 1) // 2
        cap, spent = 1, 0
        for size in sorted(cost):
            spent += cost[size]
            if spent <= budget:
                cap = size
        return cap

    def stands_alone(self, atom: int) -> bool:
        """Return whether to share this key alone is a reason to compare."""
        return atom in self._alone or len(self.blocks[atom]) <= TINY_BLOCK

    def makes_pairs(self, atom: int) -> bool:
        """Return whether all pairs of a block are worth comparing."""
        return len(self.blocks[atom]) <= min(self.cap, self._largest) and self.stands_alone(atom)

    def large(self, own: _Atoms) -> _Atoms:
        """Return the rarest of a record's keys whose blocks make no pairs by themselves.

        Those go first that would make none with the whole budget either.
        """
        large = sorted(
            (size <= self._full and self.stands_alone(atom), size, atom)
            for atom in own
            if 2 <= (size := len(self.blocks[atom])) <= self._largest and not self.makes_pairs(atom)
        )
        return {atom: own[atom] for _, _, atom in large[:_MOST_CROSSED]}


def _content(row: _Row) -> str:
    """Return all that is compared of a record as one text, by which neighbours are found."""
    texts = [
        f"[{', '.join(value)}]" if isinstance(value, list) else value
        for name, value in row.items()
        if name != "row" and value is not None
    ]
    return " ".join(texts)
