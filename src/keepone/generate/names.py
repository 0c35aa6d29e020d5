"""Names of companies, put together from a first part and a trade, without legal form.

First parts are surnames (a listed head and a long tail of roots and endings), invented words,
adjectives and nouns, cities, and initials; all are drawn by Zipf's law, so that a few words are
everywhere and most are rare, as in real files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keepone.generate import stocks
from keepone.generate.columns import Ints, Mask, Texts, texts
from keepone.generate.streams import Stream, Streams

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Names:
    """One row per name: whole, with its trade said in other words, and its parts."""

    text: Texts
    reworded: Texts
    stem: Texts
    trade: Texts
    industry: Texts


def names(countries: Ints, cities: Ints, profile: str, streams: Streams, label: str) -> Names:
    """Return a name for each company of those countries and cities; not all are different."""
    text, reworded, stem, trade, industry = (
        np.full(len(countries), "", dtype=object) for _ in range(5)
    )
    spoken = texts(country.language for country in stocks.countries())[countries]
    places = stocks.cities().name[cities]
    for language in dict.fromkeys(country.language for country in stocks.countries()):
        rows = np.flatnonzero(spoken == language)
        stream = streams(f"{label} {language}")
        stem[rows], bare = _stems(places[rows], language, profile, stream)
        trade[rows], synonym, industry[rows] = _trades(language, len(rows), stream)
        ways = stocks.arrangements(language)
        way = texts(ways)[stream.pick(np.array(list(ways.values())), len(rows))]
        way = np.where(bare, "{X}", way)
        text[rows] = _arranged(way, stem[rows], trade[rows], places[rows])
        reworded[rows] = _arranged(way, stem[rows], synonym, places[rows])
    return Names(text, reworded, stem, trade, industry)


def surnames(language: str, size: int, stream: Stream) -> Texts:
    """Return surnames: seven of ten from the listed head, the rest from the tail."""
    head = stocks.words("words", f"{language}:S")
    roots = stocks.words("syllables", f"{language}:root")
    endings = stocks.words("syllables", f"{language}:ending")
    listed = head[stream.rank(len(head), size, offset=8)]
    tail = stream.rank(len(roots) * len(endings), size, offset=60)
    # 7919 is prime to every stock's size, so that neighbours in frequency share no root.
    spread = tail * 7919 % (len(roots) * len(endings))
    rare = roots[spread % len(roots)] + endings[spread // len(roots)]
    chosen: Texts = np.where(stream.hits(0.7, size), listed, rare)
    return chosen


def _invented(size: int, stream: Stream) -> Texts:
    opening, middle, close = (
        stocks.words("syllables", kind) for kind in ("open", "middle", "close")
    )
    start = opening[stream.below(len(opening), size)]
    inner = middle[stream.below(len(middle), size)]
    inner = np.where(stream.hits(0.2, size), "", inner)
    word: Texts = start + inner + close[stream.below(len(close), size)]
    return word


def _initials(size: int, stream: Stream) -> Texts:
    letters = texts("ABCDEFGHJKLMNPRSTVW")
    first, second, third = (letters[stream.below(len(letters), size)] for _ in range(3))
    style = stream.below(4, size)
    return np.select(
        [style == 0, style == 1, style == 2],
        [first + second + third, first + " & " + second, first + "&" + second],
        first + "." + second + ".",
    )


def _common(kind: str, language: str, size: int, stream: Stream) -> Texts:
    stock = stocks.words("words", f"{language}:{kind}")
    return stock[stream.rank(len(stock), size, offset=8)]


def _stems(places: Texts, language: str, profile: str, stream: Stream) -> tuple[Texts, Mask]:
    """Return the first parts of names of companies at `places`, and which of them say it all."""
    size = len(places)
    fillers: dict[str, Callable[[int], Texts]] = {
        "S": lambda count: surnames(language, count, stream),
        "Z": lambda count: surnames(language, count, stream),
        "W": lambda count: _invented(count, stream),
        "I": lambda count: _initials(count, stream),
        "G": lambda count: _common("G", language, count, stream),
        "A": lambda count: _common("A", language, count, stream),
        "N": lambda count: _common("N", language, count, stream),
        "N2": lambda count: _common("N", language, count, stream),
    }
    patterns = stocks.patterns(language, profile)
    chosen = stream.pick(np.array([pattern.weight for pattern in patterns]), size)
    result = np.full(size, "", dtype=object)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(chosen == number)
        columns = [
            places[rows] if slot == "C" else fillers[slot](len(rows))
            for slot in _PLACEHOLDER.findall(pattern.text)
        ]
        bare = _PLACEHOLDER.sub("{}", pattern.text)
        result[rows] = texts(map(bare.format, *columns))
    alone = np.array([pattern.alone for pattern in patterns])
    return result, stream.hits(alone[chosen], size)


def _trades(language: str, size: int, stream: Stream) -> tuple[Texts, Texts, Texts]:
    """Return trades, what else each is called, and their industries."""
    stock = stocks.trades(language)
    trade = stream.rank(len(stock), size, offset=12)
    draw, other = stream.uniform(size), stream.uniform(size)
    said, elsewhere = [], []
    for position, first, second in zip(trade.tolist(), draw.tolist(), other.tolist(), strict=True):
        ways = stock[position].names
        # Squaring leans to the usual way; the other way is any but the one taken.
        one = int(first * first * len(ways))
        said.append(ways[one])
        elsewhere.append(ways[(one + 1 + int(second * (len(ways) - 1))) % len(ways)])
    return texts(said), texts(elsewhere), texts(trade.industry for trade in stock)[trade]


def _arranged(patterns: Texts, stems: Texts, trades: Texts, places: Texts) -> Texts:
    return texts(
        pattern.format(X=stem, T=trade, C=place)
        for pattern, stem, trade, place in zip(patterns, stems, trades, places, strict=True)
    )
