"""The report on a load run as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting import fates, pages

from load.report import plots
from load.report import wording as words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from load.report.spread import Spread

_ENVIRONMENT = pages.environment(Path(__file__).parent)


def render(
    summary: Mapping[str, Any],
    spread: Spread,
    record: Mapping[str, Any],
    comparison: Mapping[str, Any] | None,
) -> str:
    """Return the page of a run's `summary.json`, its latencies, its record and its comparison."""
    return _ENVIRONMENT.get_template("run.html.jinja").render(
        summary=summary,
        run=summary["run"],
        why=words.why(summary),
        not_verified=words.not_verified(summary),
        on_purpose=words.throttled_on_purpose(summary),
        thresholds=words.thresholds(summary, spread),
        throttling=words.throttling(summary),
        stages=words.stages(summary) if summary["throttle"]["attempts"] else [],
        retrying=words.retrying(summary),
        queueing=words.queueing(summary),
        how=words.how(summary, record),
        against=words.against(comparison),
        compared=list(words.compared(comparison)) if comparison else [],
        limits=words.limits(comparison) if comparison and comparison["rows"] else "",
        worse=bool(comparison and comparison["worse"]),
        recovery=plots.recovery_seconds(summary),
        figures=plots.figures(summary, spread),
        rows=fates.rows(summary["events"]),
        balance=fates.balance(summary["events"]),
    )
