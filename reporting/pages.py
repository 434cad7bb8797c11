"""HTML pages from templates: self-contained, no script, two colour schemes, paper."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from reporting import amounts, charts


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
    found.filters.update(
        share=amounts.share,
        seconds=amounts.seconds,
        milliseconds=amounts.milliseconds,
        count=amounts.count,
        byte_size=amounts.byte_size,
        number=charts.number,
        breakable=breakable,
    )
    return found


def breakable(text: str) -> Markup:
    """Return text whose long CamelCase names may be broken before a capital."""
    parts = re.split(r"(?<=[a-z])(?=[A-Z])", text)
    return Markup("<wbr>").join(escape(part) for part in parts)
