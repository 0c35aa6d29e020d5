"""Child records of generated accounts: contacts and opportunities, each pointing to one account."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.generate import stocks
from keepone.generate.columns import Ints
from keepone.generate.names import surnames
from keepone.generate.salesforce_ids import salesforce_ids
from keepone.generate.streams import Streams

# Key prefixes of contacts and opportunities, and the instance of the accounts.
_CONTACT, _OPPORTUNITY = b"0035f00", b"0065f00"
_CONTACTS, _OPPORTUNITIES = 1.4, 0.5
_STAGES = ("Prospecting", "Proposal", "Closed Won", "Closed Lost")
_FIRST_DAY, _DAYS = np.datetime64("2015-01-05"), 4_000


def children(account_ids: pa.Array, seed: int) -> dict[str, pa.Table]:
    """Return the tables `contacts` and `opportunities` of these accounts, by their ids.

    There are 1.4 contacts and half an opportunity an account; a third of the accounts have none.
    The same arguments give the same tables on every machine.
    """
    streams = Streams(seed)
    return {
        "contacts": _contacts(account_ids, streams),
        "opportunities": _opportunities(account_ids, streams),
    }


def _contacts(account_ids: pa.Array, streams: Streams) -> pa.Table:
    parent = _parents(len(account_ids), _CONTACTS, streams, "contact account")
    size = len(parent)
    given = stocks.words("words", "en:G")[streams("contact given").below(80, size)]
    last = surnames("en", size, streams("contact last"))
    return pa.table(
        {
            "Contact ID": salesforce_ids(size, streams("contact id"), _CONTACT),
            "Account ID": account_ids.take(pa.array(parent)),
            "First Name": pa.array(given, pa.string()),
            "Last Name": pa.array(last, pa.string()),
        }
    )


def _opportunities(account_ids: pa.Array, streams: Streams) -> pa.Table:
    parent = _parents(len(account_ids), _OPPORTUNITIES, streams, "deal account")
    size = len(parent)
    amount = 500 * (1 + streams("deal amount").rank(400, size))
    days = (_FIRST_DAY + streams("deal day").below(_DAYS, size)).astype("datetime64[D]")
    stage = np.array(_STAGES, dtype=object)[streams("deal stage").below(len(_STAGES), size)]
    return pa.table(
        {
            "Opportunity ID": salesforce_ids(size, streams("deal id"), _OPPORTUNITY),
            "Account ID": account_ids.take(pa.array(parent)),
            "Stage": pa.array(stage, pa.string()),
            "Amount": pc.cast(pa.array(amount), pa.string()),
            "Close Date": pc.cast(pa.array(days, pa.date32()), pa.string()),
        }
    )


def _parents(accounts: int, each: float, streams: Streams, label: str) -> Ints:
    """Return the row of an account for each child; two thirds of the accounts have any."""
    size = round(accounts * each)
    with_any = np.flatnonzero(streams(f"{label} any").hits(2 / 3, accounts))
    if not len(with_any):
        with_any = np.arange(accounts)
    return with_any[streams(label).below(len(with_any), size)]
