"""Which plots the page shows, made from the rehearsal's series."""

from collections.abc import Sequence
from dataclasses import replace

from reporting import concurrency
from reporting.charts import Band, Chart, Line
from reporting.figure import Figure, figure

from rehearsal.report.model import Series, WeightStep

VERSION_STYLES = ("first", "second", "third")


def figures(series: Series) -> list[Figure]:
    """Return the page's figures; the plots of the load share one time axis."""
    load = [
        (_rates(series), "Bins of events per second; offered is by intended arrival."),
        (
            _throttle(series),
            "Attempts refused with 429 per bin, against Erlang-B at the measured duration.",
        ),
        (
            _latency(series),
            "Served events, from the intended arrival to the answer; logarithmic.",
        ),
        (_concurrency(series), concurrency.NOTE),
    ]
    times = [at for chart, _ in load for line in chart.lines for at, _ in line.points]
    span = (min(0.0, *times), max(times)) if times else None
    weights = (_weights(series), "Share of the alias's traffic that each version is given.")
    shared = [(replace(chart, span=span), note) for chart, note in load]
    return [figure(chart, note) for chart, note in [*shared, weights]]


def _rates(series: Series) -> Chart:
    lines = (
        Line("served", series.served, "served", "area"),
        Line("throttled", series.throttled, "throttled", "area"),
        Line("offered", series.offered, "offered"),
    )
    return Chart("load", "Load offered, served and throttled", "events/s", lines)


def _throttle(series: Series) -> Chart:
    lines = (
        Line("measured", series.throttle_share, "throttled", "dots"),
        Line("predicted", series.predicted_share, "predicted"),
    )
    bands = (Band("prediction interval", series.predicted_band, "predicted"),)
    shown = bands if series.predicted_band else ()
    return Chart("throttle", "Throttle share against its prediction", "%", lines, shown)


def _latency(series: Series) -> Chart:
    lines = (
        Line("p50", series.latency_p50, "served"),
        Line("p99", series.latency_p99, "throttled"),
    )
    return Chart("latency", "Latency from the intended time", "ms", lines, log=True)


def _concurrency(series: Series) -> Chart:
    return concurrency.chart(
        series.concurrency, series.let_in, series.slot_seconds, series.reserved_concurrency
    )


def _weights(series: Series) -> Chart:
    steps = sorted(series.alias_weights, key=lambda step: step.at)
    times = [*(step.at for step in steps), *(mark.at for mark in series.marks)]
    times += [at for points in (series.offered, series.served) for at, _ in points]
    # Past the last event, so that the state it led to can be seen.
    end = max(times, default=0.0) + 0.05 * (max(times, default=0.0) - min(times, default=0.0))
    versions = sorted({version for step in steps for version in step.shares}, key=_order)
    bands = tuple(
        Band(
            f"version {version}",
            _stack(steps, versions[:position], version, end),
            VERSION_STYLES[position % len(VERSION_STYLES)],
            hatch=position % 2 == 1,
        )
        for position, version in enumerate(versions)
    )
    return Chart("alias", "Alias weights", "%", bands=bands, marks=series.marks)


def _stack(
    steps: Sequence[WeightStep], below: Sequence[str], version: str, end: float
) -> list[tuple[float, float, float]]:
    points = []
    ends = [*(step.at for step in steps[1:]), end]
    for step, until in zip(steps, ends, strict=True):
        low = sum(step.shares.get(other, 0.0) for other in below)
        high = low + step.shares.get(version, 0.0)
        points += [(step.at, low, high), (until, low, high)]
    return points


def _order(version: str) -> tuple[int, str]:
    return (int(version) if version.isdigit() else 0, version)
