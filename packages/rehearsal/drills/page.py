"""The outcome as one self-contained HTML page, in the style of the rehearsal's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting import fates, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVIRONMENT = pages.environment(Path(__file__).parent)
_WORDS = {"deadLettered": "dead-lettered"}


def render(report: Mapping[str, Any]) -> str:
    """Return the page of a `report.json`.

    Raises:
        jinja2.UndefinedError: the report lacks a key that `report.document` writes.
    """
    drills = report["drills"]
    counted = [row["events"] for row in drills if row["events"] is not None]
    slowest_recover = _longest(row["recoverSeconds"] for row in drills)
    return _ENVIRONMENT.get_template("page.html.jinja").render(
        report=report,
        sent=sum(each["sent"] for each in counted),
        slowest_detect=_longest(row["detectSeconds"] for row in drills),
        slowest_recover=slowest_recover,
        longest=max(slowest_recover or 0.0, 0.001),
        ends=fates.ROWS,
        words={key: _WORDS.get(key, key) for key, _, _ in fates.ROWS},
    )


def _longest(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)
