"""The companies behind an export: what is true of each, before anyone types it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from keepone.generate import stocks
from keepone.generate.columns import Ints, Mask, Texts, texts
from keepone.generate.contacts import Phones, phones, web
from keepone.generate.lineage import (
    BRANCH,
    DIVISION,
    JUNK,
    SIBLING,
    Lineage,
    lineage,
)
from keepone.generate.names import Names, names
from keepone.generate.profiles import Profile
from keepone.generate.sites import Sites, distinct_cities, home_cities, sites
from keepone.generate.streams import Streams


@dataclass(frozen=True, slots=True)
class Companies:
    """One row per company.

    `guarded` companies are easily mistaken for another one: their records keep every word of the
    name, and what tells them apart. `other` is a second name, `number` a branch's store number,
    `place` a branch's place where it has no number; '' for none. `domain` is the web domain,
    `page` the path of a page on a platform. `moved` is the row of `second_sites` for companies that
    have moved, else -1.
    """

    lineage: Lineage
    size: Ints
    guarded: Mask
    country: Ints
    name: Texts
    other: Texts
    number: Texts
    place: Texts
    legal: Ints
    industry: Texts
    sites: Sites
    moved: Ints
    second_sites: Sites
    phones: Phones
    domain: Texts
    page: Texts

    def __len__(self) -> int:
        return len(self.size)


def companies(sizes: Ints, profile: Profile, streams: Streams) -> Companies:
    """Return one company for each size; `sizes` are numbers of records, largest first."""
    junk = min(round(profile.junk * int(sizes.sum())), int(np.count_nonzero(sizes == 1)))
    family = lineage(len(sizes), junk, profile, streams)
    real = len(sizes) - junk
    size = np.concatenate([sizes[:real][streams("sizes").order(real)], sizes[real:]])
    weights = np.array([country.weight for country in stocks.countries()])
    country = streams("country").pick(weights, len(sizes))[family.base]
    number, city = _branches(family, country, home_cities(country, streams("city")), streams)
    # Only bases get a name of their own; `source` says which one each company derives from.
    based = family.turn == 0
    invented = names(country[based], city[based], profile.name, streams, "name")
    source = (np.cumsum(based) - 1)[family.base]
    name = _named(family, invented, source, streams)
    guarded = (family.kind == JUNK) | family.famed | _common_key(invented)[source]
    name, city = _told_apart(family, country, name, city)
    place = np.where((family.kind == BRANCH) & (number == ""), stocks.cities().name[city], "")
    movers = (size > 1) & ~guarded & streams("moves").hits(0.1, len(sizes))
    domain, page = web(family, name, invented.stem[source], city, country=country, streams=streams)
    return Companies(
        lineage=family,
        size=size,
        guarded=guarded,
        country=country,
        name=name,
        other=_other_names(family, guarded, country, city, profile=profile.name, streams=streams),
        number=number,
        place=place,
        legal=_legal_forms(family, country, streams),
        industry=np.where(family.kind == JUNK, "", invented.industry[source]),
        sites=sites(country, city, streams, "site"),
        moved=np.where(movers, np.cumsum(movers) - 1, -1),
        second_sites=_second_sites(country[movers], city[movers], streams),
        phones=phones(family, city, streams),
        domain=domain,
        page=page,
    )


def _branches(family: Lineage, country: Ints, city: Ints, streams: Streams) -> tuple[Texts, Ints]:
    """Return store numbers ('' for none), and cities in which no two placed branches meet.

    A chain numbers its stores, or else it has one in each of some cities.
    """
    branch = family.kind == BRANCH
    base, turn = family.base, family.turn
    largest = np.bincount(base, minlength=len(base))[base]
    counts = np.array([len(distinct_cities(each)) for each in range(len(stocks.countries()))])
    numbered = streams("numbered").hits(0.6, len(base))[base] | (largest >= counts[country])
    # 37 and 9,973 are prime: no number comes twice before a chain has 9,973 stores.
    serial = (turn * 37 + streams("first store").below(9973, len(base))[base]) % 9973 + 1
    number = np.where(branch & numbered, serial.astype(str).astype(object), "")
    city = city.copy()
    for each, count in enumerate(counts.tolist()):
        rows = np.flatnonzero(branch & ~numbered & (country == each))
        city[rows] = distinct_cities(each)[(city[base[rows]] + turn[rows]) % count]
    return number, city


def _named(family: Lineage, invented: Names, source: Ints, streams: Streams) -> Texts:
    name = np.where(family.kind == SIBLING, invented.reworded[source], invented.text[source])
    division = np.flatnonzero(family.kind == DIVISION)
    phrase = texts(stocks.phrases("division"))
    turn = (family.base[division] + family.turn[division]) % len(phrase)
    name[division] = texts(
        pattern.format(x=stem)
        for pattern, stem in zip(phrase[turn], invented.stem[source[division]], strict=True)
    )
    junk = np.flatnonzero(family.kind == JUNK)
    placeholder = texts(stocks.phrases("junk"))
    name[junk] = placeholder[streams("junk").below(len(placeholder), len(junk))]
    return name


def _common_key(invented: Names) -> Mask:
    """Return which names share their first part and their trade with another."""
    keys = [
        f"{stem}|{trade}".lower() for stem, trade in zip(invented.stem, invented.trade, strict=True)
    ]
    count = Counter(keys)
    return np.array([count[key] > 1 for key in keys], dtype=bool)


def _told_apart(family: Lineage, country: Ints, name: Texts, city: Ints) -> tuple[Texts, Ints]:
    """Return names and cities such that no two companies of one name are in one city.

    A company that would meet its namesake moves on to the next city of its country, and gets a
    number into its name where all are taken. Branches stay: number or place tells them apart.
    """
    own = [stocks.cities().of(each) for each in range(len(stocks.countries()))]
    name, city = name.copy(), city.copy()
    seen: set[tuple[str, int]] = set()
    rows = np.flatnonzero((family.kind != BRANCH) & (family.kind != JUNK))
    for row in rows.tolist():
        called, home = name[row].lower(), int(city[row])
        cities = own[country[row]]
        for _ in range(cities.start, cities.stop):
            if (called, home) not in seen:
                break
            home = home + 1 if home + 1 < cities.stop else cities.start
        else:
            # Every city of the country has one by now.
            name[row] = f"{name[row]} {row}"
            called = name[row].lower()
        seen.add((called, home))
        city[row] = home
    return name, city


def _other_names(
    family: Lineage, guarded: Mask, country: Ints, city: Ints, *, profile: str, streams: Streams
) -> Texts:
    """Return second names: trade or former names, and the operators of franchised branches.

    An operator runs a few neighbouring branches of one chain.
    """
    result = np.full(len(family), "", dtype=object)
    company = np.flatnonzero(~guarded & streams("second name").hits(0.06, len(family)))
    result[company] = names(country[company], city[company], profile, streams, "second name").text
    branch = np.flatnonzero((family.kind == BRANCH) & streams("franchise").hits(0.12, len(family)))
    operator = names(country[branch], city[branch], profile, streams, "operator").text
    run = np.arange(len(branch))
    first = np.maximum(run - family.turn[branch] % 3, 0)
    same = family.base[branch][first] == family.base[branch]
    result[branch] = operator[np.where(same, first, run)]
    return result


def _legal_forms(family: Lineage, country: Ints, streams: Streams) -> Ints:
    """Return a legal form of the company's country, -1 for none; branches have their chain's."""
    stock = stocks.legal_forms()
    result = np.full(len(family), -1)
    for number in range(len(stocks.countries())):
        low, high = np.searchsorted(stock.country, [number, number + 1])
        rows = np.flatnonzero(country == number)
        stream = streams(f"legal form {number}")
        result[rows] = low + stream.pick(stock.weight[low:high], len(rows))
    result[~streams("legal form").hits(0.8, len(family)) | (family.kind == JUNK)] = -1
    return np.where(family.kind == BRANCH, result[family.base], result)


def _second_sites(country: Ints, city: Ints, streams: Streams) -> Sites:
    """Return where companies moved to or from: mostly within their city."""
    elsewhere = home_cities(country, streams("second city"))
    stays = streams("second city stays").hits(0.65, len(city))
    return sites(country, np.where(stays, city, elsewhere), streams, "second site")
