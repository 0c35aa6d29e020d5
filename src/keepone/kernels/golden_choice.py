"""Which value of a group becomes the golden one: of a column by itself, or of an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from keepone.kernels.encoding import Longs
from keepone.kernels.golden_cells import Cells
from keepone.kernels.roster import NONE, Bools, Roster, at_places
from keepone.settings import Strategy

# How often parts of an address are found again counts for less than one part more.
_MOST_AGREEMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class Choice:
    """The golden values of one column, for each group of a roster.

    `place` is where the value stands, -1 for none; `joined` has the text where it stands in no cell
    as a whole. `beaten` are the places, in order, of the values that differ from it; `there` tells
    the groups in which any record has a value.
    """

    cells: Cells
    there: Bools
    place: Longs
    beaten: Longs
    joined: dict[int, str] = field(default_factory=dict)


def choose_value(roster: Roster, cells: Cells, score: Longs | None, *, own: bool = False) -> Choice:
    """Choose a column's values by the highest score, by standing where that leaves several.

    With `own`, the primary's value is chosen whatever it is. Where the best says the same as the
    primary, the primary's writing stands.
    """
    candidates = cells.filled & roster.gives
    place = roster.best(candidates)
    if own:
        place = np.where(cells.filled[roster.first], roster.first, NONE)
    # In most groups all cells say the same: only the others have to be read.
    differ = (roster.mixed(cells.code) | (place < 0))[roster.at] & cells.filled
    alike = cells.alike(roster, differ)
    if score is not None:
        best = roster.best(candidates & differ, score)
        place = np.where(best >= 0, best, place)
    place = _in_own_writing(roster, alike, place)
    return Choice(cells, _there(roster, cells), place, _beaten(roster, differ, alike, place))


def choose_frequent(roster: Roster, cells: Cells) -> Choice:
    """Choose the values that most records of a group give."""
    marks = cells.filled & roster.gives & roster.mixed(cells.code)[roster.at]
    return choose_value(roster, cells, roster.counts(marks, cells.alike(roster, marks)))


def choose_union(roster: Roster, cells: Cells, separator: str) -> Choice:
    """Join the values of lists, each once, in the order of the records' standing.

    Where one cell has them all, it stands as it is.
    """
    chosen = choose_value(roster, cells, None)
    place, joined = chosen.place.copy(), {}
    lost: list[int] = []
    open_places = np.flatnonzero(roster.mixed(cells.code)[roster.at] & cells.filled)
    for members in _by_group(roster, open_places):
        items = {at: _items(cells.texts[cells.code[at]].as_py(), separator) for at in members}
        giving = [at for at in members if roster.gives[at]]
        together: dict[str, str] = {}
        for at in giving:
            together |= {key: item for key, item in items[at].items() if key not in together}
        whole = [at for at in giving if len(items[at]) == len(together)]
        lost += [at for at in members if items[at].keys() - together.keys()]
        group = int(roster.at[members[0]])
        if whole:
            place[group] = whole[0]
        elif giving:
            place[group] = NONE
            joined[group] = separator.join(together.values())
    marks = np.zeros(len(roster.rows), dtype=bool)
    marks[lost] = True
    # A group without a value to choose keeps what it could not take.
    unread = cells.filled & (chosen.place < 0)[roster.at]
    beaten = roster.distinct(marks | unread, cells.alike(roster, marks | unread))
    return Choice(cells, chosen.there, place, beaten, joined)


def choose_address(
    roster: Roster,
    parts: Sequence[Cells],
    telling: Sequence[bool],
    strategy: Strategy,
    score: Longs | None,
) -> list[Choice]:
    """Choose the parts of an address from one record.

    By `primary`, the primary's own stands if it has any part. Else the highest score decides; where
    there is none, who has the most parts, then whose parts most others share; by `most_frequent`
    the latter alone. What the best lacks is taken from one other record, if the two agree.
    """
    filled = np.sum([cells.filled for cells in parts], axis=0)
    candidates = (filled > 0) & roster.gives
    # Each part is read where it is filled in a group in which any part is not the same throughout.
    differ = np.zeros(len(roster.first), dtype=bool)
    for cells in parts:
        differ |= roster.mixed(cells.code) | roster.mixed(cells.filled.astype(np.int64))
    wanting = roster.best(candidates) < 0
    marks = (differ | wanting)[roster.at]
    alike = [cells.alike(roster, marks) for cells in parts]
    if score is None:
        score = _agreement(roster, alike, candidates & marks)
        if strategy != "most_frequent":
            score += filled * _MOST_AGREEMENT
    best = roster.best(candidates & marks, score)
    place = np.where(best >= 0, best, roster.best(candidates))
    if strategy == "primary":
        place = np.where(filled[roster.first] > 0, roster.first, place)
    donor = _donor(roster, alike, telling, place, candidates)
    chosen = []
    for cells, codes in zip(parts, alike, strict=True):
        has = at_places(cells.code, place) >= 0
        given = at_places(cells.code, donor) >= 0
        part = np.where(has, place, np.where(given, donor, NONE))
        part = _in_own_writing(roster, codes, part)
        beaten = _beaten(roster, marks & cells.filled, codes, part)
        chosen.append(Choice(cells, _there(roster, cells), part, beaten))
    return chosen


def _donor(
    roster: Roster,
    alike: Sequence[Longs],
    telling: Sequence[bool],
    place: Longs,
    candidates: Bools,
) -> Longs:
    """Return for each group whose address agrees with the chosen one and fills most of its gaps."""
    agrees = candidates.copy()
    shown = np.zeros(len(roster.rows), dtype=bool)
    fills = np.zeros(len(roster.rows), dtype=np.int64)
    for codes, tells in zip(alike, telling, strict=True):
        chosen = at_places(codes, place)[roster.at]
        agrees &= (codes < 0) | (chosen < 0) | (codes == chosen)
        fills += (codes >= 0) & (chosen < 0)
        if tells:
            shown |= (codes >= 0) & (codes == chosen)
    return roster.best(agrees & shown & (fills > 0), fills)


def _agreement(roster: Roster, alike: Sequence[Longs], candidates: Bools) -> Longs:
    """Return at each place how many records share its parts, summed over the parts."""
    found = np.zeros(len(roster.rows), dtype=np.int64)
    for codes in alike:
        found += roster.counts(candidates & (codes >= 0), codes)
    return np.minimum(found, _MOST_AGREEMENT - 1)


def _in_own_writing(roster: Roster, alike: Longs, place: Longs) -> Longs:
    """Return the places, the primary's own where it says the same."""
    own, chosen = alike[roster.first], at_places(alike, place)
    return np.where((own >= 0) & (own == chosen), roster.first, place)


def _beaten(roster: Roster, marks: Bools, alike: Longs, place: Longs) -> Longs:
    chosen = at_places(alike, place)[roster.at]
    return roster.distinct(marks & (alike >= 0) & (alike != chosen), alike)


def _there(roster: Roster, cells: Cells) -> Bools:
    there = np.zeros(len(roster.first), dtype=bool)
    there[roster.at[cells.filled]] = True
    return there


def _by_group(roster: Roster, places: Longs) -> list[list[int]]:
    ends = np.flatnonzero(np.diff(roster.at[places])) + 1
    return [part.tolist() for part in np.split(places, ends) if len(part)]


def _items(text: str, separator: str) -> dict[str, str]:
    """Return the values of a list as they are written, by what makes two of them the same."""
    items: dict[str, str] = {}
    for item in text.split(separator):
        if written := " ".join(item.split()):
            items.setdefault(written.casefold(), written)
    return items
