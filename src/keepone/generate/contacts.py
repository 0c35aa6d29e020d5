"""How companies are reached: phones, their own and shared ones, and their place on the web."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepone.generate import stocks
from keepone.generate.columns import Ints, Texts, texts
from keepone.generate.domains import labels
from keepone.generate.lineage import BRANCH, COMPANY, DIVISION, JUNK, Lineage
from keepone.generate.sites import numbers
from keepone.generate.streams import Streams


@dataclass(frozen=True, slots=True)
class Phones:
    """One row per company: area code and subscriber numbers, '' where it has no such line.

    `second` is another line of its own; `shared` answers for several companies: a chain's
    switchboard, a parent's, or an agency's.
    """

    area: Texts
    subscriber: Texts
    second: Texts
    shared_area: Texts
    shared: Texts


def phones(family: Lineage, city: Ints, streams: Streams) -> Phones:
    """Return the phones of companies in those cities."""
    size = len(family)
    area, subscriber = numbers(city, streams("phone"))
    ending = streams("second line").below(100, size).tolist()
    other_line = texts(
        f"{line[:-2]}{digits:02d}" for line, digits in zip(subscriber, ending, strict=True)
    )
    second = np.where(streams("has second line").hits(0.15, size), other_line, "")
    shared_area, shared = (np.full(size, "", dtype=object) for _ in range(2))
    # An agency answers for about six companies of one city.
    clients = np.flatnonzero(streams("agency").hits(0.04, size) & (family.kind != BRANCH))
    clients = clients[np.argsort(city[clients], kind="stable")]
    agency = np.arange(len(clients)) // 6
    agency_area, agency_line = numbers(city[clients[::6]], streams("agency phone"))
    shared_area[clients], shared[clients] = agency_area[agency], agency_line[agency]
    # A switchboard answers for the chain's branches, or the parent's divisions.
    shares = np.select([family.kind == BRANCH, family.kind == DIVISION], [0.5, 0.35], default=0.0)
    central = streams("switchboard").hits(shares, size)
    head = family.base[central]
    shared_area[central], shared[central] = area[head], subscriber[head]
    return Phones(area, subscriber, second, shared_area, shared)


def web(
    family: Lineage, name: Texts, stem: Texts, city: Ints, *, country: Ints, streams: Streams
) -> tuple[Texts, Texts]:
    """Return domains, and page paths of companies without one; '' for none.

    Branches and some divisions use the domain of the company that they belong to.
    """
    size = len(family)
    joint = (family.kind == BRANCH) | (
        (family.kind == DIVISION) & streams("joint site").hits(0.5, size)
    )
    holders = np.flatnonzero(~joint & (family.kind != JUNK))
    label = labels(name, stem, stocks.cities().name[city], holders, streams("label"))
    endings = [texts(each.endings) for each in stocks.countries()]
    drawn = streams("ending").raw(size)
    ending = np.full(size, "", dtype=object)
    for number, choices in enumerate(endings):
        rows = country == number
        ending[rows] = choices[drawn[rows] % len(choices)]
    has_site = (label != "") & (
        streams("has site").hits(0.84, size) | (family.famed & (family.kind == COMPANY))
    )
    domain = np.where(has_site, label + "." + ending, "")
    domain = np.where(joint, domain[family.base], domain)
    has_page = (domain == "") & streams("has page").hits(0.5, size)
    return domain, np.where(has_page, label, "")
