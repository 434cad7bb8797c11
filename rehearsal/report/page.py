"""The report as one self-contained HTML page: no script, no network, two colour schemes, paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from rehearsal.report import plots, words
from rehearsal.report.model import Series

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    share=words.share, seconds=words.seconds, count=words.count, byte_size=words.byte_size
)


def render(report: Mapping[str, Any], series: Series) -> str:
    """Return the page of a `report.json` (`Report.to_json()`) and its series.

    Raises:
        jinja2.UndefinedError: the report lacks a key that `Report.to_json()` writes.
    """
    template = _ENVIRONMENT.get_template("page.html.jinja")
    return template.render(
        report=report,
        figures=plots.figures(series),
        marks=series.marks,
        rows=words.ORDER_ROWS,
        balance=words.balance(report["orders"]),
        longest=max([0.001, *(step["seconds"] for step in report["steps"])]),
    )
