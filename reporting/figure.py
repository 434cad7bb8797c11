"""A chart as a page shows it: the drawing, its legend, and how to read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reporting import charts
from reporting.charts import Chart


@dataclass(frozen=True)
class Figure:
    """A chart with its legend (sample, name) and one sentence that says how to read it."""

    chart: Chart
    svg: Markup
    legend: Sequence[tuple[Markup, str]]
    note: str


def figure(chart: Chart, note: str) -> Figure:
    """Return the figure of a chart."""
    return Figure(chart, charts.draw(chart), list(_legend(chart)), note)


def _legend(chart: Chart) -> Iterator[tuple[Markup, str]]:
    for line in chart.lines:
        yield charts.swatch(line.style, line.kind), line.name
    for band in chart.bands:
        kind = "hatch" if band.hatch else "band"
        yield charts.swatch(band.style, kind, chart.key), band.name
    for limit in chart.limits:
        yield charts.swatch(limit.style, "limit"), limit.name
