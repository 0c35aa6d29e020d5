"""What changed lists would do to a run: names folded otherwise, records that become junk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from keepone.fields import recognised_fields
from keepone.kernels.names import normalize_names
from keepone.review.desk import OpenRun
from keepone.review.prepared import at
from keepone.rules.blacklist import fold
from keepone.rules.legal_forms import legal_forms
from keepone.rules.name_words import name_words
from keepone.rules.own_words import OwnWords
from keepone.word_lists import WordLists

EXAMPLES = 20
# Distinct names that are read anew; more are known to hold a changed word, and are not looked at.
_MOST_NAMES = 50_000


class Refolded(BaseModel):
    """A name that would be folded otherwise: words and legal form now, and then."""

    record_id: str
    group_id: str
    name: str
    before: str
    after: str
    records: int


class Junked(BaseModel):
    """A record whose name holds a term that is new in the blacklist, or gone from it."""

    record_id: str
    group_id: str
    name: str
    term: str


class ListPreview(BaseModel):
    """What the lists would do to a run. `records` have one of `names`, which fold otherwise.

    Of `held` names that hold a changed word, `looked_at` were read anew. `junk` counts records that
    become junk, `spared` those that are junk now for a term that is gone. Examples are the first of
    each.
    """

    run_id: str
    names: int
    records: int
    held: int
    looked_at: int
    junk: int
    spared: int
    refolded: list[Refolded]
    junked: list[Junked]
    no_longer: list[Junked]


def preview(opened: OpenRun, saved: WordLists, proposed: WordLists) -> ListPreview:
    """Return what `proposed` would do to the run in the place of the `saved` lists.

    What the run was given beside the saved lists stands in its settings and stays. Raises
    `SettingsError` for lists that no run could take.
    """
    proposed.check()
    normalize = opened.manifest.settings.get("normalize", {})
    now = OwnWords.of(normalize.get("abbreviations", {}), normalize.get("legal_forms", {}))
    then = OwnWords.of(
        _changed(normalize.get("abbreviations", {}), saved.abbreviations, proposed.abbreviations),
        _changed(normalize.get("legal_forms", {}), saved.legal_forms, proposed.legal_forms),
    )
    terms = opened.manifest.settings.get("disposition", {}).get("blacklist", [])
    kept = _without(terms, saved.blacklist)
    wanted = list(dict.fromkeys((*kept, *proposed.blacklist)))
    names, records, held, looked_at, refolded = _refolded(opened, now, then)
    junk, junked = _holding(opened, _without(wanted, terms), unless=terms)
    spared, no_longer = _holding(opened, _without(terms, wanted), unless=wanted)
    return ListPreview(
        run_id=opened.run.run_id,
        names=names,
        records=records,
        held=held,
        looked_at=looked_at,
        junk=junk,
        spared=spared,
        refolded=refolded,
        junked=junked,
        no_longer=no_longer,
    )


def _without(terms: Iterable[str], others: Iterable[str]) -> list[str]:
    known = {fold(term) for term in others}
    return [term for term in terms if fold(term) not in known]


def _changed(
    given: Mapping[str, Sequence[str]],
    saved: Mapping[str, Sequence[str]],
    proposed: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Return the run's table with the proposed lists in the place of the saved ones."""
    own = {
        name: [text for text in texts if text not in saved.get(name, ())]
        for name, texts in given.items()
    }
    return {
        name: [*own.get(name, []), *proposed.get(name, ())] for name in sorted({*own, *proposed})
    }


def _refolded(
    opened: OpenRun, now: OwnWords, then: OwnWords
) -> tuple[int, int, int, int, list[Refolded]]:
    words = _changed_words(now, then)
    if not words:
        return 0, 0, 0, 0, []
    names = records = held = looked_at = 0
    examples: list[Refolded] = []
    for column in _name_columns(opened):
        encoded = opened.prepared.inputs.column(column).combine_chunks().dictionary_encode()
        texts = encoded.dictionary
        candidates = np.flatnonzero(_may_hold(texts, words))
        read = texts.take(pa.array(candidates[:_MOST_NAMES]))
        before, after = (_folded(read, own) for own in (now, then))
        changed = [i for i in range(len(read)) if before[i] != after[i]]
        codes = candidates[changed] if changed else np.array([], dtype=np.int64)
        counts = np.bincount(
            encoded.indices.drop_null().to_numpy(), minlength=max(len(texts), 1)
        )  # fmt: skip
        held += len(candidates)
        looked_at += len(read)
        names += len(changed)
        records += int(counts[codes].sum())
        for i, code in zip(changed[: EXAMPLES - len(examples)], codes, strict=False):
            row = int(pc.index(encoded.indices, int(code)).as_py())
            examples.append(
                Refolded(
                    **_key(opened, row),
                    name=read[i].as_py(),
                    before=before[i],
                    after=after[i],
                    records=int(counts[code]),
                )
            )
    return names, records, held, looked_at, examples


def _name_columns(opened: OpenRun) -> tuple[str, ...]:
    """Return the input columns that hold names of organisations, one of each kind of file."""
    fields = recognised_fields(opened.prepared.tables.whole("fields"))
    named = (each for each in fields if each.name == "name" and each.type == "organisation")
    return next((tuple(each.columns) for each in named), ())


def _folded(names: pa.Array, own: OwnWords) -> list[str]:
    """Return names as pairs compare them: their words, then the class of the legal form."""
    read = normalize_names(names, own)
    return [
        " ".join(tokens or ()) + (f" · {legal.replace('_', ' ')}" if legal else "")
        for tokens, legal in zip(
            read.column("tokens").to_pylist(), read.column("legal").to_pylist(), strict=True
        )
    ]


def _changed_words(now: OwnWords, then: OwnWords) -> set[str]:
    """Return words of which a name must hold one, however it is written, to be folded otherwise."""
    one, other = (name_words(own).canonical for own in (now, then))
    words = {text for text in {*one, *other} if one.get(text) != other.get(text)}
    before, after = (legal_forms(own).suffix for own in (now, then))
    nothing = object()
    for phrase in {*before, *after}:
        if before.get(phrase, nothing) != after.get(phrase, nothing):
            rare = max(phrase, key=lambda word: (len(word), word))
            words.add(rare)
            words |= {text for table in (one, other) for text in table if table[text] == rare}
    return words


def _may_hold(texts: pa.Array, words: set[str]) -> npt.NDArray[np.bool_]:
    """Return which names may hold one of the words: all that do, some more."""
    solid = pc.replace_substring_regex(pc.utf8_lower(texts), "[^a-z0-9\\x{80}-\\x{10FFFF}]+", "")
    pattern = "|".join(sorted(map(re.escape, words))) + r"|[^\x00-\x7F]"
    found = pc.fill_null(pc.match_substring_regex(solid, pattern), fill_value=False)
    held: npt.NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return held


def _holding(
    opened: OpenRun, terms: Sequence[str], *, unless: Sequence[str]
) -> tuple[int, list[Junked]]:
    """Return how many records hold one of the terms and none of the others, and the first."""
    tables = opened.prepared.tables
    if not terms or "name" not in tables.columns("normalized"):
        return 0, []
    texts = tables.whole("normalized", ["name"]).column("name").combine_chunks()
    longest = {max(fold(term).split(), key=len) for term in terms}
    rows = np.flatnonzero(_may_hold(texts, longest))
    padded = [(term, f" {fold(term)} ") for term in terms]
    others = [f" {fold(term)} " for term in unless]
    count = 0
    examples: list[Junked] = []
    for row, name in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
        folded = f" {fold(name or '')} "
        term = next((term for term, text in padded if text in folded), None)
        if term is None or any(text in folded for text in others):
            continue
        count += 1
        if len(examples) < EXAMPLES:
            examples.append(Junked(**_key(opened, row), name=name, term=term))
    return count, examples


def _key(opened: OpenRun, row: int) -> dict[str, str]:
    prepared = opened.prepared
    (group,) = at(prepared.groups, [int(prepared.group_at[row])], ["group_id"])
    return {
        "record_id": prepared.records.column("record_id")[row].as_py(),
        "group_id": group["group_id"],
    }
