"""Kernels and their row-by-row twins say the same of anything."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.rules.calling_codes import calling_codes
from keepone.rules.countries import countries
from keepone.rules.domains import domains
from keepone.rules.regions import regions
from keepone.rules.streets import streets
from tests.fields.kinds import KINDS

_STREETS = streets()
_PLACES = st.sampled_from(
    [None, "US", "us", "GB", "DE", "FR", "IT", "JP", "BR", "AU", "MX", "CA", "NL"]
)
_ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.text(alphabet="0123456789 ()+-./,#:xeE\n", max_size=24),
    st.text(alphabet="abcdeNnOoSs0123456789 -/.½#№ºé\u2013\u5e02\uff11'&", max_size=24),
)

_DIGITS = st.from_regex("[0-9]{1,6}", fullmatch=True)
_STREET_WORD = st.one_of(
    _DIGITS,
    _DIGITS,
    st.sampled_from(sorted(_STREETS.canonical)),
    st.sampled_from(sorted(_STREETS.types | _STREETS.directions)),
    st.sampled_from(sorted(_STREETS.unit_words | _STREETS.box_words | _STREETS.crossings)),
    st.sampled_from(sorted(_STREETS.routes | _STREETS.repeats | set(_STREETS.cardinals))),
    st.sampled_from(
        ["St.", "Dr", "de", "of", "the", "a", "b", "12a", "11f", "3rd", "th", "P.O.", "s/n"]
    ),
    st.sampled_from(
        ["to", "over", "-", "/", "#", "No.", "12-14", "3/45", "1/2", "½", "Elm", "Oak"]
    ),
)
_STREET = st.lists(_STREET_WORD, max_size=8).map(" ".join)

_POSTAL = st.one_of(
    st.from_regex("[0-9]{3,9}", fullmatch=True),
    st.from_regex("[0-9]{5}-[0-9]{4}", fullmatch=True),
    st.from_regex("[0-9]{3} [0-9]{2,3}", fullmatch=True),
    st.from_regex("[0-9]{4} ?[A-Z]{2}", fullmatch=True),
    st.sampled_from(
        ["SW1A 1AA", "M5E 1W7", "D02 ED70", "60302", "10559", "19801", "D-10115", "00000"]
    ),
)
_REGION = st.sampled_from(sorted(regions().lengths)).map(str) | st.sampled_from(
    sorted(name for known in regions().by_country.values() for name in known)
)
_COUNTRY = st.sampled_from(sorted(countries().by_name))
_ADDRESS = st.builds(
    lambda street, city, tail: " ".join([street, city, *tail]),
    _STREET,
    st.sampled_from(["Chicago", "Oak Park", "New York", "Berlin", "Zwaag", "", "Dublin 2"]),
    st.lists(_REGION | _COUNTRY | _POSTAL, max_size=4),
)


def _phone_like(region: str, form: int, changes: list[tuple[int, str]]) -> str:
    """Return an example number of a country as written there or abroad, with digits changed."""
    kind = phonenumbers.PhoneNumberType.FIXED_LINE
    number = phonenumbers.example_number_for_type(region.upper(), kind)
    text = list(phonenumbers.format_number(number, form) if number else "")
    for position, digit in changes:
        if position < len(text) and text[position].isdigit():
            text[position] = digit
    return "".join(text)


_PHONE = st.builds(
    _phone_like,
    st.sampled_from(sorted(calling_codes().by_country)),
    st.sampled_from([0, 1, 2]),
    st.lists(st.tuples(st.integers(0, 16), st.sampled_from("0123456789")), max_size=4),
)
_PHONES = st.builds(
    lambda numbers, mark, end: mark.join(numbers) + end,
    st.lists(_PHONE, min_size=1, max_size=2),
    st.sampled_from([" / ", "; ", " or ", "\n", ", "]),
    st.sampled_from(["", " x12", " ext. 5", ".0", " Mary", "#4"]),
)

_LABEL = st.sampled_from(
    ["acme", "a-b", "www", "m", "x_y", "müller", "xn--mller-kva", "1", "-a", "co"]
)
_SUFFIX = st.sampled_from(
    [
        "com",
        "co.uk",
        "uk",
        "ck",
        "www.ck",
        "kawasaki.jp",
        "city.kawasaki.jp",
        "con",
        "de",
        "com.br",
        "jp",
    ]
)
_HOST = st.one_of(
    st.builds(lambda labels, end: ".".join([*labels, end]), st.lists(_LABEL, max_size=3), _SUFFIX),
    st.sampled_from(sorted(domains().free_mail)),
    st.builds("{}.{}".format, _LABEL, st.sampled_from(sorted(domains().host_platforms))),
    st.sampled_from(sorted(domains().path_platforms)),
)
_WEB = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        ["", "http://", "https://www.", "HTTP://", "//", "info@", "see ", "http:", "ftp://u:p@"]
    ),
    _HOST,
    st.sampled_from(
        [
            "",
            "/",
            "/pages/Acme",
            "/x?id=3",
            "/profile.php?id=12",
            ":80/x",
            "#!/acme",
            "; b.com",
            "/é é",
        ]
    ),
)
_DATE = st.one_of(
    st.dates().map(str),
    st.dates().map(lambda day: f"{day.day}/{day.month}/{day.year}"),
    st.dates().map(lambda day: f"{day.month}.{day.day}.{day.year % 100:02} 10:{day.day}"),
    st.dates().map(lambda day: day.strftime("%d %B %Y")),
    st.dates().map(lambda day: day.strftime("%b %d, %y")),
    st.dates().map(lambda day: day.strftime("%Y%m%d")),
    st.integers(0, 99_999).map(str),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,4}([-/. ][0-9]{1,4})?", fullmatch=True),
)
_IDENTIFIER = st.sampled_from(
    [
        "DE136695976",
        "GB980780684",
        "CHE-107.787.577 IVA",
        "213800KUD8LAJWSQ9D15",
        "552 008 443",
        "12-3456789",
        "16.727.230/0001-97",
        "83 914 571 673",
        "000",
        "xx",
        "N/A",
        "1234.0",
    ]
) | st.from_regex("[0-9]{8,14}", fullmatch=True)
_NUMBER = st.from_regex(r"[-(]?[$€]? ?[0-9]{1,3}([.,' ]?[0-9]{1,3}){0,3}[)%]?", fullmatch=True) | (
    st.from_regex(r"['\u2019(]?[0-9]{1,4}\)?|[0-9]{1,3}(:[0-9]{1,3}){1,2}", fullmatch=True)
)

_TYPICAL = {
    "addresses": _ADDRESS,
    "categories": _STREET,
    "cities": _STREET,
    "countries": _COUNTRY,
    "dates": _DATE,
    "identifiers": _IDENTIFIER,
    "mail": _WEB,
    "numbers": _NUMBER,
    "phones": _PHONES,
    "postal_codes": _POSTAL,
    "regions": _REGION,
    "street_numbers": _STREET,
    "streets": _STREET,
    "web": _WEB,
}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_kernel_and_reference_agree(name: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(_TYPICAL[name] | _ANYTHING, max_size=12))
    places = [data.draw(_PLACES) for _ in values]
    assert KINDS[name].by_kernel(values, places) == KINDS[name].by_reference(values, places)


@pytest.mark.parametrize("name", ["streets", "addresses", "phones", "web", "dates"])
@settings(max_examples=25)
@given(data=st.data())
def test_order_of_values_means_nothing(name: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(_TYPICAL[name], min_size=1, max_size=10))
    places = [data.draw(_PLACES) for _ in values]
    forward = KINDS[name].by_kernel(values, places)
    backward = KINDS[name].by_kernel(values[::-1], places[::-1])
    assert forward == backward[::-1]
