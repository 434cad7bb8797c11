"""Which plots the page of a load run shows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reporting import concurrency
from reporting.amounts import count
from reporting.charts import Band, Chart, Line, Mark
from reporting.figure import Figure, figure

from load.model.arrivals import Stage, peak_end
from load.report import bins as series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from load.report.bins import Bin
    from load.report.spread import Spread


def figures(summary: Mapping[str, Any], spread: Spread) -> list[Figure]:
    """Return the page's figures; those over time share one axis.

    A run without a synchronous attempt has nothing that could be refused, or waited for.
    """
    bins = series.bins(summary)
    binned = _binned(summary)
    direct = bool(summary["throttle"]["attempts"]) or not summary["backlog"]["queued"]
    over_time = [
        (
            _load(bins, direct=direct),
            f"{binned}By intended arrival; the band is what is predicted.",
        ),
        *([(_throttle(bins), binned + _THROTTLE_NOTE)] if direct else []),
        (_concurrency(summary, bins), concurrency.NOTE),
        *([(_latency(bins), _latency_note(summary))] if direct else []),
    ]
    span, marks = (0.0, float(len(summary["series"])) or 1.0), moments(summary)
    shown = [(replace(c, span=span, marks=marks), note) for c, note in over_time]
    if direct:
        shown.append((_distribution(summary, spread), _spread_note(spread)))
        shown.append((_recovery(bins, summary), _recovery_note(summary)))
    if _queues(summary):
        shown.append((_backlog(summary), _BACKLOG_NOTE))
    return [figure(chart, note) for chart, note in shown]


_THROTTLE_NOTE = (
    "Attempts refused with 429, against Erlang-B at the measured duration and at ten requests a "
    "second per concurrent execution; the band covers 95 % of the prediction's error and of the "
    "scatter of so few attempts."
)


def _binned(summary: Mapping[str, Any]) -> str:
    wide = series.width(summary["series"])
    return f"In bins of {wide} s. " if wide > 1 else ""


def _latency_note(summary: Mapping[str, Any]) -> str:
    binned = _binned(summary)
    highest = "; p99 is the highest of its seconds" if binned else ""
    return f"{binned}Served events, from the intended arrival to the answer; logarithmic{highest}."


def _queues(summary: Mapping[str, Any]) -> bool:
    """Return whether asynchronous events ever waited: more under way than can run at a time."""
    found = summary["backlog"]
    return bool(found["queued"]) and (
        max(found["peak"], found["predictedPeak"] or 0) > summary["run"]["concurrency"]
        or not summary["throttle"]["attempts"]
    )


def _peak_end(summary: Mapping[str, Any]) -> float | None:
    return peak_end([Stage(**stage) for stage in summary["run"]["stages"]])


def moments(summary: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Return the end of the peak and of the recovery, where the run has them."""
    ends = _peak_end(summary)
    if ends is None:
        return ()
    recovered = recovery_seconds(summary)
    over = () if not recovered else (Mark(ends + recovered, "recovered"),)
    return (Mark(ends, "the peak ends"), *over)


def recovery_seconds(summary: Mapping[str, Any]) -> float | None:
    """Return the seconds from the end of the peak to recovery; None when it was not measured."""
    found = summary.get("recoverySeconds")
    return None if found is None else float(found)


def _load(bins: Sequence[Bin], *, direct: bool) -> Chart:
    if not direct:
        accepted = Line("accepted", [(b.at, b.offered) for b in bins], "offered")
        return Chart("load", "Load offered, asynchronously", "events/s", (accepted,))
    expected = [
        (b.at, b.low * b.attempts, b.high * b.attempts)
        for b in bins
        if b.low is not None and b.high is not None
    ]
    lines = (
        Line("served", [(b.at, b.served) for b in bins], "served", "area"),
        Line("throttled", [(b.at, b.throttled) for b in bins], "throttled"),
        Line("offered", [(b.at, b.attempts) for b in bins], "offered"),
    )
    band = (Band("throttled as predicted", expected, "predicted"),) if expected else ()
    return Chart("load", "Load offered, served and throttled", "events/s", lines, band)


def _throttle(bins: Sequence[Bin]) -> Chart:
    lines = (
        Line("measured", [(b.at, _or_gap(b.share)) for b in bins], "throttled", "dots"),
        Line("predicted", [(b.at, _or_gap(b.predicted)) for b in bins], "predicted"),
    )
    band = [(b.at, b.low, b.high) for b in bins if b.low is not None and b.high is not None]
    bands = (Band("prediction interval", band, "predicted"),) if band else ()
    return Chart("throttle", "Throttle share against its prediction", "%", lines, bands)


def _concurrency(summary: Mapping[str, Any], bins: Sequence[Bin]) -> Chart:
    most = [(point["second"], float(point["maximum"])) for point in summary["concurrency"]]
    slot = summary["slotTime"]
    let_in = [(b.at, b.offered - b.throttled) for b in bins]
    return concurrency.chart(most, let_in, slot and slot["mean"], summary["run"]["concurrency"])


def _latency(bins: Sequence[Bin]) -> Chart:
    lines = (
        Line("p50", [(b.at, _or_gap(b.p50)) for b in bins], "served"),
        Line("p99", [(b.at, _or_gap(b.p99)) for b in bins], "throttled"),
    )
    return Chart("latency", "Latency from the intended time", "ms", lines, log=True)


def _distribution(summary: Mapping[str, Any], spread: Spread) -> Chart:
    lines = (Line("share of served events", spread.bins, "served", "bars"),)
    latency = summary["latency"]
    known = [(name, latency[name]) for name in ("p50", "p95", "p99") if latency.get(name)]
    marks = tuple(Mark(value, name) for name, value in known) if spread.bins else ()
    return Chart(
        "spread",
        "How latencies spread",
        "%",
        lines,
        marks=marks,
        across="ms",
        log_across=True,
    )


def _spread_note(spread: Spread) -> str:
    return f"{count(spread.served)} served events; 20 bins to a power of ten, logarithmic."


def _recovery(bins: Sequence[Bin], summary: Mapping[str, Any]) -> Chart:
    ends = _peak_end(summary)
    after = [] if ends is None else [b for b in bins if b.at >= ends - 1]
    zero = ends or 0.0
    lines = (
        Line("throttled", [(b.at - zero, _or_gap(b.share)) for b in after], "throttled", "step"),
        Line("predicted", [(b.at - zero, _or_gap(b.predicted)) for b in after], "predicted"),
    )
    recovered = recovery_seconds(summary)
    marks = () if not recovered or not after else (Mark(recovered, "recovered"),)
    return Chart("recovery", "Recovery after the peak", "%", lines, marks=marks)


def _recovery_note(summary: Mapping[str, Any]) -> str:
    if _peak_end(summary) is None:
        return "This scenario has no calmer time after its peak."
    return "Throttled share of the attempts; seconds count from the end of the busiest stages."


def _backlog(summary: Mapping[str, Any]) -> Chart:
    found = summary["backlog"]
    lines = [Line("waiting", _thinned(found["queued"]), "served", "area")]
    if found["predicted"] is not None:
        lines.append(Line("predicted", _thinned(found["predicted"]), "predicted"))
    span = (0.0, max(at for line in lines for at, _ in line.points))
    marks = [mark for mark in moments(summary)[:1] if mark.at <= span[1]]
    if marks and found["drainSeconds"] and marks[0].at + found["drainSeconds"] <= span[1]:
        marks.append(Mark(marks[0].at + found["drainSeconds"], "drained"))
    return Chart("backlog", "Asynchronous backlog", "events", lines, span=span, marks=marks)


def _thinned(queued: Sequence[float]) -> list[tuple[float, float]]:
    """Return the longest queue of every few seconds, at their end, and an empty one before all."""
    wide = max(1, math.ceil(len(queued) / series.MOST_BINS))
    return [(0.0, 0.0)] + [
        (float(min(at + wide, len(queued))), float(max(queued[at : at + wide])))
        for at in range(0, len(queued), wide)
    ]


_BACKLOG_NOTE = (
    "Accepted and not confirmed at the end of each second. The prediction is a fluid's: it leaves "
    "out how long Lambda itself waits before it tries a throttled event again."
)


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value
