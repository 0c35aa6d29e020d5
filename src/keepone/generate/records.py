"""Records of companies: one table as a CRM exports it, and the truth about it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.generate import contact_spellings as contact
from keepone.generate import stocks
from keepone.generate.columns import Ints, Mask, Texts, texts
from keepone.generate.companies import Companies
from keepone.generate.lineage import BRANCH, DIVISION
from keepone.generate.name_spellings import account_names
from keepone.generate.names import surnames
from keepone.generate.presence import presence
from keepone.generate.salesforce_ids import salesforce_ids
from keepone.generate.streams import Streams

_Column = TypeVar("_Column", Texts, Ints)

_OWNERS = 40
_FIRST_DAY = np.datetime64("2009-01-05")
_DAYS = 6_000
_TODAY = _FIRST_DAY + _DAYS


def records(companies: Companies, streams: Streams) -> tuple[pa.Table, pa.Table]:
    """Return the accounts and the truth, both one row per record in the order of their ids.

    Ids rise with the created date, as they do where records are made one after the other.
    """
    total = int(companies.size.sum())
    company = np.repeat(np.arange(len(companies)), companies.size)[streams("order").order(total)]
    shown = presence(companies, company, streams)
    ids = salesforce_ids(total, streams("id"))
    second = np.flatnonzero(shown.at_second_site)
    moved = companies.moved[company[second]]
    one, two = companies.sites, companies.second_sites
    city = _overlaid(one.city[company], second, two.city[moved])
    street = _overlaid(one.street[company], second, two.street[moved])
    unit = _overlaid(one.unit[company], second, two.unit[moved])
    postal = _overlaid(one.postal[company], second, two.postal[moved])
    country = companies.country[company]
    created = np.sort(streams("created").below(_DAYS, total))
    columns: dict[str, pa.Array] = {
        "Account ID": ids,
        "Account Name": _column(account_names(companies, company, shown, streams)),
        "Account Owner": _column(_owners(total, streams)),
        "Relationship": _column(_relationships(total, streams)),
        "Industry": _column(
            np.where(streams("industry shown").hits(0.5, total), companies.industry[company], "")
        ),
        "Website": _column(contact.websites(companies, company, shown, streams)),
        "Phone": _column(contact.phones(companies, company, shown, streams)),
        "Billing Street": _column(contact.streets(street, unit, shown, streams)),
        "Billing City": _column(contact.cities(city, shown, streams)),
        "Billing State": _column(contact.regions(city, shown, streams)),
        "Billing Postal Code": _column(contact.postal_codes(country, postal, shown, streams)),
        "Billing Country": _column(contact.country_names(country, shown, streams)),
        "Parent Account ID": _parents(companies, company, ids, streams),
        "Created Date": _dates(created, np.ones(total, dtype=bool)),
        "Last Activity": _last_activities(created, streams),
    }
    label = streams("entity").order(len(companies))
    entity = texts(f"E{number:07d}" for number in label.tolist())
    truth = pa.table({"record_id": ids, "entity_id": pa.array(entity[company], pa.string())})
    return pa.table(columns), truth


def _overlaid(values: _Column, rows: Ints, others: _Column) -> _Column:
    """Return `values` with those at `rows` replaced by `others`."""
    result = values.copy()
    result[rows] = others
    return result


def _column(values: Texts) -> pa.Array:
    """Return `values` as text, null where they are empty."""
    return pa.array(values, pa.string(), mask=values == "")


def _dates(days: Ints, given: Mask) -> pa.Array:
    """Return ISO dates so many days after the first, null where none is given."""
    dates = (_FIRST_DAY + days).astype("datetime64[D]")
    return pc.cast(pa.array(dates, pa.date32(), mask=~given), pa.string())


def _last_activities(created: Ints, streams: Streams) -> pa.Array:
    """Return a day between creation and the day of the export, for rather more than half."""
    active = streams("active").hits(0.55, len(created))
    days = created + streams("last activity").below(_DAYS + 1 - created, len(created))
    return _dates(days, active)


def _owners(size: int, streams: Streams) -> Texts:
    stream = streams("owner")
    given = stocks.words("words", "en:G")[stream.below(80, _OWNERS)]
    people = given + " " + surnames("en", _OWNERS, stream)
    chosen: Texts = people[stream.rank(_OWNERS, size)]
    return chosen


def _relationships(size: int, streams: Streams) -> Texts:
    stream = streams("relationship")
    stock = texts(stocks.phrases("relationship"))
    return np.where(stream.hits(0.9, size), stock[stream.below(len(stock), size)], "")


def _parents(companies: Companies, company: Ints, ids: pa.Array, streams: Streams) -> pa.Array:
    """Return the id of the parent's oldest record, for most branches and divisions."""
    first = np.zeros(len(companies), dtype=np.int64)
    # Written from the last record to the first, so that the first stays.
    first[company[::-1]] = np.arange(len(company))[::-1]
    has_parent = np.isin(companies.lineage.kind[company], [BRANCH, DIVISION])
    given = has_parent & streams("parent given").hits(0.6, len(company))
    parent = first[companies.lineage.base[company]]
    return ids.take(pa.array(parent, mask=~given))
