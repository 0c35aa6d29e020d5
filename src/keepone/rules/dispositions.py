"""What becomes of a record, and why: the ordered table of rules. The first that holds decides.

The SQL of the stage, the row-by-row reference and the page docs/dispositions.md all come from
`RULES`; facts and details are what a rule may ask and say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal

Disposition = Literal["Keep", "Enrich", "Merge", "Delete", "Verify"]

# A further name of fewer letters ("its", "mc") is found in too many names to point at one company.
SHORTEST_ALIAS = 6

# Marks a group of which people decided anything.
DECIDED_FLAG = "decided"

FACTS: dict[str, str] = {
    "decided_keep": "a person decided that it is kept",
    "decided_merge": "a person decided that it is merged",
    "decided_delete": "a person decided that it is deleted",
    "decided_verify": "a person decided that somebody has to look at it",
    "settled": "people hold it together with the primary, whose name is not junk",
    "junk": "its name holds a blacklisted term or is a placeholder",
    "alone": "no other record is in its group",
    "all_junk": "every name in its group is junk, its own among them",
    "needed": "it is the primary of a group in which some name is not junk",
    "several_companies": "its name lists several companies",
    "alias_elsewhere": "one of its further names is the name of exactly one other group",
    "weak": "its best path to the primary has a link below `disposition.auto`",
    "ids_differ": "identifiers differ along that path",
    "legal_forms_differ": "legal forms differ along that path",
    "countries_differ": "countries differ along that path",
    "primary_is_junk": "the primary it would be merged into has a junk name",
    "suspicious": "something else was noticed about it",
    "primary": "it is the primary of a group of two or more",
    "duplicate": "it is in the group of another primary",
}

DETAILS: dict[str, str] = {
    "decided": "who decided, when and why",
    "junk": "the blacklisted term, or the placeholder",
    "size": "records in the group",
    "several": "the companies listed",
    "alias": "the further name",
    "elsewhere": "name and id of the other group's primary",
    "primary": "name and id of the group's primary",
    "criterion": "what made the primary the primary",
    "probability": "the weakest link's probability",
    "alike": "which compared fields are the primary's, which similar, which different",
    "ids": "the identifiers that differ from the primary's",
    "legal_forms": "the legal forms that differ from the primary's",
    "countries": "the countries that differ from the primary's",
    "suspicion": "what was noticed",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: holds where every fact of `when` does.

    `reason` is a template over `DETAILS`. `proposed` says for Verify what follows if the reviewer
    agrees. `flag` marks the group; `doubt` is, in percent, how doubtful the record is at least
    when its review is ranked (see `group_stats`).
    """

    name: str
    when: tuple[str, ...]
    disposition: Disposition
    reason: str
    proposed: Disposition | None = None
    flag: str | None = None
    doubt: int = 0

    def holds(self, facts: Mapping[str, bool]) -> bool:
        """Return whether the rule holds for a record of which `facts` are known."""
        return all(facts[fact] for fact in self.when)

    def explain(self, details: Mapping[str, str]) -> str:
        """Return the reason with a record's details filled in."""
        return self.reason.format_map(details)


RULES: tuple[Rule, ...] = (
    Rule("decided_keep", ("decided_keep",), "Keep", "Keep: {decided}", flag=DECIDED_FLAG),
    Rule(
        "decided_merge",
        ("decided_merge", "duplicate"),
        "Merge",
        "Merge into {primary}: {decided}",
        flag=DECIDED_FLAG,
    ),
    Rule(
        "decided_merge_alone",
        ("decided_merge",),
        "Verify",
        "To be merged ({decided}), but it is itself the record that is kept",
        proposed="Keep",
        flag=DECIDED_FLAG,
        doubt=50,
    ),
    Rule(
        "decided_delete_primary",
        ("decided_delete", "primary"),
        "Verify",
        "To be deleted ({decided}), but its group of {size} records would be merged into it",
        proposed="Delete",
        flag=DECIDED_FLAG,
        doubt=50,
    ),
    Rule("decided_delete", ("decided_delete",), "Delete", "Delete: {decided}", flag=DECIDED_FLAG),
    Rule(
        "decided_verify_duplicate",
        ("decided_verify", "duplicate"),
        "Verify",
        "To be verified: {decided}",
        proposed="Merge",
        flag=DECIDED_FLAG,
        doubt=50,
    ),
    Rule(
        "decided_verify",
        ("decided_verify",),
        "Verify",
        "To be verified: {decided}",
        proposed="Keep",
        flag=DECIDED_FLAG,
        doubt=50,
    ),
    Rule(
        "decided_same",
        ("settled",),
        "Merge",
        "Merge into {primary}: {decided}",
        flag=DECIDED_FLAG,
    ),
    Rule(
        "junk_alone",
        ("junk", "all_junk"),
        "Delete",
        "The name {junk}, and no other record needs this one",
        flag="junk_name",
    ),
    Rule(
        "junk_needed",
        ("junk", "needed"),
        "Verify",
        "The name {junk}, but its group of {size} records would be merged into this one:"
        " correct the name or choose another primary",
        proposed="Keep",
        flag="junk_name",
        doubt=50,
    ),
    Rule(
        "junk_in_group",
        ("junk",),
        "Verify",
        "The name {junk}, but the record is one of a group of {size} whose primary is {primary}",
        proposed="Delete",
        flag="junk_name",
        doubt=50,
    ),
    Rule(
        "several_companies_duplicate",
        ("several_companies", "duplicate"),
        "Verify",
        "Holds several companies ({several}), one of which may be {primary}",
        proposed="Merge",
        flag="several_companies",
        doubt=50,
    ),
    Rule(
        "several_companies",
        ("several_companies",),
        "Verify",
        "Holds several companies ({several}): split it or keep it as it is",
        proposed="Keep",
        flag="several_companies",
        doubt=50,
    ),
    Rule(
        "alias_elsewhere",
        ("alias_elsewhere",),
        "Verify",
        'Is also called "{alias}", which is the name of {elsewhere} in another group',
        proposed="Merge",
        flag="alias_elsewhere",
        doubt=50,
    ),
    Rule(
        "weak_link",
        ("weak",),
        "Verify",
        "Only {probability} sure to be {primary}: {alike}",
        proposed="Merge",
        flag="weak_link",
    ),
    Rule(
        "ids_conflict",
        ("ids_differ",),
        "Verify",
        "Matches {primary}, but identifiers differ ({ids}): {alike}; weakest link {probability}",
        proposed="Merge",
        flag="ids_conflict",
        doubt=50,
    ),
    Rule(
        "legal_forms_differ",
        ("legal_forms_differ",),
        "Verify",
        "Matches {primary}, but legal forms differ ({legal_forms}): {alike};"
        " weakest link {probability}",
        proposed="Merge",
        flag="legal_forms_differ",
        doubt=50,
    ),
    Rule(
        "countries_differ",
        ("countries_differ",),
        "Verify",
        "Matches {primary}, but countries differ ({countries}): {alike};"
        " weakest link {probability}",
        proposed="Merge",
        flag="countries_differ",
        doubt=50,
    ),
    Rule(
        "primary_is_junk",
        ("primary_is_junk",),
        "Verify",
        "Matches {primary}, whose name must be settled first: {alike}; weakest link {probability}",
        proposed="Merge",
        flag="junk_name",
        doubt=50,
    ),
    Rule(
        "suspicious_alone",
        ("suspicious", "alone"),
        "Verify",
        "No other record is taken for the same, and something is odd: {suspicion}",
        proposed="Keep",
        flag="suspicious",
        doubt=50,
    ),
    Rule("primary", ("primary",), "Keep", "Primary of {size} records ({criterion})"),
    Rule(
        "duplicate",
        ("duplicate",),
        "Merge",
        "Merge into {primary}: {alike}; weakest link {probability}",
    ),
    Rule("alone", (), "Keep", "No other record is taken for the same"),
)

GROUP_FLAGS: tuple[str, ...] = tuple(dict.fromkeys(rule.flag for rule in RULES if rule.flag))


def rule_sql() -> str:
    """Return the SQL expression of the place in `RULES` of the rule that decides.

    Reads one boolean column fact_<fact> per fact.
    """
    *conditional, last = enumerate(RULES)
    assert not last[1].when, "the last rule takes what is left"
    cases = " ".join(
        f"WHEN {' AND '.join(f'fact_{fact}' for fact in rule.when)} THEN {at}"
        for at, rule in conditional
    )
    return f"CASE {cases} ELSE {last[0]} END"


def reason_sql(rule: str) -> str:
    """Return the SQL expression of the reason, given that of the rule's place.

    Reads one text column detail_<detail> per detail.
    """
    cases = " ".join(
        f"WHEN {at} THEN {_template_sql(each.reason)}" for at, each in enumerate(RULES)
    )
    return f"CASE {rule} {cases} END"


def _template_sql(template: str) -> str:
    parts: list[str] = []
    for text, detail, _, _ in Formatter().parse(template):
        if text:
            # Templates are this module's own constants, so they may stand in the statement.
            parts.append("'" + text.replace("'", "''") + "'")
        if detail:
            parts.append(f"detail_{detail}")
    return " || ".join(parts)


def page() -> str:
    """Return docs/dispositions.md, the table for people."""
    rules = "".join(
        f"| {at} | `{rule.name}` | {_conditions(rule)} | {_outcome(rule)} | {rule.reason} |"
        f" {rule.flag or ''} | {f'{rule.doubt} %' if rule.proposed else ''} |\n"
        for at, rule in enumerate(RULES, 1)
    )
    return _PAGE.format(
        rules=rules,
        facts="".join(f"- **{_words(fact)}**: {says}\n" for fact, says in FACTS.items()),
        details="".join(f"- `{{{detail}}}`: {says}\n" for detail, says in DETAILS.items()),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _conditions(rule: Rule) -> str:
    return " and ".join(_words(fact) for fact in rule.when) or "whatever is left"


def _outcome(rule: Rule) -> str:
    return f"{rule.disposition} ({rule.proposed})" if rule.proposed else rule.disposition


_PAGE = """\
# Dispositions

What becomes of each record. The rules are asked in this order and the first that holds decides.
`Verify` waits for a person; what follows if they agree stands in brackets and in
`proposed_disposition`. The labels can be renamed in `disposition.labels`; names of rules stay.

| # | rule | when | disposition | reason | group flag | least doubt |
|---|---|---|---|---|---|---|
{rules}
`Enrich`, a primary that gains values from its duplicates, waits for golden records.

## Facts

{facts}
## Details in reasons

{details}
Names, streets and the like are similar if they share half of the words of the shorter one, or, as
cities and the parts of a person's name, if one edit for every four characters makes them equal.

Probabilities in reasons are cut, not rounded, after the first decimal: a link that is below
`disposition.auto` never reads as if it were not.

## What a review is worth

`review_priority` of a group is how many pairs of records a decision on it may be expected to put
right. A record that is to be verified is as doubtful as 1 minus its probability, and at least as
its rule says (least doubt); if it is in the wrong group, it is wrong with each other record there.
So the doubt of such records is summed up and multiplied by the size of the group less 1 (by 1 for
a record alone). Records of other groups that nearly joined count beside it: the probability of the
best pair with each such group, times the records of both. It is 0 when nothing is open. What it
gains over other orders stands in [review.md](review.md).

*This page is made from `keepone.rules.dispositions`.*
"""
