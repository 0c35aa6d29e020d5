"""Made-up files of other kinds than the labelled sets: what a table may hold beside accounts.

People of a contact list, a roll of voters, tracks of records, papers as they are cited, beers of
two guides, products of two shops. What differs between two records of one entity is drawn with the
frequencies below; names are syllables, so that no list of words helps.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.accuracy.sets import LabelledSet

_SEED = 17
_Row = dict[str, str]
# The records of one entity, again and again.
_Kind = Callable[["_Words", int], Iterator[list[_Row]]]

_GIVEN = [

    "james", "mary", "john", "patricia", "robert", "jennifer", "michael", "linda", "william",

    "elizabeth", "david", "barbara", "richard", "susan", "joseph", "jessica", "thomas",

    "sarah", "charles", "karen", "daniel", "nancy", "matthew", "lisa", "anthony", "steven",

]  # fmt: skip
_FORMS = {
    "james": "jim", "robert": "bob", "william": "bill", "elizabeth": "liz", "michael": "mike",
    "richard": "dick", "thomas": "tom", "patricia": "pat", "joseph": "joe", "daniel": "dan",
}  # fmt: skip
_TRADES = [
    "Plumbing", "Logistics", "Foods", "Software", "Pharma", "Textiles", "Motors", "Energy",
    "Media", "Dental",
]  # fmt: skip
_TOPICS = [
    "learning", "neural", "networks", "decision", "trees", "bayesian", "inference", "genetic",
    "algorithms", "theory", "bounds", "adaptive", "search", "knowledge", "induction", "rules",
    "logic", "markov", "models", "boosting", "regression", "features",
]  # fmt: skip
_VENUES = ("Proceedings of the Conference on Machine Learning", "Proc. ICML", "NIPS", "COLT")
_STYLES = ("American IPA", "Imperial Stout", "Hefeweizen", "Pale Ale", "Porter", "Saison")
_GOODS = {
    "LCD HDTV": ("1080p", "widescreen", "black"),
    "Digital Camera": ("12 megapixel", "5x zoom", "silver"),
    "GPS Navigator": ("portable", "bluetooth", "4.3 inch"),
    "Laser Printer": ("monochrome", "duplex", "20 ppm"),
}


@dataclass
class _Words:
    """Draws names and slips."""

    random: Random
    syllables: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = [
            "mor", "bel", "sun", "ran", "kel", "tor", "vin", "dal", "fer", "gos", "hin",
            "jup", "lar", "nem", "ost", "pal", "qui", "ros", "sel",
        ]  # fmt: skip
        last = [
            "a", "en", "is", "or", "um", "ith", "ane", "ock", "ell", "ard", "son", "ley",
        ]  # fmt: skip
        self.syllables = [one + other for one in first for other in last]

    def word(self, of: int | None = None) -> str:
        return self.random.choice(self.syllables[:of])

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def or_none(self, text: str, filled: float) -> str:
        return text if self.happens(filled) else ""

    def slip(self, text: str, share: float) -> str:
        """Return the text with two letters swapped, or one gone, now and then."""
        if len(text) < 4 or not self.happens(share):
            return text
        at = self.random.randrange(1, len(text) - 1)
        return text[:at] + self.random.choice((text[at + 1] + text[at], "")) + text[at + 2 :]


def _contacts(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    firms = [f"{words.word().title()} {pick.choice(_TRADES)}" for _ in range(entities // 4)]
    for _ in range(entities):
        given, family, firm = pick.choice(_GIVEN), words.word(), pick.choice(firms)
        phone, city = (
            f"({pick.randrange(200, 999)}) 555-{pick.randrange(10**4):04d}",
            words.word(80),
        )
        same = []
        for _ in range(pick.choice((1, 1, 1, 2, 2, 3))):
            called = given if words.happens(0.75) else _FORMS.get(given, given[0])
            name = f"{called} {family}" if words.happens(0.8) else f"{family}, {called}"
            mail = pick.choice((f"{given}.{family}", f"{given[0]}{family}"))
            same.append(
                {
                    "Full Name": words.slip(name, 0.1).title(),
                    "Email": words.or_none(f"{mail}@{firm.split()[0].lower()}.com", 0.7),
                    "Company": firm + words.or_none(" Inc", 0.3),
                    "Phone": words.or_none(phone, 0.6),
                    "City": words.or_none(city, 0.8),
                }
            )
        yield same


def _voters(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    for _ in range(entities):
        given, family, middle = pick.choice(_GIVEN), words.word(), pick.choice("abcdefghij")
        age, sex = pick.randrange(18, 95), pick.choice("MF")
        city, postal = words.word(60), str(27_000 + pick.randrange(900))
        home = f"{pick.randrange(1, 9_999)} {words.word()} st"
        yield [
            {
                "last_name": words.slip(
                    family if words.happens(0.95) else words.word(), 0.1
                ).upper(),
                "first_name": words.slip(given, 0.1).upper(),
                "midl_name": words.or_none(middle.upper(), 0.7),
                "age": str(age + (not words.happens(0.75))),
                "sex_code": sex,
                "res_street_address": home.upper()
                if words.happens(0.8)
                else f"{pick.randrange(1, 9_999)} {words.word().upper()} ST",
                "res_city_desc": city.upper(),
                "zip_code": words.or_none(postal, 0.9),
            }
            for _ in range(pick.choice((1, 1, 2, 2, 3)))
        ]


def _tracks(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    artists = [f"{words.word()} {words.word()}".title() for _ in range(entities // 6)]
    albums = {each: [f"{words.word()} {words.word()}".title() for _ in "ab"] for each in artists}
    for _ in range(entities):
        artist = pick.choice(artists)
        album = pick.choice(albums[artist])
        title = " ".join(words.word() for _ in range(pick.choice((1, 2, 3)))).title()
        number, length, year = (
            pick.randrange(1, 16),
            pick.randrange(120, 400),
            pick.randrange(70, 99),
        )
        times = (str(length), f"{length // 60}:{length % 60:02d}", str(length * 1_000))
        titles = (f"{title} - {album}", f"{number:03d}-{title}", f"{artist} - {title}")
        yield [
            {
                "number": words.or_none(str(number), 0.9),
                "title": words.slip(title, 0.2) if words.happens(0.7) else pick.choice(titles),
                "length": pick.choice(times),
                "artist": words.or_none(words.slip(artist, 0.1), 0.9),
                "album": words.or_none(album if words.happens(0.8) else f"{album} (19{year})", 0.9),
                "year": pick.choice((f"19{year}", f"19{year}", f"'{year}", "")),
            }
            for _ in range(pick.choice((1, 1, 2, 3, 4)))
        ]


def _papers(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    for _ in range(entities):
        people = [
            (pick.choice("ABCDEFGH"), words.word().title()) for _ in range(pick.choice((1, 2, 3)))
        ]
        title = " ".join(pick.sample(_TOPICS, pick.choice((4, 5, 6))))
        venue, year, page = pick.choice(_VENUES), pick.randrange(1985, 1999), pick.randrange(1, 500)
        same = []
        for _ in range(1 + int(pick.expovariate(1 / 7))):
            forms = [f"{family}, {letter}." if words.happens(0.5) else f"{letter}. {family}"
                     for letter, family in people]  # fmt: skip
            whole = " and ".join(forms)
            same.append(
                {
                    "author": whole if words.happens(0.8) else f"{people[0][1]}, et al.",
                    "title": words.slip(title, 0.3),
                    "venue": venue if words.happens(0.6) else pick.choice(_VENUES),
                    "year": pick.choice((f"({year})", f"{year}.", "")),
                    "pages": words.or_none(f"pp. {page}-{page + pick.randrange(8, 20)}", 0.4),
                    "publisher": pick.choice(("", "Morgan Kaufmann", "MIT Press")),
                }
            )
        yield same


def _beers(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    ends = (" Brewing Company", " Brewery", " Craft Ales")
    breweries = [(words.word().title(), pick.choice(ends)) for _ in range(entities // 6)]
    for _ in range(entities):
        (brewery, end), style = pick.choice(breweries), pick.choice(_STYLES)
        name = f"{words.word()} {words.or_none(words.word(), 0.5)}".strip().title()
        name += words.or_none(f" {style.split()[-1]}", 0.5)
        strength = f"{pick.uniform(4, 11):.1f}"
        one = {"Beer_Name": name, "Brew_Factory_Name": brewery + end, "Style": style,
               "ABV": f"{strength}0%"}  # fmt: skip
        other = {
            "Beer_Name": f"{brewery} {name}" if words.happens(0.6) else words.slip(name, 1),
            "Brew_Factory_Name": brewery + words.or_none(end, 0.7),
            "Style": style if words.happens(0.6) else pick.choice(_STYLES),
            "ABV": strength if words.happens(0.8) else "-",
        }
        yield [one, other] if words.happens(0.8) else [one]


def _products(words: _Words, entities: int) -> Iterator[list[_Row]]:
    pick = words.random
    makers = [words.word().title() for _ in range(20)]
    for _ in range(entities):
        maker, kind = pick.choice(makers), pick.choice(sorted(_GOODS))
        letters = "".join(pick.choice("ABCDEFGHKLM") for _ in range(3))
        model, price = f"{letters}{pick.randrange(100, 9_999)}", pick.uniform(20, 2_500)
        some = pick.sample(_GOODS[kind], 2)
        one = {
            "name": f"{maker} {' '.join(some)} {kind} - {model}",
            "description": f"{maker} {kind} {model}/ {'/ '.join(_GOODS[kind])}",
            "price": words.or_none(f"${price:.2f}", 0.4),
        }
        names = (
            f"{maker} {model} {kind}",
            f"{maker} - {kind} {model}",
            f"{model} {maker} {some[0]}",
        )
        other = {
            "name": pick.choice(names),
            "description": words.or_none(" ".join(some), 0.5),
            "price": words.or_none(f"${price * pick.uniform(0.85, 1.1):.2f}", 0.8),
        }
        yield [one, other] if words.happens(0.95) else [one]


_KINDS: dict[str, tuple[_Kind, int]] = {
    "contacts": (_contacts, 2_000),
    "voters": (_voters, 2_000),
    "tracks": (_tracks, 1_200),
    "papers": (_papers, 150),
    "beers": (_beers, 900),
    "products": (_products, 900),
}


def made_up(scratch: Path) -> Iterator[LabelledSet]:
    """Write a file of each kind, with its truth."""
    for kind, (entities_of, entities) in _KINDS.items():
        records, truth = scratch / f"made-up-{kind}.csv", scratch / f"made-up-{kind}.truth.csv"
        rows: list[_Row] = []
        known: list[_Row] = []
        words = _Words(Random(_SEED))  # noqa: S311 - no secret is made of it
        for entity, same in enumerate(entities_of(words, entities)):
            for row in same:
                record_id = f"{kind[0]}{len(rows)}"
                rows.append({"record_id": record_id, **row})
                known.append({"record_id": record_id, "entity_id": str(entity)})
        _write(records, rows)
        _write(truth, known)
        yield LabelledSet(f"made up, {kind}", records, truth)


def _write(path: Path, rows: list[_Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
