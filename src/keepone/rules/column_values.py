"""What values show: the needs that confirm a header's word, and the rules without one.

Figures are thousandths of the weighted distinct values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepone.rules.column_evidence import ColumnEvidence

FEW_DISTINCT = 200
"""Distinct values among the drawn ones up to which a repeating column is a category."""


@dataclass(frozen=True, slots=True)
class Need:
    """Shapes that must hold for `least` of the values and others that may hold for `most`."""

    of: tuple[str, ...]
    least: int
    but: tuple[str, ...] = ()
    most: int = 1000

    def met(self, column: ColumnEvidence) -> bool:
        """Return whether the column's values meet the need."""
        return column.share(*self.of) >= self.least and column.share(*self.but) <= self.most


_NOT_NAMES = ("email", "web", "phone", "number", "date")

CONFIRMS: dict[str, Need] = {
    "organisation": Need(("letter",), 500, (*_NOT_NAMES, "long"), 400),
    "title": Need(("letter",), 500, (*_NOT_NAMES, "long"), 500),
    "person": Need(("words",), 500, ("company",), 250),
    "people": Need(("people",), 200, ("long", "company"), 700),
    "given_name": Need(("words",), 600, ("email", "web", "company", "long"), 150),
    "family_name": Need(("words",), 600, ("email", "web", "company", "long"), 150),
    "street": Need(("letter",), 500, ("email", "web", "phone", "long"), 300),
    "street_number": Need(("integer", "numbered"), 0, ("email", "web", "words", "long"), 400),
    "address": Need(("address",), 400),
    "city": Need(("letter",), 600, ("email", "web", "street", "boolean", "long"), 300),
    "region": Need(("letter",), 300, ("email", "web", "street", "boolean", "status_words"), 300),
    "postal_code": Need(("postal_loose",), 400, ("email", "web", "phone"), 500),
    "country": Need(("country",), 300),
    "phone": Need(("phone", "phone_bare"), 400),
    "email": Need(("email",), 300),
    "web": Need(("web",), 300),
    "date": Need(("date", "serial_date"), 400),
    "number": Need(("number",), 500),
    "identifier": Need(("code",), 300, ("email", "web"), 300),
    "category": Need(("letter",), 0, ("long", "email", "web"), 400),
    "text": Need(("letter",), 500, ("email", "web", "phone"), 400),
    "meta": Need(("letter",), 0),
}
"""What the values must show before a header's word for its type is taken."""

LOOKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "organisation": ("hold letters", ("letter",)),
    "title": ("hold letters", ("letter",)),
    "person": ("look like personal names", ("person",)),
    "given_name": ("are words", ("words",)),
    "family_name": ("are words", ("words",)),
    "people": ("list several people", ("people",)),
    "street": ("look like street lines", ("street", "street_name", "numbered")),
    "street_number": ("are numbers", ("integer",)),
    "address": ("look like addresses in one line", ("address",)),
    "city": ("are words", ("words",)),
    "region": ("are known regions", ("region",)),
    "postal_code": ("could be postal codes", ("postal_loose",)),
    "country": ("are known countries", ("country",)),
    "phone": ("look like phone numbers", ("phone", "phone_bare")),
    "email": ("look like mail addresses", ("email",)),
    "web": ("look like web addresses", ("web",)),
    "date": ("look like dates", ("date", "serial_date")),
    "number": ("are numbers", ("number",)),
    "identifier": ("look like codes", ("code",)),
    "category": ("hold letters", ("letter",)),
    "text": ("hold letters", ("letter",)),
}
"""What `why` says of a type's values, and the shapes that it counts."""


@dataclass(frozen=True, slots=True)
class ValueRule:
    """A type that values show by themselves."""

    type: str
    shows: str
    holds: Callable[[ColumnEvidence], bool]


def is_key(column: ColumnEvidence) -> bool:
    """Return whether the column is a code or whole number that never repeats."""
    return column.unique and max(column.share("code"), column.share("integer")) >= 900


VALUE_RULES: tuple[ValueRule, ...] = (
    ValueRule("email", "look like mail addresses", lambda c: c.share("email") >= 600),
    ValueRule("web", "look like web addresses", lambda c: c.share("web") >= 600),
    ValueRule("category", "say yes or no", lambda c: c.share("boolean") >= 950),
    ValueRule("number", "are years", lambda c: c.share("year") >= 900),
    ValueRule("date", "look like dates", lambda c: c.share("date") >= 800),
    ValueRule(
        "phone",
        "look like phone numbers",
        lambda c: c.share("phone") >= 600 or c.share("phone", "nanp") >= 900,
    ),
    ValueRule("address", "look like addresses in one line", lambda c: c.share("address") >= 500),
    ValueRule(
        "street",
        "look like street lines",
        lambda c: (
            c.share("street") >= 400
            or (c.share("street") >= 200 and c.share("street", "street_name", "numbered") >= 600)
        ),
    ),
    ValueRule(
        "street",
        "look like street names",
        lambda c: c.share("street", "street_name") >= 500 and c.share("company") <= 200,
    ),
    ValueRule(
        "region",
        "are known regions",
        lambda c: c.share("region") >= max(800, c.share("country")),
    ),
    ValueRule("country", "are known countries", lambda c: c.share("country") >= 800),
    ValueRule("postal_code", "look like postal codes", lambda c: c.share("postal") >= 700),
    ValueRule("category", "are times", lambda c: c.share("clock") >= 800),
    ValueRule("ignored", "are codes that never repeat: a key", is_key),
    ValueRule(
        "identifier",
        "are long whole numbers, some repeated",
        lambda c: c.share("phone_bare") >= 800 and not c.repeats,
    ),
    ValueRule("number", "are numbers", lambda c: c.share("number") >= 800),
    ValueRule(
        "identifier",
        "look like codes, some repeated",
        lambda c: c.share("code") >= 700 and not c.repeats,
    ),
    ValueRule("category", "are codes, few and repeated", lambda c: c.share("code") >= 700),
    ValueRule(
        "people",
        "list several people",
        lambda c: (
            c.share("people") >= 300 and c.share("given") >= 200 and c.share("company") <= 200
        ),
    ),
    ValueRule(
        "text", "are running text", lambda c: c.share("long") >= 300 or c.sample.tokens >= 140
    ),
    ValueRule(
        "city",
        "are known cities",
        lambda c: c.share("city_word") >= 200 and c.share("company") <= 200,
    ),
    ValueRule(
        "category", "are few and repeated", lambda c: c.repeats and c.sample.telling <= FEW_DISTINCT
    ),
    ValueRule(
        "given_name",
        "are given names",
        lambda c: c.share("single") >= 800 and c.share("given") >= 400,
    ),
    ValueRule(
        "person",
        "look like personal names",
        lambda c: name_kind(c) == "person",
    ),
    ValueRule("title", "look like titles of works or products", lambda c: name_kind(c) == "title"),
    ValueRule(
        "organisation",
        "could be names",
        lambda c: c.share("letter") >= 700 and c.share("number", "date") <= 300,
    ),
    ValueRule("category", "show no type", lambda c: c.filled > 0),
)
"""What values show without a header; the first rule that holds gives the type."""


def name_kind(column: ColumnEvidence) -> str:
    """Return whether names are of organisations, persons or works (`title`)."""
    company = column.share("company")
    if column.share("person") >= 700 and column.share("given") >= 250 and company <= 80:
        return "person"
    if column.sample.tokens >= 50 and company <= 400:
        return "title"
    if column.sample.tokens >= 40 and column.share("title_word") >= 350 and company <= 200:
        return "title"
    return "organisation"
