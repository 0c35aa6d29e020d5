"""What a duplicate has in common with the primary it would be merged into, and what not, as SQL."""

from __future__ import annotations

from collections.abc import Sequence

from keepone.likeness import ComparedField, against, any_of, likeness, listed, same_value
from keepone.rules.dispositions import SHORTEST_SHARED

# Fields that name an organisation or person in words, and those by which others reach it.
_NAMED = ("organisation", "person")
_REACHED = ("identifier", "phone", "web", "email")

_CONTRAST = """
SELECT row, {same} AS same, {similar} AS similar, {different} AS different,
    ids, legal_forms, countries, strangers, CASE
        WHEN same_ids <> '' THEN same_ids
        WHEN same_domain AND same_phone THEN 'web domain and phone'
        WHEN same_legal_form THEN 'legal form'
        ELSE ''
    END AS proof
FROM (
    SELECT m.row, {likenesses}{ids} AS ids, {legal_forms} AS legal_forms,
        {countries} AS countries, {same_ids} AS same_ids, {same_domain} AS same_domain,
        {same_phone} AS same_phone, {same_legal_form} AS same_legal_form,
        {strangers} AS strangers
    FROM members AS m
    JOIN features AS a ON a.row = m.row
    JOIN features AS b ON b.row = m."primary"
    WHERE m.row <> m."primary" AND m.row >= $first AND m.row < $after
) AS duplicates
"""
"""One duplicate of a batch: what it has in common with its primary and what not; empty for none.

`proof` is what tells that they are one all the same where legal forms differ on the way between.
"""

_STRANGERS = """
CASE WHEN {likeness} = 'different' AND NOT {reached} THEN
    array_length(array_intersect({our_words}, {their_words})) = 0
    AND array_length({ours_in_theirs}) = 0
    AND array_length({theirs_in_ours}) = 0
    AND NOT {initials}
    AND 2 * levenshtein({our_text}, {their_text})
        > greatest(length({our_text}), length({their_text}))
ELSE FALSE END
"""
"""Whether no word, initials or spelling of two names is the same, and nothing else but a place."""

_INITIALS = """
(array_length({whole}) = 1 AND length({short}) > 2
    AND levenshtein({letters}, {short}) <= 1)
"""
"""Whether a name of one word is the first letters of the other name, or one off: legal forms and
joiners, which count to the letters at times, are gone."""


def contrast(compared: Sequence[ComparedField]) -> tuple[str, dict[str, str]]:
    """Return the statement over a batch of `members`, and its parameters but for the batch.

    The batch are the rows from `$first` to the one before `$after`.
    """
    labels = {f"field_{at}": field.name.replace("_", " ") for at, field in enumerate(compared)}
    likenesses = ""
    ids, same_ids, countries = [], [], []
    formed = [field for field in compared if "legal" in field.parts]
    for at, field in enumerate(compared):
        likenesses += f"{likeness(field)} AS likeness_{at}, "
        if field.type == "identifier":
            value = field.column("value")
            ids.append(f"$field_{at} || ' ' || " + against(value))
            same_ids.append(f"CASE WHEN a.{value} = b.{value} THEN $field_{at} END")
        elif field.type == "country":
            countries.append(against(field.column("value")))
    alike = {}
    for kind in ("same", "similar", "different"):
        shown = [
            f"CASE WHEN likeness_{at} = '{kind}' THEN $field_{at} END" for at in range(len(labels))
        ]
        alike[kind] = listed(shown)
    webs, mails, phones = (
        [field for field in compared if field.type == kind] for kind in ("web", "email", "phone")
    )
    statement = _CONTRAST.format(
        **alike,
        likenesses=likenesses,
        ids=listed(ids),
        legal_forms=listed([against(field.column("legal")) for field in formed]),
        countries=listed(countries),
        same_ids=listed(same_ids),
        same_domain=f"({same_value(webs, 'value')} OR {same_value(mails, 'domain')})",
        same_phone=same_value(phones, "value"),
        same_legal_form=same_value(formed, "legal"),
        strangers=_strangers(compared),
    )
    return statement, labels


def _strangers(compared: Sequence[ComparedField]) -> str:
    """Return SQL for whether two records have names that share nothing, and share only a place."""
    named = next((f for f in compared if f.type in _NAMED and "tokens" in f.parts), None)
    if named is None:
        return "FALSE"
    words, text, letters, tokens = {}, {}, {}, {}
    for side in "ab":
        tokens[side] = f"{side}.{named.column('tokens')}"
        names = [
            f"array_to_string({side}.{named.column(part)}, ' ')"
            for part in ("tokens", "aliases")
            if part in named.parts
        ]
        words[side] = f"string_split(concat_ws(' ', {', '.join(names)}), ' ')"
        text[side] = f"array_to_string({tokens[side]}, '')"
        letters[side] = (
            f"array_to_string(list_transform({tokens[side]}, lambda w: substr(w, 1, 1)), '')"
        )
    within = {
        side: f"list_filter({words[side]},"
        f" lambda w: length(w) >= {SHORTEST_SHARED}"
        f" AND strpos(array_to_string({words[other]}, ''), w) > 0)"
        for side, other in ("ab", "ba")
    }
    initials = [
        _INITIALS.strip().format(whole=tokens[short], short=text[short], letters=letters[long])
        for short, long in ("ab", "ba")
    ]
    return _STRANGERS.strip().format(
        likeness=likeness(named),
        reached=same_value([f for f in compared if f.type in _REACHED], "value", "domain"),
        our_words=words["a"],
        their_words=words["b"],
        ours_in_theirs=within["a"],
        theirs_in_ours=within["b"],
        initials=any_of(initials),
        our_text=text["a"],
        their_text=text["b"],
    )
