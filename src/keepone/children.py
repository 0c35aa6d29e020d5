"""Child exports: the records of other objects that point to accounts, such as contacts.

A merge moves children to the master and a deletion takes many of them along, so what points where
has to be known before either. Any file that the readers read will do: the column of the child's own
id and those that point to accounts are found by headers and by values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from keepone.errors import InputError
from keepone.kernels.salesforce_ids import are_salesforce_ids, eighteen
from keepone.readers import Sheet, Source, open_sources
from keepone.readers.id_headers import header_key, id_candidates
from keepone.settings import IngestSettings, Settings

CHILDREN = pa.schema([
    pa.field("child_id", pa.string(), nullable=False),
    pa.field("parent_id", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("column", pa.string(), nullable=False),
    pa.field("value", pa.string(), nullable=False),
    pa.field("contact_id", pa.string(), nullable=True),
    pa.field("user_type", pa.string(), nullable=True),
])  # fmt: skip
"""One row per pointer from a child to a record of the run, sorted by all its columns.

`child_id` is the child's own id, `parent_id` the record's as the run spells it, `kind` what the
child is (contact, opportunity, …), `column` the header under which the pointer stands and `value`
the pointer as it came. `contact_id` is the contact that the child is or tells of, where it is one,
`user_type` what the file says of the kind of user.
"""

# How ids of standard objects begin (Salesforce, "Standard Field Record ID Prefix Decoder").
_KINDS = {
    "001": "account",
    "002": "note",
    "003": "contact",
    "005": "user",
    "006": "opportunity",
    "00P": "attachment",
    "00Q": "lead",
    "00T": "task",
    "00U": "event",
    "00v": "campaign_member",
    "02i": "asset",
    "07k": "account_contact_relation",
    "0Q0": "quote",
    "500": "case",
    "701": "campaign",
    "800": "contract",
    "801": "order",
}
# Spelled as `header_key` spells them: Salesforce, HubSpot (associated company), Dynamics 365.
_POINTERS = frozenset({
    "account", "accountid", "accountid18", "accountname", "accountcasesafeid", "whatid",
    "relatedtoid", "associatedcompany", "associatedcompanyid", "associatedcompanyids",
    "parentcustomerid", "parentcustomer", "companyid", "company", "customerid", "clientid",
    "organizationid", "organisationid",
})  # fmt: skip
_POINTER_ENDS = ("accountid", "accountid18")
_CONTACT = frozenset({"contactid", "contactid18", "contact"})
_USER_TYPE = frozenset({"usertype"})
# Words of a header that say that it holds ids, and not of what.
_PLAIN = frozenset({"id", "record", "key", "guid", "uuid", "c", "number", "no"})
# Short numbers stand in any column; ids like these do not by chance.
_TELLING = re.compile(r"(?=.*[A-Za-z]).{8,}|\d{10,}")


@dataclass(frozen=True, slots=True)
class Children:
    """What the child exports show. `table` is as `CHILDREN` says.

    `files` are the sources that were read, with their hashes; `notes` sentences that a person
    should know: rows that could not be read, pointers to accounts that the run does not have.
    """

    table: pa.Table
    files: tuple[Source, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChildExports:
    """The child exports that a run was given; none of them is read before it is asked for."""

    sources: tuple[Source, ...] = ()

    def pointers(self, record_ids: pa.ChunkedArray) -> pa.Table:
        """Return the table of `children_in`: what refers to the records with these ids."""
        return children_in(self.sources, record_ids).table


def with_child_exports(settings: Settings) -> tuple[Settings, ChildExports]:
    """Return the child exports that `relate.children` names, and the settings with their names.

    What decides is what the files say, not where they lie: of paths their last parts are left.
    Raises `InputError` for a file that is missing or of no known kind.
    """
    exports = ChildExports(open_child_exports([Path(each) for each in settings.relate.children]))
    names = tuple(source.name for source in exports.sources)
    relate = settings.relate.model_copy(update={"children": names})
    return settings.model_copy(update={"relate": relate}), exports


def read_children(paths: Sequence[Path], record_ids: pa.ChunkedArray) -> Children:
    """Return what the files show of children of the records with these ids.

    Ids of 15 characters, and of 18 in another case, are known again. Raises `InputError` for a file
    that cannot be read, has no column of ids of its own, or none that points to accounts.
    """
    return children_in(open_child_exports(paths), record_ids)


def open_child_exports(paths: Sequence[Path]) -> tuple[Source, ...]:
    """Return the files as sources; `InputError` for one that is missing or of no known kind."""
    return open_sources(paths, IngestSettings()) if paths else ()


def children_in(sources: Sequence[Source], record_ids: pa.ChunkedArray) -> Children:
    """Return what child exports show, as `read_children` does; notes go to the sources too."""
    if not sources:
        return Children(CHILDREN.empty_table(), (), ())
    known = KnownIds(record_ids)
    tables: list[pa.Table] = [CHILDREN.empty_table()]
    notes: list[str] = []
    for source in sources:
        told: list[str] = []
        for sheet in source.read():
            tables.append(_pointers(sheet, known, told))
            if sheet.rejects:
                told.append(
                    f"{sheet.label}: {len(sheet.rejects):,} rows cannot be read, so what they point"
                    f" to is not known; the first is line {sheet.rejects[0].source_row}"
                    f" ({sheet.rejects[0].message})."
                )
        source.notes[:0] = told
        notes.extend(source.notes)
    order = [(name, "ascending") for name in CHILDREN.names]
    table = pa.concat_tables(tables).sort_by(order)
    return Children(table, tuple(sources), tuple(notes))


class KnownIds:
    """The run's record ids, to be known again in other spellings.

    `telling` says whether a value that equals one of them is no coincidence, as short numbers are.
    """

    def __init__(self, record_ids: pa.ChunkedArray) -> None:
        self._ids: pa.Array = pa.chunked_array(record_ids).combine_chunks()
        self._salesforce = are_salesforce_ids(self._ids)
        self._keys = self._key(self._ids)
        sample = self._ids[:1_000].to_pylist()
        told = sum(1 for text in sample if _TELLING.fullmatch(text))
        self.telling = bool(sample) and 2 * told > len(sample)

    def found(self, values: pa.Array) -> pa.Array:
        """Return for each text the record id that it is; null for those that are none."""
        return self._ids.take(pc.index_in(self._key(values), value_set=self._keys))

    def _key(self, values: pa.Array) -> pa.Array:
        """Return ids as they are compared: of 18 characters no two differ by case alone."""
        text = pc.utf8_trim_whitespace(values)
        return pc.ascii_lower(eighteen(text)[0]) if self._salesforce else text


def _pointers(sheet: Sheet, known: KnownIds, notes: list[str]) -> pa.Table:
    """Return the pointers of one sheet, in the columns of `CHILDREN`."""
    cells = {name: sheet.cells.column(name).combine_chunks() for name in sheet.header}
    found: dict[str, pa.Array] = {}
    own = _own_id(sheet, cells)
    for name in sheet.header:
        if name != own and (_is_pointer(name) or known.telling):
            parents = known.found(cells[name])
            if parents.null_count < len(parents):
                found[name] = parents
    if not found:
        message = f"{sheet.label}: no column points to a record of the run"
        hint = "Export the column Account ID with it, or leave the file out."
        raise InputError(message, hint=hint)
    if own is None:
        message = f"{sheet.label}: no column holds an id of its own for each row"
        hint = f"Export the record id with it. The columns are: {', '.join(sheet.header)}."
        raise InputError(message, hint=hint)
    ids = _spelled(cells[own])
    kind = _kind(ids, own, sheet.label)
    contacts = ids if kind == "contact" else _spelled(_named(_CONTACT, sheet, cells))
    users = _named(_USER_TYPE, sheet, cells)
    tables = []
    for name, parents in found.items():
        strangers = parents.null_count - cells[name].null_count
        if strangers and _is_pointer(name):
            notes.append(
                f"{sheet.label}: {strangers:,} of {len(parents) - cells[name].null_count:,} values"
                f" of {name!r} are no record of the run."
            )
        here = pc.and_(parents.is_valid(), ids.is_valid())
        rows = pa.table(
            [
                ids, parents, pa.repeat(kind, len(ids)), pa.repeat(name, len(ids)), cells[name],
                contacts, users,
            ],
            names=CHILDREN.names,
        ).filter(here)  # fmt: skip
        tables.append(rows.cast(CHILDREN))
    return pa.concat_tables(tables)


def _is_pointer(header: str) -> bool:
    key = header_key(header)
    return key in _POINTERS or key.endswith(_POINTER_ENDS)


def _own_id(sheet: Sheet, cells: dict[str, pa.Array]) -> str | None:
    """Return the header of the column that has another value in each row, by its name or first."""
    named = [name for name in id_candidates(sheet.header) if not _is_pointer(name)]
    others = [name for name in sheet.header if name not in named and not _is_pointer(name)]
    for name in (*named, *others[:1]):
        values = cells[name]
        if not values.null_count and pc.count_distinct(values).as_py() == len(values):
            return name
    return None


def _named(keys: frozenset[str], sheet: Sheet, cells: dict[str, pa.Array]) -> pa.Array:
    """Return the first column whose header is one of `keys`; nulls where there is none."""
    for name in sheet.header:
        if header_key(name) in keys:
            return cells[name]
    return pa.nulls(sheet.cells.num_rows, pa.string())


def _spelled(ids: pa.Array) -> pa.Array:
    """Return ids with their 18 characters where they are Salesforce's, else as they came."""
    text = pc.utf8_trim_whitespace(ids)
    return eighteen(text)[0] if are_salesforce_ids(text) else text


def _kind(ids: pa.Array, header: str, label: str) -> str:
    """Say what the children are: by how their ids begin, the header of these, or the file's name.

    A label is that of a sheet: `contacts.xlsx [Sheet1]`.
    """
    if are_salesforce_ids(ids):
        prefixes = pc.value_counts(pc.utf8_slice_codeunits(ids.drop_null(), 0, 3)).to_pylist()
        most = max(prefixes, key=lambda item: (item["counts"], item["values"]))["values"]
        if most in _KINDS:
            return _KINDS[most]
    words = [word for word in re.findall(r"[A-Za-z]+", header) if word.lower() not in _PLAIN]
    if words:
        return "_".join(words).lower()
    return Path(label.partition(" [")[0]).stem.lower()
