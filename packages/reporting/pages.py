"""HTML pages from templates: self-contained, no script, two colour schemes, paper."""

import re
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from reporting import amounts, verdicts

_AMOUNTS: tuple[Callable[..., str], ...] = (
    amounts.share, amounts.weight, amounts.interval, amounts.signed, amounts.points,
    amounts.seconds, amounts.milliseconds, amounts.count, amounts.number, amounts.rate,
    amounts.byte_size, amounts.moment, amounts.together,
)  # fmt: skip


def environment(templates: Path) -> Environment:
    """Return what renders the templates of a directory.

    They find `base.css` and the macros of `parts.html.jinja` here, and the wording of amounts as
    filters. A name that is not given is an error (jinja2.UndefinedError), and text is escaped.
    """
    found = Environment(
        loader=FileSystemLoader([templates, Path(__file__).parent]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update({each.__name__: each for each in _AMOUNTS}, breakable=breakable)
    found.globals.update(signs=verdicts.SIGNS)
    return found


def breakable(text: str) -> Markup:
    """Return text whose long CamelCase names may be broken before a capital."""
    parts = re.split(r"(?<=[a-z])(?=[A-Z])", text)
    return Markup("<wbr>").join(escape(part) for part in parts)
