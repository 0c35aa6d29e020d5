"""Every type that a column may have: what it holds, and how its values are made comparable.

How pairs of values are compared stands in `keepone.kernels.comparisons`, which of them make records
worth comparing in `keepone.rules.blocking_keys`; docs/types.md shows the three side by side.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldType:
    """One type. `normalised` is empty for those that pairs are never compared on."""

    name: str
    holds: str
    normalised: str = ""


FIELD_TYPES: tuple[FieldType, ...] = (
    FieldType(
        "organisation",
        "names of companies and other organisations",
        "Words of a-z and 0-9; abbreviations in one form; the legal form apart; further names (dba,"
        " fka, in brackets) beside the first",
    ),
    FieldType(
        "title", "titles of works, products and positions", "Words of a-z and 0-9, without articles"
    ),
    FieldType(
        "person", "full names of persons", "Words of a-z and 0-9, given names first, no titles"
    ),
    FieldType("given_name", "given names", "Words of a-z and 0-9, without titles"),
    FieldType("family_name", "family names", "Words of a-z and 0-9, without suffixes such as Jr"),
    FieldType("people", "lists of persons", "Each person as family name and first initial"),
    FieldType(
        "street", "street lines", "House number, words of the street in one form, unit apart"
    ),
    FieldType("street_number", "house numbers alone", "12, 12a or 12-14, without leading zeros"),
    FieldType(
        "address",
        "addresses in one line",
        "Number, words of the street, unit; postal code, region and country apart",
    ),
    FieldType("city", "cities", "Words of a-z and 0-9; saint, fort and mount spelt out"),
    FieldType("region", "states, provinces and other regions", "The code within its country"),
    FieldType(
        "postal_code", "postal codes", "Written as in its country, and a short form (five digits)"
    ),
    FieldType("country", "countries", "The code of two letters (ISO 3166)"),
    FieldType("phone", "phone and fax numbers", "E.164, read in the country of its record"),
    FieldType("email", "mail addresses", "Lower case; the domain apart, unless a provider's"),
    FieldType("web", "web addresses", "The registered domain, unless a platform's; its name apart"),
    FieldType("date", "dates", "2020-03-04, in the order of day and month that the column shows"),
    FieldType(
        "number",
        "amounts, counts, years and durations",
        "A plain decimal, such as -1234.5; (1993) and '93 as years, 3:17 as 197 seconds",
    ),
    FieldType(
        "identifier",
        "tax, registry and other ids that several records may share",
        "Letters and digits, and the scheme whose check digits fit",
    ),
    FieldType("category", "words of a short list: industry, segment, type", "Words of a-z and 0-9"),
    FieldType("text", "running text", "Words of a-z and 0-9, without articles; 300 characters"),
    FieldType("record_id", "the record's own id"),
    FieldType("meta", "what is known about the record: owner, status, dates, relationship"),
    FieldType("ignored", "what is left out"),
)

TYPES: tuple[str, ...] = tuple(kind.name for kind in FIELD_TYPES)
"""The name of every type."""
