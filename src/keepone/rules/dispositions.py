"""What becomes of a record, and why: the ordered table of rules. The first that holds decides.

The SQL of the stage, the row-by-row reference and the page docs/dispositions.md
(`dispositions_page`) all come from `RULES`; facts and details are what a rule may ask and say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal

Disposition = Literal["Keep", "Enrich", "Merge", "Delete", "Verify"]

# A further name of fewer letters ("its", "mc") is found in too many names to point at one company.
SHORTEST_ALIAS = 6
# A word of fewer letters is found within too many names to say that two share it.
SHORTEST_SHARED = 4
# A reason lists so many values that a primary gains, the others it counts; longer ones are cut.
MOST_GAINS = 12
GAIN_SHOWN = 40

# Marks a group of which people decided anything.
DECIDED_FLAG = "decided"


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


# Golden records take values from records that are merged, so they are chosen when the other rules
# have been asked. Then a primary that gains a value goes from PRIMARY to ENRICH.
ENRICH = Rule(
    "enrich",
    ("enriched",),
    "Enrich",
    "Primary of {size} records ({criterion}); gains {gains}",
)
PRIMARY = Rule("primary", ("primary",), "Keep", "Primary of {size} records ({criterion})")

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
        "junk_referred",
        ("junk", "all_junk", "referred"),
        "Verify",
        "The name {junk}, but other records refer to this one ({children}): move them or correct"
        " the name",
        proposed="Delete",
        flag="junk_name",
        doubt=50,
    ),
    Rule(
        "junk_unchecked",
        ("junk", "all_junk", "unchecked"),
        "Verify",
        "The name {junk}, and no record of this export needs this one; whether contacts or others"
        " do is not known (--children)",
        proposed="Delete",
        flag="junk_name",
        doubt=10,
    ),
    Rule(
        "budget_junk",
        ("junk", "all_junk", "unfinished"),
        "Verify",
        "The name {junk}, but not all records that may be the same company were compared, since the"
        " run's time was short",
        proposed="Delete",
        flag="budget",
        doubt=10,
    ),
    Rule(
        "junk_alone",
        ("junk", "all_junk"),
        "Delete",
        "The name {junk}, and no record of this export or the child exports needs this one",
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
        "hierarchy",
        ("hierarchy",),
        "Verify",
        "Is {relation} of {relative} ({why}), so related and not the same: {alike};"
        " weakest link {probability}",
        proposed="Keep",
        flag="related",
        doubt=50,
    ),
    Rule(
        "name_of_relative",
        ("name_of_relative",),
        "Verify",
        "Seems to be {relation} of {relative} ({why}), so related and not the same: {alike};"
        " weakest link {probability}",
        proposed="Keep",
        flag="related",
        doubt=50,
    ),
    Rule(
        "branch_elsewhere",
        ("elsewhere",),
        "Verify",
        "Seems to be a branch at another place than {relative}: {alike}; weakest link"
        " {probability}",
        proposed="Keep",
        flag="branch",
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
        "names_differ",
        ("names_differ",),
        "Verify",
        "Matches {primary}, but the names share nothing, and no id, phone, web site or mail address"
        " is the same: {alike}; weakest link {probability}",
        proposed="Merge",
        flag="names_differ",
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
        "large_group",
        ("large_group", "duplicate"),
        "Verify",
        "Matches {primary}, in a group of {size}, more than are merged unseen: {alike};"
        " weakest link {probability}",
        proposed="Merge",
        flag="large_group",
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
    Rule(
        "budget_duplicate",
        ("unfinished", "duplicate"),
        "Verify",
        "Matches {primary}, but not all records that may be the same company were compared, since"
        " the run's time was short: {alike}; weakest link {probability}",
        proposed="Merge",
        flag="budget",
        doubt=10,
    ),
    Rule(
        "budget",
        ("unfinished",),
        "Verify",
        "Not all records that may be the same company were compared, since the run's time was"
        " short",
        proposed="Keep",
        flag="budget",
        doubt=10,
    ),
    ENRICH,
    PRIMARY,
    Rule(
        "duplicate_settled",
        ("legal_forms_settled", "duplicate"),
        "Merge",
        "Merge into {primary}: legal forms differ ({legal_forms}), but agreement on {proof}"
        " settles it; {alike}; weakest link {probability}",
    ),
    Rule(
        "duplicate",
        ("duplicate",),
        "Merge",
        "Merge into {primary}: {alike}; weakest link {probability}",
    ),
    Rule("alone", (), "Keep", "No other record is taken for the same"),
)

# The rules that decide before golden records are there.
VERDICTS: tuple[Rule, ...] = tuple(rule for rule in RULES if rule is not ENRICH)

# Names of the rules by which a record goes into its primary, so that its values may go with it.
MERGING: tuple[str, ...] = tuple(rule.name for rule in RULES if rule.disposition == "Merge")

GROUP_FLAGS: tuple[str, ...] = tuple(dict.fromkeys(rule.flag for rule in RULES if rule.flag))


def rule_sql() -> str:
    """Return the SQL expression of the place in `VERDICTS` of the rule that decides.

    Reads one boolean column fact_<fact> per fact.
    """
    *conditional, last = enumerate(VERDICTS)
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
        f"WHEN {at} THEN {template_sql(each.reason)}" for at, each in enumerate(VERDICTS)
    )
    return f"CASE {rule} {cases} END"


def template_sql(template: str) -> str:
    """Return the SQL expression of a reason, which reads a text column per detail likewise."""
    parts: list[str] = []
    for text, detail, _, _ in Formatter().parse(template):
        if text:
            # Templates are this module's own constants, so they may stand in the statement.
            parts.append("'" + text.replace("'", "''") + "'")
        if detail:
            parts.append(f"detail_{detail}")
    return " || ".join(parts)
