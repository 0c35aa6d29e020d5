"""Names for Hypothesis: any Unicode, and words that the rules know, in any order."""

from __future__ import annotations

from hypothesis import strategies as st

from keepone.rules.aliases import alias_marks
from keepone.rules.files import rule_yaml
from keepone.rules.legal_forms import legal_forms
from keepone.rules.name_words import name_words
from keepone.rules.placeholders import placeholders


def _rule_words() -> list[str]:
    words, forms, junk = name_words(), legal_forms(), placeholders()
    marks = rule_yaml("aliases.yaml")
    return sorted(
        {
            *words.canonical,
            *words.canonical.values(),
            *words.articles,
            *words.joiners,
            *words.streets,
            *words.tens,
            *words.romans,
            *words.series,
            *(" ".join(phrase) for phrase in words.phrases),
            *junk.words,
            *junk.notes,
            *marks["letters"],
            *marks["slashed"],
            *marks["words"],
            *marks["contacts"],
            *marks["notes"],
            *alias_marks().skipped,
        }
    ) + sorted({" ".join(phrase) for phrase in (*forms.suffix, *forms.prefix)})


PUNCTUATION = [
    "(",
    ")",
    ";",
    " / ",
    "|",
    "/",
    ".",
    ",",
    "&",
    "'",
    "-",
    "1) ",
    "2) ",
    "&amp;",
    "[",
    "]",
]
LETTERS = list("abcdeginopstvx")
INVENTED = ["Acme", "Zyxel", "Raistsmoox", "Müller", "ГАЗ", "東京", "0012", "7", "3M"]

any_text = st.text(max_size=30)
rule_word = st.sampled_from(_rule_words())
native_form = st.sampled_from(sorted(legal_forms().native))
part = st.one_of(
    rule_word,
    rule_word,
    st.sampled_from(INVENTED),
    st.sampled_from(PUNCTUATION),
    st.sampled_from(LETTERS),
    native_form,
)
rule_name = st.lists(part, max_size=8).map(" ".join)
name = st.one_of(any_text, rule_name, rule_name)
