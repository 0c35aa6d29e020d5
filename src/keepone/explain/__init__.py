"""Why two records of a run are one company to it, or not."""

from keepone.explain.explainer import Explainer, explain_pair
from keepone.explain.explanation import (
    Explanation,
    Keys,
    Link,
    Rejected,
    SharedKey,
    Split,
    Step,
    Subject,
    Waterfall,
)

__all__ = [
    "Explainer",
    "Explanation",
    "Keys",
    "Link",
    "Rejected",
    "SharedKey",
    "Split",
    "Step",
    "Subject",
    "Waterfall",
    "explain_pair",
]
