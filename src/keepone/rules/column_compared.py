"""Which columns pairs are compared on, and why the others are not.

Pairs of columns are looked at through a callable that measures how two of them overlap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping

from keepone.rules.column_evidence import ColumnEvidence, Overlap
from keepone.rules.column_types import Typing
from keepone.rules.columns import column_rules

OverlapOf = Callable[[str, str], Overlap]

VAGUE = frozenset({"category", "text", "number"})
"""Types whose agreement says little."""

SOFT = VAGUE | {"organisation", "title", "person", "people", "city", "region", "date"}
"""Types that count as vague where only their values, or a minor header, speak for them."""

SPARSE = 40
"""A vague column is compared when at least this percentage of the records fill it."""

EMPTY = 5
"""Below this percentage no vague column is compared, however few the others are."""

FEW = 3
"""With fewer informative columns than this, vague ones are compared even when sparse."""

MOST_VAGUE = 3
"""Beside enough informative columns, no more vague ones than this are compared."""

MOST_ALONE = 24
"""Without enough informative columns, no more vague ones than this are compared."""

SEEN = 16
"""Filled rows from which a glance tells two columns apart."""
RUNNING = 500
"""Text is running text when at least this share of its values, in thousandths, is long."""

TEXT_COMPARED = 300
"""Characters of a name or text that are compared: further ones cost memory and say no more."""

_NEVER = frozenset({"meta", "ignored", "record_id"})

_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"organisation", "title", "person", "people"}),
    frozenset({"street", "address"}),
    *(
        frozenset({kind})
        for kind in (
            "given_name", "family_name", "city", "region", "postal_code", "country", "phone",
            "email", "web", "date", "identifier", "category", "number", "text", "street_number",
        )
    ),
)  # fmt: skip
"""Types between which two columns can be near-identical."""

_FAMILY = {kind: family for family in _FAMILIES for kind in family}


def leave_out(
    typings: Mapping[str, Typing],
    fields: Mapping[str, str],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
) -> dict[str, str]:
    """Return the columns that are not compared, each with the reason; empty if the type says it.

    A column here is a field: of several that are one, `evidence` tells of all their records. What
    only others make needless is left out only where these stand in all of its datasets.
    """
    out: dict[str, str] = {}
    for name, typing in typings.items():
        if typing.type in _NEVER:
            out[name] = ""
        elif not evidence[name].filled:
            out[name] = "empty"
        elif typing.strength < 3 and (reason := _says_nothing(typing, evidence[name])):
            out[name] = reason
    vague = _vague(typings, fields, out)
    _leave_out_copies(typings, evidence, overlap_of, vague, out)
    _leave_out_wholes(typings, evidence, overlap_of, out)
    enough = _beside_enough(typings, evidence, vague, out)
    _leave_out_sparse(typings, evidence, enough, out)
    _leave_out_many(vague - out.keys(), enough, typings, evidence, overlap_of, out)
    return out


def _vague(
    typings: Mapping[str, Typing], fields: Mapping[str, str], out: Mapping[str, str]
) -> frozenset[str]:
    """Return the columns whose agreement says little."""
    canonical = column_rules().canonical.values()
    return frozenset(
        name
        for name, typing in typings.items()
        if name not in out
        and typing.strength < 3
        and (
            typing.type in VAGUE
            or (typing.type in SOFT and fields[name] not in canonical and not _told(typing))
        )
    )


def _says_nothing(typing: Typing, seen: ColumnEvidence) -> str:
    if seen.nearly_constant:
        return "one value is held by more than 95 % of the records"
    if typing.type == "category" and seen.share("boolean") >= 950 and seen.distinct <= 4:
        return "yes or no says too little"
    if typing.type == "identifier" and seen.unique:
        return "no value repeats"
    return ""


def _leave_out_copies(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
    vague: Container[str],
    out: dict[str, str],
) -> None:
    """Leave out the less filled of two columns that mostly hold the same, such as two addresses.

    Vague columns wait until it is clear how many of them are wanted: there may be hundreds, and
    each would have to be held against each.
    """
    alike = [name for name in typings if name not in out and name not in vague]
    alike.sort(key=lambda name: (typings[name].strength < 3, -evidence[name].filled))
    kept: list[str] = []
    for name in alike:
        original = _original(name, kept, typings, evidence, overlap_of)
        if original is None or typings[name].strength == 3:
            kept.append(name)
        else:
            out[name] = f"nearly always the same as {evidence[original].header!r}"


def _original(
    name: str,
    kept: Iterable[str],
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
) -> str | None:
    """Return the first column that `name` mostly repeats, wherever it has values."""
    family = _FAMILY[typings[name].type]
    for other in kept:
        if (
            _FAMILY[typings[other].type] == family
            and evidence[name].datasets <= evidence[other].datasets
            and _near_identical(other, name, typings, evidence, overlap_of)
        ):
            return other
    return None


def _near_identical(
    one: str,
    other: str,
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
) -> bool:
    if typings[one].type != "web" and _differ_at_a_glance(evidence[one], evidence[other]):
        return False
    shared = overlap_of(one, other)
    fewer = min(evidence[one].sample.drawn, evidence[other].sample.drawn)
    if shared.rows * 2 < fewer or shared.rows < 2:
        return False
    same = shared.equal
    if typings[one].type == "web":
        same = max(same, shared.left_within, shared.right_within)
    return same * 10 >= shared.rows * 8


def _differ_at_a_glance(one: ColumnEvidence, other: ColumnEvidence) -> bool:
    """Return whether the rows seen of all columns rule out that these two are near-identical.

    Near-identical ones agree in two fifths of the rows that the sparser of them fills. Measuring an
    overlap takes a thousand times longer than this look.
    """
    fewer = min(len(one.glance), len(other.glance))
    return fewer >= SEEN and len(one.glance & other.glance) * 4 < fewer


def _leave_out_wholes(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
    out: dict[str, str],
) -> None:
    """Leave out full names and one-line addresses whose parts stand in columns of their own."""
    wholes = (
        (("person", "organisation", "people", "title"), ("given_name", "family_name")),
        (("address",), ("street", "city", "postal_code")),
    )
    for whole_types, part_types in wholes:
        parts = [name for name in typings if name not in out and typings[name].type in part_types]
        for whole, typing in typings.items():
            if whole in out or typing.type not in whole_types or typing.strength == 3:
                continue
            inside = [part for part in parts if _made_of(whole, part, evidence, overlap_of)]
            if len({typings[part].type for part in inside}) >= 2:
                names = " and ".join(repr(evidence[part].header) for part in inside)
                out[whole] = f"made of {names}, which are compared"


def _made_of(
    whole: str, part: str, evidence: Mapping[str, ColumnEvidence], overlap_of: OverlapOf
) -> bool:
    if not evidence[whole].datasets <= evidence[part].datasets:
        return False
    shared = overlap_of(part, whole)
    return (
        evidence[part].filled * 2 >= evidence[whole].filled
        and shared.rows >= 2
        and shared.left_within * 10 >= shared.rows * 6
    )


def _beside_enough(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    vague: frozenset[str],
    out: Mapping[str, str],
) -> frozenset[str]:
    """Return the vague columns that stand beside enough informative ones wherever they stand."""
    informative = [
        evidence[name].datasets for name in typings if name not in out and name not in vague
    ]
    return frozenset(
        name
        for name in vague
        if sum(evidence[name].datasets <= datasets for datasets in informative) >= FEW
    )


def _leave_out_sparse(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    enough: Container[str],
    out: dict[str, str],
) -> None:
    """Leave out sparse columns that say little, vague ones sooner as long as others remain."""
    for name, typing in typings.items():
        seen = evidence[name]
        if name in out or typing.strength == 3 or typing.type not in SOFT:
            continue
        if seen.filled * 100 < seen.records * (SPARSE if name in enough else EMPTY):
            percent = seen.filled * 100 // seen.records
            out[name] = f"only {percent} % of the records fill it, and agreement would say little"
        elif name in enough and typing.type == "text" and seen.share("long") >= RUNNING:
            out[name] = "running text, whose agreement would say little"


def _leave_out_many(  # noqa: PLR0917 - what is left over of the columns, and all that tells of them
    vague: frozenset[str],
    enough: Container[str],
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
    out: dict[str, str],
) -> None:
    """Leave out vague columns that repeat others, and all but the most telling of many.

    An export has dozens of columns about the business with an account. Records of one company
    differ in them as often as not, and together they would outvote its name and address.
    """

    def rank(name: str) -> tuple[bool, int, int, str]:
        seen = evidence[name]
        return (not _told(typings[name]), -seen.distinct, -seen.filled, name)

    kept = [name for name in typings if name not in out and name not in vague]
    compared: Counter[str] = Counter()
    for name in sorted(vague, key=rank):
        datasets = evidence[name].datasets
        most = MOST_VAGUE if name in enough else MOST_ALONE
        if max(compared[dataset] for dataset in datasets) >= most:
            out[name] = f"{most} more telling columns of its kind are compared"
        elif original := _original(name, kept, typings, evidence, overlap_of):
            out[name] = f"nearly always the same as {evidence[original].header!r}"
        else:
            kept.append(name)
            compared.update(datasets)


def _told(typing: Typing) -> bool:
    """Return whether a header of its own kind speaks for the column."""
    return typing.strength > 0 and not typing.minor
