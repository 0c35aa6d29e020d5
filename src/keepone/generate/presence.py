"""Which fields a record shows, how its name is given, and what it must show to be known again.

The rule that keeps labels true: a record shows enough for a careful person to tell its company. A
record of a company that is easily mistaken (see `Companies.guarded`) keeps every word of the name,
shows its city, and its own phone or street. A record whose name alone does not name the company (an
initialism, another name, several companies, another city) shows its own main phone and its city.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepone.generate.columns import Floats, Ints, Mask, Texts, altered
from keepone.generate.companies import Companies
from keepone.generate.disturbances import capitalised, lower, upper
from keepone.generate.lineage import BRANCH, JUNK
from keepone.generate.streams import Streams

_SOURCES = np.array([0.5, 0.3, 0.2])
"""The share of records typed by sales, bought in a list, and filled in on a web page."""

_SHOWN = {
    "street": np.array([0.66, 0.90, 0.47]),
    "phone": np.array([0.58, 0.53, 0.64]),
    "web": np.array([0.62, 0.40, 0.84]),
    "city": np.array([0.93, 0.98, 0.90]),
    "region": np.array([0.90, 0.97, 0.80]),
    "postal": np.array([0.68, 0.95, 0.45]),
    "country": np.array([0.60, 0.75, 0.70]),
}
"""The share of records that show a field, by source, before the rule above adds to it."""

CASE_AS_IS, CASE_UPPER, CASE_LOWER, CASE_CAPITALS = range(4)
_CASES = np.array([[0.92, 0.05, 0.02, 0.01], [0.50, 0.45, 0.00, 0.05], [0.76, 0.05, 0.17, 0.02]])
"""The share of records in each case, by source."""

NAME_PLAIN, NAME_BOTH, NAME_OTHER, NAME_SEVERAL, NAME_MARKED, NAME_INITIALS = range(6)
"""How the name is given: as it is, with the second name, the second name alone, beside another
company's, with a mark such as DO NOT USE, or by its initials."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One row per record: the way its name is given, its case, and the fields that it shows.

    `at_second_site` records give the place that the company moved to or from; `shared_phone` and
    `placeholder_phone` show those instead of the company's own.
    """

    name: Ints
    case: Ints
    street: Mask
    phone: Mask
    web: Mask
    city: Mask
    region: Mask
    postal: Mask
    country: Mask
    at_second_site: Mask
    shared_phone: Mask
    placeholder_phone: Mask
    main_phone: Mask


def presence(companies: Companies, company: Ints, streams: Streams) -> Presence:
    """Return what each record shows; `company` is the row of each record's company."""
    size = len(company)
    source = streams("source").pick(_SOURCES, size)
    shown = {
        field: streams(f"{field} shown").hits(rates[source], size)
        for field, rates in _SHOWN.items()
    }
    name = _name_ways(companies, company, streams)
    at_second_site = (companies.moved[company] >= 0) & streams("at second site").hits(0.4, size)
    rows = np.flatnonzero(at_second_site)
    elsewhere = np.zeros(size, dtype=bool)
    elsewhere[rows] = (
        companies.second_sites.city[companies.moved[company[rows]]]
        != companies.sites.city[company[rows]]
    )
    hard = np.isin(name, [NAME_OTHER, NAME_SEVERAL, NAME_INITIALS]) | elsewhere
    guarded = companies.guarded[company]
    has_shared = companies.phones.shared[company] != ""
    shared = ~hard & has_shared & streams("shared phone").hits(0.6, size)
    placeholder = ~hard & ~shared & streams("placeholder phone").hits(0.02, size)
    own_phone = shown["phone"] & ~shared & ~placeholder
    shown["street"] |= guarded & ~own_phone
    shown["city"] |= guarded | hard
    shown["city"] |= ~own_phone & ~shown["street"] & ~shown["web"]
    shown["region"] |= guarded
    shown["phone"] |= hard
    return Presence(
        name=name,
        case=_cases(source, streams),
        at_second_site=at_second_site,
        shared_phone=shared,
        placeholder_phone=placeholder,
        main_phone=hard,
        **shown,
    )


def _name_ways(companies: Companies, company: Ints, streams: Streams) -> Ints:
    size = len(company)
    kind = companies.lineage.kind[company]
    draw = streams("name way").uniform(size)
    has_other = companies.other[company] != ""
    free = ~companies.guarded[company]
    shares: list[tuple[int, Floats]] = [
        (NAME_BOTH, np.where(has_other, 0.35, 0.0)),
        (NAME_OTHER, np.where(has_other & free, 0.25, 0.0)),
        (NAME_SEVERAL, np.where(free, 0.004, 0.0)),
        (NAME_MARKED, np.where((kind != BRANCH) & (kind != JUNK), 0.006, 0.0)),
        (NAME_INITIALS, np.where(free, 0.02, 0.0)),
    ]
    edges = np.cumsum([share for _, share in shares], axis=0)
    way = np.array([*(way for way, _ in shares), NAME_PLAIN])
    chosen: Ints = way[(draw >= edges).sum(axis=0)]
    return chosen


def _cases(source: Ints, streams: Streams) -> Ints:
    edges = np.cumsum(_CASES, axis=1)[source, :-1]
    case: Ints = (streams("case").uniform(len(source))[:, np.newaxis] >= edges).sum(axis=1)
    return case


def in_case(values: Texts, case: Ints, streams: Streams) -> Texts:
    """Return `values` in the case of their records."""
    for wanted, change in (
        (CASE_UPPER, upper),
        (CASE_LOWER, lower),
        (CASE_CAPITALS, capitalised),
    ):
        values = altered(values, case == wanted, change, streams("case change"))
    return values
