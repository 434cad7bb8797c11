"""The report on a load run as Markdown, for a job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporting import fates
from reporting.amounts import count
from reporting.markdown import escape, table
from reporting.verdicts import EMOJI, held

from load.report import wording as words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from load.report.spread import Spread


def render(
    summary: Mapping[str, Any],
    spread: Spread,
    record: Mapping[str, Any],
    comparison: Mapping[str, Any] | None,
) -> str:
    """Return the summary; text from the run cannot become markup."""
    return "\n".join(_lines(summary, spread, record, comparison)) + "\n"


def _lines(
    summary: Mapping[str, Any],
    spread: Spread,
    record: Mapping[str, Any],
    comparison: Mapping[str, Any] | None,
) -> Iterator[str]:
    verdict, scenario = summary["verdict"], summary["run"]["scenario"]
    yield f"## {EMOJI[verdict]} Load {escape(scenario)}: {verdict}"
    yield ""
    yield escape(words.why(summary))
    yield ""
    for said in (words.not_verified(summary), words.throttled_on_purpose(summary)):
        if said:
            yield escape(said)
            yield ""
    rows = (
        (EMOJI[held(row.held)], row.name, row.measured, row.allowed)
        for row in words.thresholds(summary, spread)
    )
    yield from table(("", "threshold", "measured", "allowed"), rows)
    yield from table(("throttling", "seen"), words.throttling(summary))
    if summary["throttle"]["attempts"]:
        yield from _stages(words.stages(summary))
    for name, facts in (
        ("trying again", words.retrying(summary)),
        ("asynchronous backlog", words.queueing(summary)),
    ):
        if facts:
            yield from table((name, "seen"), facts)
    ends = [(text, count(summary["events"][key])) for key, text, _ in fates.rows(summary["events"])]
    total = ("sent", count(summary["events"]["sent"]))
    yield from table(("where every event ended", "events"), [*ends, total])
    yield from _baseline(comparison)
    yield from table(("how the run was made", ""), words.how(summary, record))


def _stages(found: Sequence[words.Stage]) -> Iterator[str]:
    yield "<details><summary>throttle share by stage</summary>"
    yield ""
    rows = ((s.when, s.offered, s.measured, s.predicted, s.gap) for s in found)
    yield from table(("stage", "offered", "measured (95 %)", "predicted (95 %)", "gap"), rows)
    yield "</details>"
    yield ""


def _baseline(comparison: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"{'⚠️ ' if comparison and comparison['worse'] else ''}{escape(words.against(comparison))}"
    yield ""
    if comparison and comparison["rows"]:
        rows = (
            (
                f"{row.name}{' ⚠️' if row.worse else ''}",
                row.value,
                row.mean,
                row.change,
                row.interval,
            )
            for row in words.compared(comparison)
        )
        yield from table(("figure", "this run", "baseline", "change", "95 % interval"), rows)
        yield escape(words.limits(comparison))
        yield ""
