"""How a record writes phone, website and address: one function for each column.

Every function says what the company's own value looks like in each record, and '' where the record
does not show it.
"""

from __future__ import annotations

import numpy as np

from keepone.generate import disturbances as d
from keepone.generate import stocks
from keepone.generate.columns import Ints, Texts, altered, texts
from keepone.generate.companies import Companies
from keepone.generate.presence import Presence, in_case
from keepone.generate.streams import Streams

_AMERICAN_PHONES = (
    "({area}) {head}-{tail}", "({area}) {head}-{tail}", "{area}-{head}-{tail}",
    "{area}-{head}-{tail}", "{area}.{head}.{tail}", "{area}{head}{tail}", "{area} {head} {tail}",
    "+1 {area} {head} {tail}", "+1{area}{head}{tail}", "1-{area}-{head}-{tail}",
    "({area}) {head}-{tail} x{extension}",
)  # fmt: skip

_OTHER_PHONES = (
    "{trunk}{area} {head}{tail}", "{trunk}{area} {head} {tail}", "{trunk}{area}{head}{tail}",
    "{trunk}{area}-{head}{tail}", "({trunk}{area}) {head}{tail}", "+{calling} {area} {head}{tail}",
    "+{calling} {area} {head} {tail}", "+{calling}{area}{head}{tail}",
    "00{calling} {area} {head}{tail}",
)  # fmt: skip

_WEB_FORMS = (
    "{domain}", "{domain}", "www.{domain}", "www.{domain}", "www.{domain}", "http://www.{domain}",
    "https://www.{domain}", "https://{domain}/", "http://{domain}", "https://www.{domain}/contact",
    "www.{domain}/index.html", "WWW.{upper}",
)  # fmt: skip

_UNIT_FORMS = (
    "{street}, Suite {unit}", "{street} Suite {unit}", "{street} Ste {unit}",
    "{street}, Ste. {unit}", "{street} #{unit}", "{street}, Unit {unit}",
)  # fmt: skip


def phones(companies: Companies, company: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return phone numbers as people write them, where they are shown."""
    lines = companies.phones
    rows = np.flatnonzero(shown.phone)
    who = company[rows]
    shared, main = shown.shared_phone[rows], shown.main_phone[rows]
    second = (lines.second[who] != "") & ~main & streams("on second line").hits(0.3, len(rows))
    area = np.where(shared, lines.shared_area[who], lines.area[who])
    subscriber = np.select(
        [shared, second], [lines.shared[who], lines.second[who]], default=lines.subscriber[who]
    )
    stream = streams("phone digits")
    wrong = ~main & stream.hits(0.015, len(rows))
    subscriber = altered(subscriber, wrong, d.mistyped_digits, stream)
    countries = [
        (each.calling, each.trunk, _AMERICAN_PHONES if each.calling == "1" else _OTHER_PHONES)
        for each in stocks.countries()
    ]
    forms = streams("phone form").raw(len(rows)).tolist()
    written = []
    for number, code, line, draw in zip(
        companies.country[who].tolist(), area.tolist(), subscriber.tolist(), forms, strict=True
    ):
        calling, trunk, patterns = countries[number]
        cut = len(line) - 4
        written.append(
            patterns[draw % len(patterns)].format(
                area=code,
                head=line[:cut],
                tail=line[cut:],
                calling=calling,
                trunk=trunk,
                extension=100 + draw // 64 % 900,
            )
        )
    fakes = texts(stocks.phrases("phone"))
    fake = fakes[streams("fake phone").below(len(fakes), len(rows))]
    result = np.full(len(company), "", dtype=object)
    result[rows] = np.where(shown.placeholder_phone[rows], fake, texts(written))
    return result


def websites(companies: Companies, company: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return websites where they are shown: a domain, a page on a platform, or nothing of use."""
    rows = np.flatnonzero(shown.web)
    stream = streams("web")
    domain = altered(
        companies.domain[company[rows]], stream.hits(0.01, len(rows)), d.dropped_letter, stream
    )
    page = companies.page[company[rows]]
    pages, empty = stocks.phrases("page"), texts(stocks.phrases("website"))
    draws = stream.raw(len(rows)).tolist()
    written = texts(
        _WEB_FORMS[draw % len(_WEB_FORMS)].format(domain=name, upper=name.upper())
        if name
        else (pages[draw % len(pages)].format(x=path) if path else "")
        for name, path, draw in zip(domain, page, draws, strict=True)
    )
    void = empty[stream.below(len(empty), len(rows))]
    result = np.full(len(company), "", dtype=object)
    result[rows] = np.where(stream.hits(0.02, len(rows)), void, written)
    return result


def streets(street: Texts, unit: Texts, shown: Presence, streams: Streams) -> Texts:
    """Return street lines where they are shown; `street` and `unit` are each record's own."""
    rows = np.flatnonzero(shown.street)
    line, inner = street[rows], unit[rows]
    stream = streams("street")
    line = altered(line, stream.hits(0.5, len(rows)), d.short_street, stream)
    line = altered(line, stream.hits(0.02, len(rows)), d.typo, stream)
    line = altered(line, stream.hits(0.35, len(rows)), d.unaccented, stream)
    has_unit = np.flatnonzero((inner != "") & stream.hits(0.75, len(rows)))
    choice = stream.below(len(_UNIT_FORMS), len(has_unit)).tolist()
    line[has_unit] = texts(
        _UNIT_FORMS[which].format(street=text, unit=number)
        for which, text, number in zip(choice, line[has_unit], inner[has_unit], strict=True)
    )
    result = np.full(len(street), "", dtype=object)
    result[rows] = in_case(line, shown.case[rows], streams)
    return result


def cities(city: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return the names of cities, now and then mistyped or in short."""
    stream = streams("city spelling")
    size = len(city)
    name = stocks.cities().name[city]
    name = altered(name, stream.hits(0.4, size), d.short_city, stream)
    name = altered(name, stream.hits(0.35, size), d.unaccented, stream)
    name = altered(name, stream.hits(0.012, size), d.typo, stream)
    return in_case(np.where(shown.city, name, ""), shown.case, streams)


def regions(city: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return codes of states and provinces, sometimes their names; elsewhere seldom a region."""
    stock = stocks.cities()
    size = len(city)
    region = stock.region[city]
    coded = np.array([len(code) <= 3 for code in stock.region], dtype=bool)[city]
    name = np.where(streams("region in full").hits(0.15, size), stock.region_name[city], region)
    shows = shown.region & (coded | streams("region elsewhere").hits(0.3, size))
    return np.where(shows, name, "")


def postal_codes(country: Ints, postal: Texts, shown: Presence, streams: Streams) -> Texts:
    """Return postal codes: some ZIP+4, some without the zero that a spreadsheet took."""
    stream = streams("postal spelling")
    size = len(country)
    american = country == 0
    plus = "-" + (1000 + stream.below(9000, size)).astype(str).astype(object)
    code = postal + np.where(american & stream.hits(0.12, size), plus, "")
    code = altered(code, stream.hits(0.01, size), d.mistyped_digits, stream)
    eaten = american & stream.hits(0.05, size)
    code = altered(code, eaten, lambda text, _draw: text.removeprefix("0"), stream)
    glued = ~american & stream.hits(0.2, size)
    code = altered(code, glued, lambda text, _draw: text.replace(" ", ""), stream)
    return np.where(shown.postal, code, "")


def country_names(country: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return names and codes of countries."""
    result = np.full(len(country), "", dtype=object)
    for number, each in enumerate(stocks.countries()):
        rows = np.flatnonzero((country == number) & shown.country)
        choice = streams(f"country name {each.code}").rank(len(each.names), len(rows))
        result[rows] = texts(each.names)[choice]
    return result
