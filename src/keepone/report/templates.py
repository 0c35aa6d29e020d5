"""Templates of pages and charts: one way to read them, for whichever package holds them."""

from __future__ import annotations

import jinja2


def environment_of(package: str) -> jinja2.Environment:
    """Return the environment of the templates that stand in a package's folder `templates`.

    All that they tell is escaped, and what a template asks for and nobody gave is an error.
    """
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
