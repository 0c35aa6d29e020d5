"""Headers under which exports keep their record ids.

Facts from the export formats of Salesforce (Account ID, Case Safe ID), HubSpot (Record ID, Company
ID, hs_object_id) and Dynamics 365 (accountid, "(Do Not Modify) Account"), and from common use.
"""

from __future__ import annotations

import re

# Best first; spelled as `header_key` spells them.
ID_HEADERS: tuple[str, ...] = (
    "recordid",
    "casesafeid",
    "casesafeaccountid",
    "accountid18",
    "accountid18digit",
    "accountid18digits",
    "18digitaccountid",
    "accountcasesafeid",
    "id18",
    "id",
    "accountid",
    "salesforceid",
    "salesforceaccountid",
    "sfid",
    "sfdcid",
    "sfaccountid",
    "crmid",
    "hsobjectid",
    "hubspotid",
    "companyid",
    "donotmodifyaccount",
    "accountguid",
    "recordkey",
    "recid",
    "recordno",
    "recordnumber",
    "rowid",
    "rownumber",
    "objectid",
    "entityid",
    "organizationid",
    "organisationid",
    "orgid",
    "customerid",
    "clientid",
    "vendorid",
    "supplierid",
    "partnerid",
    "businessid",
    "contactid",
    "leadid",
    "personid",
    "uniqueid",
    "uid",
    "uuid",
    "guid",
    "pk",
    "key",
)

# Numbers that a business gives its accounts: an id where every record has one of its own, but often
# repeated on purpose where one customer has several records. Spelled as `header_key` spells them.
_NUMBERS = frozenset({
    "accountno", "accountnr", "accountnumber", "clientcode", "clientno", "clientnumber",
    "companyno", "companynumber", "customercode", "customerno", "customernr", "customernumber",
    "debitorennr", "debitorennummer", "debitornr", "debitornummer", "kdnr", "klantnummer",
    "kreditorennr", "kreditorennummer", "kundennr", "kundennummer", "kundnummer", "lieferantennr",
    "lieferantennummer", "no", "nr", "suppliercode", "supplierno", "suppliernumber",
    "vendorcode", "vendorno", "vendornumber",
})  # fmt: skip

# Last words of headers that hold ids of some kind; such a column counts if it is unique throughout.
_ID_WORDS = frozenset({"id", "key", "guid", "uuid", "lei", "ref"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def header_key(header: str) -> str:
    """Return a header's ASCII letters and digits in lower case; custom fields lose their __c."""
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"__c$", "", header.strip().casefold()))


def ends_like_id(header: str) -> bool:
    """Whether the last word of a header says id, key or the like."""
    words = _WORD.findall(re.sub(r"__c$", "", header.strip()))
    return bool(words) and words[-1].casefold() in _ID_WORDS


def id_candidates(headers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the headers that may be the record id's, best first: sure names, numbers, others."""
    sure = {key: rank for rank, key in enumerate(ID_HEADERS)}
    named = sorted(
        (header for header in headers if header_key(header) in sure),
        key=lambda header: (sure[header_key(header)], header),
    )
    numbered = [header for header in headers if header_key(header) in _NUMBERS]
    others = [h for h in headers if h not in named and h not in numbered and ends_like_id(h)]
    return (*named, *numbered, *others)


def is_sure(header: str) -> bool:
    """Whether a header is one of those that name the record id."""
    return header_key(header) in ID_HEADERS
