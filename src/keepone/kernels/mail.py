"""Mail addresses, and the domain behind them where it is a company's own."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import Strings, clean, strings
from keepone.kernels.text import to_ascii
from keepone.kernels.web import ascii_host, registered_domain
from keepone.rules.domains import domains

# What is no address is matched too, as one without a host: then no letter is looked at twice.
_ADDRESS = re.compile(r"([^\s<>,;:|\"()\[\]@]++)(?:@([^\s<>,;:|\"()\[\]@/?]++))?")
_NO_MAILBOX = re.compile(r"[\s<>,;:|\"()\[\]@]")


def normalize_email(values: Strings) -> pa.Table:
    """Return `value`, `domain` and `display`, one row per value.

    `value` is the first address in the cell, lower case; `domain` its registered domain, null for
    mailbox providers that anybody can sign up with; `display` is `value`, else the cell.
    """
    registered: dict[str, tuple[str, str | None] | None] = {}
    found: list[str | None] = []
    owners: list[str | None] = []
    for text in strings(values).to_pylist():
        value = owner = None
        for local, host in _ADDRESS.findall(text.lower() if text else ""):
            if not host:
                continue
            if host not in registered:
                registered[host] = _registered(host)
            known = registered[host]
            # Signs of other scripts can come out as some that no mailbox has.
            mailbox = _NO_MAILBOX.sub("", to_ascii(local)).strip(".")
            if known is not None and mailbox:
                value = f"{mailbox}@{known[0]}"
                owner = known[1]
                break
        found.append(value)
        owners.append(owner)
    value = pa.array(found, pa.string())
    return pa.table(
        {
            "value": value,
            "domain": pa.array(owners, pa.string()),
            "display": pc.coalesce(value, clean(values)),
        }
    )


def _registered(host: str) -> tuple[str, str | None] | None:
    """Return a host as the name system knows it, and whose it is; None if it is no public name."""
    name = ascii_host(host.strip("."))
    parts = registered_domain(name)
    if parts is None:
        return None
    domain = f"{parts[1]}.{parts[2]}"
    return name, None if domain in domains().free_mail else domain
