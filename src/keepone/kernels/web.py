"""Web addresses as the registered domain, which says whose site it is."""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import Strings, clean, strings
from keepone.kernels.text import to_ascii
from keepone.rules.domains import domains
from keepone.rules.public_suffixes import public_suffixes

_SPLIT = re.compile(r"[\s,;|<>\"()]+")
# Most cells are one address and no more.
_ADDRESS = re.compile(r"(?:https?://)?([a-z0-9._-]+)(/[^\s,;|<>\"()]*)?")
# No port follows: localhost:8080 has no scheme.
_SCHEME = re.compile(r"(?:[a-z]+:(?![0-9])/*|/)+")
_HOST_END = re.compile(r"[/?#\\]")
_PUBLIC_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")
_PROFILE_ID = re.compile(r"[?&]id=([0-9]+)")
_MARKS = re.compile(r"[^a-z0-9._~-]+")


@cache
def _deep_domains() -> frozenset[str]:
    """Return the top-level domains below which a public suffix reaches further."""
    return frozenset(rule.rpartition(".")[2] for rule in public_suffixes() if "." in rule)


def registered_domain(host: str) -> tuple[str, str, str] | None:
    """Return (subdomain, label, suffix) of a lower-case ASCII host; None if it is no public name.

    A host whose last label is on no list counts as registered under that label.
    """
    if not _PUBLIC_HOST.fullmatch(host):
        return None
    labels = host.split(".")
    start = len(labels) - 1
    if labels[-1] in _deep_domains():
        rules = public_suffixes()
        for position in range(len(labels) - 1):
            tail = ".".join(labels[position:])
            if "!" + tail in rules:
                start = position + 1
                break
            if tail in rules or "*." + tail.partition(".")[2] in rules:
                start = position
                break
    if start == 0:
        return None
    return ".".join(labels[: start - 1]), labels[start - 1], ".".join(labels[start:])


def ascii_host(host: str) -> str:
    """Return a lower-case host as it stands in the name system: labels of other scripts as xn--."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def domain_name(label: str) -> str:
    """Return a domain's label as people read it, in lower-case ASCII."""
    if not label.startswith("xn--"):
        return label
    try:
        return to_ascii(label.encode("ascii").decode("idna"))
    except UnicodeError:
        return label


def normalize_web(values: Strings) -> pa.Table:
    """Return `value`, `name` and `display`, one row per value.

    `value` is the registered domain (acme.co.uk). On a site that is shared by many (facebook.com)
    the path segment that names the company follows (facebook.com/acme), or the subdomain comes
    first (acme.business.site); null if only the shared site is named. `name` is the domain's label
    before the public suffix (acme), null for shared sites. `display` is `value`, else the cell.
    """
    hosts = _Hosts()
    found: list[str | None] = []
    names: list[str | None] = []
    for text in strings(values).to_pylist():
        value, name = hosts.read(text.lower()) if text else (None, None)
        found.append(value)
        names.append(name)
    value = pa.array(found, pa.string())
    return pa.table(
        {
            "value": value,
            "name": pa.array(names, pa.string()),
            "display": pc.coalesce(value, clean(values)),
        }
    )


def _scheme_less(address: str) -> str:
    scheme = _SCHEME.match(address)
    return address[scheme.end() :] if scheme else address


class _Hosts(dict[str, tuple[str, str | None, str | None] | None]):
    """What each distinct host says: its registered domain, and value and name where path-free."""

    def __missing__(self, host: str) -> tuple[str, str | None, str | None] | None:
        parts = registered_domain(ascii_host(host.rstrip(".").partition(":")[0]))
        self[host] = None if parts is None else self._said(*parts)
        return self[host]

    @staticmethod
    def _said(subdomain: str, label: str, suffix: str) -> tuple[str, str | None, str | None]:
        rules = domains()
        domain = f"{label}.{suffix}"
        own = subdomain.rpartition(".")[2]
        if domain in rules.host_platforms and own and own != "www":
            return domain, f"{own}.{domain}", None
        if domain in rules.path_platforms or domain in rules.host_platforms:
            return domain, None, None
        if domain in rules.free_mail:
            return domain, None, None
        return domain, domain, domain_name(label)

    def read(self, text: str) -> tuple[str | None, str | None]:
        """Return value and name of the first web address in a cell."""
        whole = _ADDRESS.fullmatch(text)
        if whole:
            return self._named(whole[1], whole[2]) or (None, None)
        for part in _SPLIT.split(text):
            address = _scheme_less(part)
            end = _HOST_END.search(address)
            host, path = (
                (address[: end.start()], address[end.start() :]) if end else (address, None)
            )
            named = self._named(host.rpartition("@")[2], path)
            if named:
                return named
        return None, None

    def _named(self, host: str, path: str | None) -> tuple[str | None, str | None] | None:
        """Return value and name of an address; None if its host is no public name."""
        said = self[host]
        if said is None:
            return None
        domain, value, name = said
        return self._by_path(domain, path) if value is None and path else value, name

    @staticmethod
    def _by_path(domain: str, path: str) -> str | None:
        """Return the domain with the first path segment that names a company."""
        generic = domains().path_platforms.get(domain)
        if generic is None:
            return None
        identity = _PROFILE_ID.search(path)
        for segment in re.split(r"[?#]", path.replace("#!/", ""), maxsplit=1)[0].split("/"):
            plain = _MARKS.sub("-", to_ascii(segment)).strip("-.")
            if plain.endswith(".php"):
                if identity:
                    return f"{domain}/{identity[1]}"
                continue
            if plain and generic.isdisjoint((segment, plain)):
                return f"{domain}/{plain}"
        return None
