"""Phones, web and mail addresses row by row: what each part means, spelt out.

Each function takes a column as a list (null is None) and returns one mapping of parts per row;
`display` is left to the kernels. The modules `*_values` beside this one do the same for the other
types.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import phonenumbers
import tldextract
from anyascii import anyascii

from keepone.rules.absent_values import absent_values
from keepone.rules.calling_codes import calling_codes
from keepone.rules.domains import domains

Values = Sequence[str | None]
Row = dict[str, Any]

_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def ascii_text(text: str) -> str:
    """Return the text in lower-case ASCII, punctuation kept."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", re.sub("[™®©℠ー]", "", text)).casefold()
    transliterated: str = anyascii(unicodedata.normalize("NFKC", composed))
    return transliterated.lower()


def folded(text: str) -> str:
    """Return lower-case ASCII words with single spaces between; empty if they say nothing."""
    plain = re.sub(r"['`]", "", ascii_text(text))
    # A letter that an encoding lost.
    plain = re.sub(r"(?<=[a-z])\?+(?=[a-z])", "", plain).replace("&", " and ")
    words = " ".join(re.findall("[a-z0-9]+", plain))
    return "" if words in absent_values() else words


def without_spreadsheet_zero(text: str) -> str:
    """Return the text without the .0 that spreadsheets append to digits."""
    return re.sub(r"\.0+ *\Z", "", text)


def phones(values: Values, places: Values) -> list[Row]:
    """Return `value` and `others` of each cell."""
    cells = [_without_extension(text) if text is not None else None for text in values]
    likely = _likely_country([cell for cell, place in zip(cells, places, strict=True) if not place])
    rows = []
    for cell, place in zip(cells, places, strict=True):
        region = (place or likely or "").upper() or None
        found = [_phone(part, region) for part in _phone_parts(cell or "")]
        numbers = list(dict.fromkeys(number for number in found if number))
        rows.append({"value": numbers[0] if numbers else None, "others": numbers[1:] or None})
    return rows


def _without_extension(text: str) -> str:
    if re.fullmatch(r" *\+?[0-9]+\.0+ *", text):
        return without_spreadsheet_zero(text)
    text = re.sub(r"(?i)([0-9]) *x[ .:]*[0-9]{1,6}[)\]]?[ .]*\Z", r"\1", text)
    words = r"\bext(?:ension|n)?|\bx|#|\bdurchwahl|\bdw|\bposte|\bint|\binterno|\banexo|\bramal"
    pattern = rf"(?i)[ ,;.(\[]*(?:{words})[ .:#]*[0-9]{{1,6}}[)\]]?[ .]*\Z"
    return re.sub(pattern, "", text, flags=re.ASCII)


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _likely_country(cells: list[str | None]) -> str | None:
    """Return US if four in five numbers of eight digits or more look North American."""
    long = [digits for cell in cells if len(digits := _digits(cell or "")) > 7]
    fitting = [d for d in long if re.fullmatch("1?[2-9][0-9]{2}[2-9][0-9]{6}", d)]
    return "us" if long and len(fitting) >= 0.8 * len(long) else None


def _phone_parts(cell: str) -> list[str]:
    """Return the numbers of a cell: apart if at least two have seven digits or more."""
    if len(_digits(cell)) >= 14:
        parts = re.split(r"[;,|&\n/]|\b(?:or|and|oder|ou|und|y)\b", cell)
        long = [part for part in parts if len(_digits(part)) >= 7]
        if len(long) > 1:
            return long
    return [cell]


def _phone(text: str, region: str | None) -> str | None:
    digits = _digits(text)
    number = _e164(text, digits, region)
    if number is None and 6 <= len(digits) <= 15:
        number = digits
    return None if number is None or _is_made_up(number) else number


def _e164(text: str, digits: str, region: str | None) -> str | None:
    text = " ".join(text.split())
    if len(digits) >= 10:
        text = re.sub(r"[^\W0-9_]+", " ", text)
    number = _parsed(text, region)
    while number is not None and phonenumbers.national_significant_number(number).startswith("0"):
        again = _parsed(_said(number), None)
        if again is None or _said(again) == _said(number):
            break
        number = again
    if number is not None and phonenumbers.is_possible_number(number):
        national = phonenumbers.national_significant_number(number)
        north_american = number.country_code == 1
        if len(national) >= 6 and not (
            north_american and (len(national) < 10 or national[0] in "01")
        ):
            return _said(number)
    if "+" not in text and 11 <= len(digits) <= 15:
        number = _parsed("+" + digits.lstrip("0"), None)
        if number is not None and phonenumbers.is_valid_number(number):
            return _said(number)
    return None


def _said(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _is_made_up(number: str) -> bool:
    """Tell whether a number is one digit repeated or counts up or down."""
    if number.startswith("+"):
        codes = [code for code in calling_codes().by_code if number[1:].startswith(code)]
        nationals = [number[1 + len(code) :] for code in codes]
    else:
        nationals = [number, number.removeprefix("1")]
    return any(
        len(national) >= 6
        and (len(set(national)) == 1 or national in "01234567890" or national in "9876543210")
        for national in nationals
    )


def webs(values: Values) -> list[Row]:
    """Return `value` and `name` of each cell."""
    return [_web(text.lower()) if text else {"value": None, "name": None} for text in values]


def _web(text: str) -> Row:
    for part in re.split(r"[\s,;|<>\"()]+", text):
        address = re.sub(r"\A(?:[a-z]+:(?![0-9])/*|/)+", "", part)
        host, path = re.fullmatch(r"([^/?#\\]*)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
        parts = _domain_parts(host.rpartition("@")[2].rstrip(".").partition(":")[0])
        if parts is not None:
            return _web_parts(*parts, path)
    return {"value": None, "name": None}


def _domain_parts(host: str) -> tuple[str, str, str] | None:
    """Return subdomain, label and public suffix of a host."""
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    label = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
    if not re.fullmatch(rf"(?:{label}\.)+(?:[a-z]{{2,}}|xn--[a-z0-9-]+)", host):
        return None
    result = _EXTRACT(host)
    if result.suffix:
        return (result.subdomain, result.domain, result.suffix) if result.domain else None
    *below, owner, top = host.split(".")
    return ".".join(below), owner, top


def _web_parts(subdomain: str, label: str, suffix: str, path: str) -> Row:
    rules = domains()
    domain = f"{label}.{suffix}"
    own = subdomain.rpartition(".")[2]
    if domain in rules.host_platforms and own not in ("", "www"):
        return {"value": f"{own}.{domain}", "name": None}
    if domain in rules.path_platforms:
        segment = _company_segment(path, rules.path_platforms[domain])
        return {"value": f"{domain}/{segment}" if segment else None, "name": None}
    if domain in rules.host_platforms or domain in rules.free_mail:
        return {"value": None, "name": None}
    try:
        name = ascii_text(label.encode().decode("idna")) if label.startswith("xn--") else label
    except UnicodeError:
        name = label
    return {"value": domain, "name": name}


def _company_segment(path: str, generic: frozenset[str]) -> str | None:
    identity = re.search("[?&]id=([0-9]+)", path)
    for segment in re.split("[?#]", path.replace("#!/", ""))[0].split("/"):
        plain = re.sub("[^a-z0-9._~-]+", "-", ascii_text(segment)).strip("-.")
        if plain.endswith(".php"):
            if identity:
                return identity[1]
            continue
        if plain and plain not in generic and segment not in generic:
            return plain
    return None


def emails(values: Values) -> list[Row]:
    """Return `value` and `domain` of each cell."""
    return [_email(text.lower() if text else "") for text in values]


def _email(text: str) -> Row:
    stop = r"\s<>,;:|\"()\[\]@"
    for local, host in re.findall(rf"([^{stop}]++)(?:@([^{stop}/?]++))?", text):
        if not host:
            continue
        name = host.strip(".")
        parts = _domain_parts(name)
        mailbox = re.sub(f"[{stop}]", "", ascii_text(local)).strip(".")
        if parts is None or not mailbox:
            continue
        name = name if name.isascii() else name.encode("idna").decode("ascii")
        domain = f"{parts[1]}.{parts[2]}"
        own = None if domain in domains().free_mail else domain
        return {"value": f"{mailbox}@{name}", "domain": own}
    return {"value": None, "domain": None}
