"""Which stage and rule brought two records together or parted them, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepone.explain.bars import percent
from keepone.explain.explanation import Keys, Link, Rejected, SharedKey, Split, Subject, Waterfall
from keepone.group_pairs import MILLION


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`score.review` and `cluster.join`, in percent."""

    review: float
    join: float

    def reviews(self, waterfall: Waterfall) -> bool:
        """Return whether the pair is kept as a match pair."""
        return waterfall.kept and _reaches(waterfall.probability, self.review)

    def joins(self, waterfall: Waterfall) -> bool:
        """Return whether the pair alone would join its records."""
        return waterfall.kept and _reaches(waterfall.model_probability, self.join)


def _reaches(probability: float, percent: float) -> bool:
    return round(probability * MILLION) >= round(percent * 10_000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What decided: the stage, its rule, and the two in a sentence."""

    stage: str
    rule: str
    says: str


def rejected(rows: Sequence[Rejected]) -> Verdict:
    """Return the verdict on a pair of which these rows are no records."""
    first = rows[0]
    says = "; ".join(
        f"{row.record_id} is no record of the run: line {row.row} of {row.file}, which holds it,"
        f" was rejected ({row.code}: {row.message})"
        for row in rows
    )
    return Verdict("ingest", first.code, f"{says}.")


def together(
    waterfall: Waterfall, path: Sequence[Link], thresholds: Thresholds, *, equal: bool
) -> Verdict:
    """Return the verdict on two records of one group."""
    if thresholds.joins(waterfall):
        alike = " (they are equal in all that is compared)" if equal else ""
        says = f"One group: the two match by themselves, at {_by_itself(waterfall)}{alike}."
        return Verdict("cluster", "linked", says)
    direct = f"they match by themselves at {_by_itself(waterfall)} only"
    if not waterfall.compared:
        direct = "they were never compared themselves"
    elif not waterfall.kept:
        direct = "by themselves they match at less than 1 %"
    weakest = next((link for link in path if link.weakest), None)
    way = ""
    if weakest is not None:
        others = len(path) - 1
        by = f"{others} other record{'s' if others > 1 else ''}"
        way = (
            f" The best way from one to the other leads over {by}; its weakest link is"
            f" {weakest.left} with {weakest.right}, at {percent(weakest.probability)}."
        )
    return Verdict("cluster", "by_others", f"One group, brought together by others: {direct}.{way}")


def held_together(waterfall: Waterfall, said: str) -> Verdict:
    """Return the verdict on two records that people hold together."""
    says = f"One group: {said}. {_would(waterfall)}"
    return Verdict("decide", "held_together", says)


def held_apart(waterfall: Waterfall, said: str) -> Verdict:
    """Return the verdict on two records that people hold apart."""
    says = f"Not one company: {said}. {_would(waterfall)}"
    return Verdict("decide", "held_apart", says)


def groups_held_apart(waterfall: Waterfall, said: str) -> Verdict:
    """Return the verdict on two records whose groups have others that people hold apart."""
    says = f"Others of their groups are not one company: {said}. {_would(waterfall)}"
    return Verdict("decide", "groups_held_apart", says)


def _would(waterfall: Waterfall) -> str:
    """Say what the two score by themselves."""
    if not waterfall.compared:
        return f"Never compared; they would have matched at {_by_itself(waterfall)}."
    return f"By themselves they match at {_by_itself(waterfall)}."


def same_source(waterfall: Waterfall, link: str) -> Verdict:
    """Return the verdict on two records of one source, where `link` is the column of sources."""
    says = (
        f'Never compared: the two are from one source by "{link}", and no source holds a company'
        f" twice (--link). Compared, they would have matched at {_by_itself(waterfall)}."
    )
    return Verdict("block", "same_source", says)


def not_compared(waterfall: Waterfall, keys: Keys) -> Verdict:
    """Return the verdict on two records that share no group and were not compared."""
    would = f"Compared, they would have matched at {_by_itself(waterfall)}."
    if not keys.shared:
        says = f"Never compared: they have no blocking key in common. {would}"
        return Verdict("block", "no_common_key", says)
    capped = [key for key in keys.shared if key.verdict in ("capped", "too_common")]
    if capped:
        says = f"Never compared: {_capped(capped[0])}. {would}"
        return Verdict("block", "capped", says)
    says = (
        "Never compared: they share only what is no reason to compare by itself"
        f" ({', '.join(dict.fromkeys(key.field for key in keys.shared))}), and crossed with one"
        f" another these keys still have too many records. {would}"
    )
    return Verdict("block", "support_keys", says)


def _capped(key: SharedKey) -> str:
    which = (
        f'the rarest key they share, "{key.key}" of {key.field}, stands in {key.block:,} records'
    )
    if key.verdict == "too_common":
        return f"{which}, too many for a key"
    size = f"{which}, and blocks of up to {key.cap:,} are compared"
    if key.strong:
        return f"{size}; past that each record meets its nearest neighbours only"
    return f"{size}; crossed with other keys it has still too many"


def below(waterfall: Waterfall, thresholds: Thresholds) -> Verdict:
    """Return the verdict on two records that were compared and whose score parts them."""
    score = _percent(waterfall)
    if not waterfall.kept:
        says = f"Compared, and hardly alike: {score}, where less than 1 % is not kept."
        return Verdict("score", "below_floor", says)
    if not thresholds.reviews(waterfall):
        limit = f"score.review ({thresholds.review:g} %)"
        says = f"Compared, and too little alike: {score}, below {limit}."
        return Verdict("score", "below_review", says)
    says = (
        f"A possible match: {_by_itself(waterfall)} is below cluster.join ({thresholds.join:g} %),"
        " and no others bring the two together."
    )
    return Verdict("cluster", "below_join", says)


def copies_apart(waterfall: Waterfall, alone: Subject, thresholds: Thresholds) -> Verdict:
    """Return the verdict where the record `alone` is apart from the one that it equals."""
    says = (
        f"The values match at {_by_itself(waterfall)}, but {alone.record_id} is on its own:"
        f" {alone.equal_to}, to which it is equal in all that is compared, stands for it, and what"
        f" they share is too common to join the two (below {thresholds.join:g} %)."
    )
    return Verdict("cluster", "copies_apart", says)


def split(waterfall: Waterfall, between: Split, subjects: Sequence[Subject]) -> Verdict:
    """Return the verdict on two records that match, but whose groups do not."""
    left, right = subjects
    join = f"{100 * between.join:g} %"
    needed = percent(between.needed)
    limit = f"below cluster.join ({join})"
    if between.needed != between.join:
        limit = (
            f"below the {needed} that groups of their size must reach here (cluster.join {join})"
        )
    seen = f"{between.scored:,} of the {between.possible:,} pairs between them were scored"
    says = (
        f"The two match at {_by_itself(waterfall)}, but their groups do not: {left.group_id}"
        f" ({_records(left.group_size)}) and {right.group_id} ({_records(right.group_size)})"
        f" match at {percent(between.mean)} on average, {limit}; {seen}."
    )
    return Verdict("cluster", "split", says)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _percent(waterfall: Waterfall) -> str:
    return percent(waterfall.probability)


def _by_itself(waterfall: Waterfall) -> str:
    """Return what groups are joined by, and beside it what people see where that is another."""
    own, calibrated = percent(waterfall.model_probability), _percent(waterfall)
    return own if own == calibrated else f"{own} ({calibrated} calibrated)"
