"""Which parts of a value make records worth comparing: one table of blocking keys by field type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyKind:
    """One way to make keys out of a field type's part.

    `sql` is a SELECT of (row, key) with {column} for the quoted feature column. `space` names the
    key space: kinds of one space meet each other (a web domain's name meets a glued name).
    `strong` values are never capped away; `support` makes a key count only in tiny blocks or
    crossed with another: that two records share a postal code is no reason to compare them.
    """

    type: str
    part: str
    space: str
    sql: str
    strong: bool = False
    support: bool = False

    @property
    def made_of(self) -> str:
        """What the key is made of, in words."""
        return _MADE_OF.get((self.type, self.part, self.space)) or _MADE_OF[self.part, self.space]


_WHOLE = "SELECT row, {column} AS key FROM compared WHERE {column} IS NOT NULL"
_EACH = "SELECT row, unnest({column}) AS key FROM compared"
_GLUED = "SELECT row, array_to_string({column}, '') AS key FROM compared WHERE len({column}) > 0"
_GLUED_EACH = "SELECT row, replace(unnest({column}), ' ', '') AS key FROM compared"
_ALIAS_TOKENS = (
    "SELECT row, unnest(string_split(alias, ' ')) AS key"
    " FROM (SELECT row, unnest({column}) AS alias FROM compared)"
)
_LAST_SEVEN = "SELECT row, right({column}, 7) AS key FROM compared WHERE length({column}) >= 7"
_STREET = (
    "SELECT row, {number} || ' ' || {column}[1] AS key FROM compared"
    " WHERE {number} IS NOT NULL AND len({column}) > 0"
)
_PREFIX = "SELECT row, left({column}, 4) AS key FROM compared WHERE length({column}) > 4"

KEY_KINDS: tuple[KeyKind, ...] = (
    KeyKind("organisation", "tokens", "word", _EACH),
    KeyKind("organisation", "tokens", "glued", _GLUED, strong=True),
    KeyKind("organisation", "aliases", "word", _ALIAS_TOKENS),
    KeyKind("organisation", "aliases", "glued", _GLUED_EACH, strong=True),
    KeyKind("title", "tokens", "word", _EACH),
    KeyKind("title", "tokens", "glued", _GLUED, strong=True),
    KeyKind("text", "tokens", "word", _EACH),
    KeyKind("person", "tokens", "word", _EACH),
    KeyKind("people", "people", "people", _EACH),
    KeyKind("given_name", "value", "value", _WHOLE),
    KeyKind("given_name", "value", "prefix", _PREFIX, support=True),
    KeyKind("family_name", "value", "value", _WHOLE),
    KeyKind("family_name", "value", "prefix", _PREFIX, support=True),
    KeyKind("street", "tokens", "street", _STREET),
    KeyKind("street", "number", "value", _WHOLE, support=True),
    KeyKind("address", "tokens", "street", _STREET),
    KeyKind("address", "tokens", "word", _EACH, support=True),
    KeyKind("address", "number", "value", _WHOLE, support=True),
    KeyKind("street_number", "value", "value", _WHOLE, support=True),
    KeyKind("city", "value", "value", _WHOLE, support=True),
    KeyKind("city", "value", "prefix", _PREFIX, support=True),
    KeyKind("region", "value", "value", _WHOLE, support=True),
    KeyKind("postal_code", "value", "value", _WHOLE, support=True),
    KeyKind("postal_code", "short", "value", _WHOLE, support=True),
    KeyKind("country", "value", "value", _WHOLE, support=True),
    KeyKind("phone", "value", "value", _LAST_SEVEN, strong=True),
    KeyKind("email", "value", "value", _WHOLE, strong=True),
    KeyKind("email", "domain", "web", _WHOLE),
    KeyKind("web", "value", "web", _WHOLE, strong=True),
    KeyKind("web", "name", "glued", _WHOLE),
    KeyKind("identifier", "value", "value", _WHOLE, strong=True),
    KeyKind("date", "value", "value", _WHOLE),
    KeyKind("number", "value", "value", _WHOLE, support=True),
    KeyKind("category", "value", "value", _WHOLE, support=True),
)

_MADE_OF: dict[tuple[str, ...], str] = {
    ("tokens", "word"): "each word",
    ("tokens", "glued"): "all words as one",
    ("aliases", "word"): "each word of a further name",
    ("aliases", "glued"): "a further name as one word",
    ("people", "people"): "each person",
    ("tokens", "street"): "number and first word of the street",
    ("number", "value"): "house number",
    ("value", "value"): "the whole value",
    ("value", "prefix"): "the first four letters",
    ("short", "value"): "the short form of the code",
    ("value", "web"): "the domain",
    ("domain", "web"): "the domain",
    ("name", "glued"): "the domain without its ending",
    ("phone", "value", "value"): "the last seven digits",
}
"""What keys are made of, by part and space; with a type in front, of that type alone."""
