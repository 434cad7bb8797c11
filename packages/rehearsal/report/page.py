"""The report as one self-contained HTML page: no script, no network, two colour schemes, paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reporting import fates, pages

from rehearsal.report import plots, wording
from rehearsal.report.model import Series

_ENVIRONMENT = pages.environment(Path(__file__).parent)


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
        rows=fates.ROWS,
        move=wording.move,
        budget=wording.budget,
        tone=wording.tone(report),
        release=wording.release(report),
        on_purpose=wording.throttled_on_purpose(report),
        balance=fates.balance(report["events"]),
        longest=max([0.001, *(step["seconds"] for step in report["steps"])]),
    )
