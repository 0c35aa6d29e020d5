"""What the rules of `dispositions` may ask of a record, and what their reasons may say."""

from __future__ import annotations

FACTS: dict[str, str] = {
    "decided_keep": "a person decided that it is kept",
    "decided_merge": "a person decided that it is merged",
    "decided_delete": "a person decided that it is deleted",
    "decided_verify": "a person decided that somebody has to look at it",
    "settled": "people hold it together with the primary, whose name is not junk",
    "junk": "its name holds a blacklisted term or is a placeholder",
    "unchecked": "no child exports were given (`relate.children`)",
    "referred": "a child in the exports given, or a record of this one as its parent, refers to it",
    "alone": "no other record is in its group",
    "all_junk": "every name in its group is junk, its own among them, and nobody decided that one"
    " is merged",
    "needed": "it is the primary of a group in which some name is not junk, or of a record that"
    " somebody decided to merge",
    "several_companies": "its name lists several companies",
    "hierarchy": "a column of parent ids makes it parent or subsidiary of a record of its group",
    "name_of_relative": "its name and the primary's differ by words such as holding, division or"
    " Europe; a branch by its name, if `disposition.branches` keeps them separate",
    "elsewhere": "it is at another place than the primary, reached otherwise, and"
    " `disposition.branches` keeps such branches separate",
    "alias_elsewhere": "one of its further names is the name of exactly one other group",
    "names_differ": "its name shares nothing with the primary's, and no id, phone, web site or mail"
    " address is the same",
    "weak": "its best path to the primary has a link below `disposition.auto`",
    "ids_differ": "identifiers differ along that path",
    "legal_forms_differ": "legal forms differ along that path, and nothing settles it",
    "legal_forms_settled": "they differ, but an id is the primary's, or web domain and phone are,"
    " or the two themselves have one form",
    "countries_differ": "countries differ along that path",
    "large_group": "its group has more records than `disposition.max_group`",
    "primary_is_junk": "the primary it would be merged into has a junk name",
    "suspicious": "something else was noticed about it",
    "unfinished": "pairs of its group were left out: `block.share` is less than 100, or a budget of"
    " time made it so",
    "enriched": "it is a primary, and its golden record has a value that it has not",
    "primary": "it is the primary of a group of two or more",
    "duplicate": "it is in the group of another primary",
}

DETAILS: dict[str, str] = {
    "decided": "who decided, when and why",
    "junk": "the blacklisted term, or the placeholder",
    "children": "how many records of which kinds refer to it",
    "size": "records in the group",
    "several": "the companies listed",
    "relation": "what it is to a record of its group: parent, subsidiary, branch",
    "relative": "name and id of that record",
    "why": "what tells so",
    "alias": "the further name",
    "elsewhere": "name and id of the other group's primary",
    "primary": "name and id of the group's primary",
    "criterion": "what made the primary the primary",
    "gains": "the values that the primary gains, and name and id of the records they come from",
    "probability": "the weakest link's probability",
    "alike": "which compared fields are the primary's, which similar, which different",
    "ids": "the identifiers that differ from the primary's",
    "legal_forms": "the legal forms that differ from the primary's",
    "proof": "what settles that legal forms differ",
    "countries": "the countries that differ from the primary's",
    "suspicion": "what was noticed",
}
