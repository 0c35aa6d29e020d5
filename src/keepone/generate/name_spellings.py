"""How a record writes the name of its company, and what happened to it on the way."""

from __future__ import annotations

import numpy as np

from keepone.generate import disturbances as d
from keepone.generate import presence as p
from keepone.generate import stocks
from keepone.generate.columns import Change, Ints, Mask, Texts, altered, texts
from keepone.generate.companies import Companies
from keepone.generate.lineage import BRANCH, JUNK
from keepone.generate.presence import Presence, in_case
from keepone.generate.streams import Streams

_FREE_CHANGES: tuple[tuple[Change, float], ...] = (
    (d.dropped_word, 0.04),
    (d.added_word, 0.04),
    (d.reordered, 0.02),
)
"""What may happen to a name that nothing else resembles, and to what share of its records."""

_CHANGES: tuple[tuple[Change, float], ...] = (
    (d.abbreviated, 0.20),
    (d.respelled_and, 0.25),
    (d.glued, 0.02),
    (d.parted, 0.015),
    (d.unpunctuated, 0.12),
    (d.typo, 0.08),
    (d.typo, 0.015),
    (d.unaccented, 0.35),
)
"""What may happen to any name."""


def account_names(companies: Companies, company: Ints, shown: Presence, streams: Streams) -> Texts:
    """Return names: disturbed, with legal form, branch, second name or mark, in their case."""
    kind = companies.lineage.kind[company]
    real = kind != JUNK
    free = real & ~companies.guarded[company]
    name = companies.name[company]
    name = altered(name, shown.name == p.NAME_INITIALS, d.initialism, streams("initialism"))
    free &= shown.name != p.NAME_INITIALS
    for number, (change, rate) in enumerate(_FREE_CHANGES):
        stream = streams(f"free change {number}")
        name = altered(name, free & stream.hits(rate, len(name)), change, stream)
    for number, (change, rate) in enumerate(_CHANGES):
        stream = streams(f"change {number}")
        name = altered(name, real & stream.hits(rate, len(name)), change, stream)
    name = _with_legal_form(name, companies, company, streams)
    name = _with_branch(name, companies, company, streams)
    name = _with_other_names(name, companies, company, shown, streams)
    name = _marked(name, shown.name == p.NAME_MARKED, streams)
    stream = streams("name spaces")
    name = altered(name, stream.hits(0.03, len(name)), d.respaced, stream)
    return in_case(name, np.where(real, shown.case, p.CASE_AS_IS), streams)


def _with_legal_form(name: Texts, companies: Companies, company: Ints, streams: Streams) -> Texts:
    """Return names with their legal form where the record gives it, now and then a wrong one."""
    stock = stocks.legal_forms()
    legal = companies.legal[company]
    branch = companies.lineage.kind[company] == BRANCH
    size = len(name)
    given = (legal >= 0) & streams("legal given").hits(np.where(branch, 0.15, 0.62), size)
    rows = np.flatnonzero(given)
    stream = streams("legal spelling")
    first = np.searchsorted(stock.country, companies.country[company[rows]])
    count = np.searchsorted(stock.country, companies.country[company[rows]], side="right") - first
    wrong = first + stream.below(count, len(rows))
    form = np.where(stream.hits(0.02, len(rows)), wrong, legal[rows]).tolist()
    # Cubing leans to the usual spelling.
    spelling = (stream.uniform(len(rows)) ** 3).tolist()
    gap = np.where(stream.hits(0.3, len(rows)), ", ", " ").tolist()
    result = name.copy()
    result[rows] = texts(
        f"{text}{between}{stock.spellings[which][int(draw * len(stock.spellings[which]))]}"
        for text, between, which, draw in zip(name[rows], gap, form, spelling, strict=True)
    )
    return result


def _with_branch(name: Texts, companies: Companies, company: Ints, streams: Streams) -> Texts:
    """Return names in which every branch shows its number or its place."""
    result = name.copy()
    place = stocks.cities().name[companies.sites.city[company]]
    for kind, mark in (("numbered", companies.number), ("placed", companies.place)):
        rows = np.flatnonzero(mark[company] != "")
        phrases = stocks.phrases(kind)
        choice = streams(kind).below(len(phrases), len(rows)).tolist()
        result[rows] = texts(
            phrases[which].format(x=text, n=number, c=city)
            for which, text, number, city in zip(
                choice, name[rows], mark[company[rows]], place[rows], strict=True
            )
        )
    return result


def _with_other_names(
    name: Texts, companies: Companies, company: Ints, shown: Presence, streams: Streams
) -> Texts:
    """Return names with, or replaced by, a second name, or beside a stranger's name."""
    result = name.copy()
    other = companies.other[company]
    alone = shown.name == p.NAME_OTHER
    result[alone] = other[alone]
    strangers = np.flatnonzero(companies.lineage.kind != JUNK)
    stranger = strangers[streams("stranger").below(len(strangers), len(name))]
    for kind, where, second in (
        ("alias", shown.name == p.NAME_BOTH, other),
        ("several", shown.name == p.NAME_SEVERAL, companies.name[stranger]),
    ):
        rows = np.flatnonzero(where)
        phrases = stocks.phrases(kind)
        stream = streams(kind)
        choice = stream.below(len(phrases), len(rows)).tolist()
        # Either of a company's own names may come first; of several companies, its own does.
        swap = stream.hits(0.4 if kind == "alias" else 0.0, len(rows)).tolist()
        result[rows] = texts(
            phrases[which].format(x=two if swapped else one, y=one if swapped else two)
            for which, one, two, swapped in zip(choice, name[rows], second[rows], swap, strict=True)
        )
    return result


def _marked(name: Texts, where: Mask, streams: Streams) -> Texts:
    phrases = stocks.phrases("marked")
    return altered(
        name, where, lambda text, draw: phrases[draw % len(phrases)].format(x=text), streams("mark")
    )
