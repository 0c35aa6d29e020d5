"""The kinds of field: kernel and reference side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from keepone.kernels import dates, identifiers, mail, phones, places, streets, web
from keepone.reference import (
    address_values,
    date_values,
    field_values,
    identifier_values,
    place_values,
    street_values,
)

Column = Sequence[str | None]


@dataclass(frozen=True)
class Kind:
    """One kind of field; `local` ones are read in the light of a country."""

    kernel: Callable[..., Any]
    reference: Callable[..., list[dict[str, Any]]]
    local: bool = False

    def by_kernel(self, values: Column, places: Column | None = None) -> list[dict[str, Any]]:
        columns = [values, places] if self.local else [values]
        table = self.kernel(*(pa.array(column, pa.string()) for column in columns))
        rows: list[dict[str, Any]] = table.drop_columns(["display"]).to_pylist()
        return rows

    def by_reference(self, values: Column, places: Column | None = None) -> list[dict[str, Any]]:
        return self.reference(values, places) if self.local else self.reference(values)


KINDS = {
    "addresses": Kind(streets.normalize_address, address_values.addresses),
    "categories": Kind(identifiers.normalize_category, identifier_values.categories),
    "cities": Kind(places.normalize_city, place_values.cities),
    "countries": Kind(places.normalize_country, place_values.country_codes),
    "dates": Kind(dates.normalize_date, date_values.dates),
    "identifiers": Kind(identifiers.normalize_identifier, identifier_values.identifiers),
    "mail": Kind(mail.normalize_email, field_values.emails),
    "numbers": Kind(identifiers.normalize_number, identifier_values.numbers),
    "phones": Kind(phones.normalize_phone, field_values.phones, local=True),
    "postal_codes": Kind(places.normalize_postal, place_values.postal_codes, local=True),
    "regions": Kind(places.normalize_region, place_values.region_codes, local=True),
    "street_numbers": Kind(streets.normalize_street_number, street_values.street_numbers),
    "streets": Kind(streets.normalize_street, street_values.street_lines),
    "web": Kind(web.normalize_web, field_values.webs),
}
