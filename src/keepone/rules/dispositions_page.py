"""The page docs/dispositions.md, written from the table of rules."""

from __future__ import annotations

from keepone.rules.disposition_facts import DETAILS, FACTS
from keepone.rules.dispositions import RULES, Rule


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
What a primary gains is what its golden record has and it has not ([golden.md](golden.md)): values
for its blanks, and under strategies such as `most_recent` other values than its own. They come from
records that are surely the same company; where another record of the group is still to be verified,
its values may add to them once that is settled.

The order follows from what a mistake costs. Junk comes first, since deleting cannot be undone by
merging. Then what says that a record is another company after all, and is to be kept: several
companies in one name, a parent's id, a name with a word such as holding, another place. Whoever
looks is asked that before anything that proposes to merge. Of those the ones that say most come
first, so that a reason names the doubt itself and not only its probability; the size of a group
says least. Only where none of them holds is anything merged.

Without child exports (`--children`) nothing is deleted: nobody can tell then whether contacts or
opportunities hang on a junk record, and deleting it would take them along. Records of the export
itself that name a junk record as their parent count as well.

## Related records

Parents, subsidiaries, branches and other places of a brand belong together and are not one account.
`related.csv` lists them in and between groups, each pair from both sides, by the surest of four
reasons:

1. a column of parent ids, such as Parent Account ID or Ultimate Parent;
2. a name that adds words: *holding* or *division*, whatever else is shared but an id; *group*,
   *Europe*, *north*, if neither phone, mail address, street nor town are the same
   (`rules/relations.yaml`);
3. within a group, another place: of street, city and postal code two differ and the street is not
   alike, and no id, phone or mail address is shared;
4. between groups, the same name at another place, beside the first group of that name.

Within a group the first three lead to the rules above; what is only said of other groups changes
nothing. `disposition.branches: one_account` merges branches and leaves parents and subsidiaries be.

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

With `group_stats.value_column`, such as a column of revenue, that number is multiplied by the
greatest value of the group's records: what is worth most is looked at first. Numbers may have a
sign of currency, commas between thousands and a decimal point; what is below 1 or no such number
counts as 1.

*This page is made from `keepone.rules.dispositions`.*
"""
