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
        yield swatch(line.style, line.kind), line.name
    for band in chart.bands:
        kind = "hatch" if band.hatch else "band"
        yield swatch(band.style, kind, chart.key), band.name
    for limit in chart.limits:
        yield swatch(limit.style, "limit"), limit.name


def swatch(style: str, kind: str, key: str = "") -> Markup:
    """Return the legend's sample of a line (by its kind), a band, a hatched band or a limit."""
    shapes = {
        "line": f'<path class="line {style}" d="M0 7H28"/>',
        "step": f'<path class="line {style}" d="M0 11H14V3H28"/>',
        "area": f'<path class="area {style}" d="M0 14V7H28V14Z"/>'
        f'<path class="line {style}" d="M0 7H28"/>',
        "bars": f'<path class="column {style}" d="M2 14V6H10V14ZM16 14V1H24V14Z"/>',
        "dots": f'<circle class="dot {style}" cx="7" cy="7" r="3"/>'
        f'<circle class="dot {style}" cx="20" cy="7" r="3"/>',
        "band": f'<path class="band {style}" d="M0 2H28V12H0Z"/>',
        "hatch": f'<path class="band {style}" d="M0 2H28V12H0Z"/>'
        f'<path fill="url(#{key}-hatch)" d="M0 2H28V12H0Z"/>',
        "limit": f'<path class="line {style}" d="M0 7H28"/>',
    }
    svg = f'<svg class="swatch" viewBox="0 0 28 14" aria-hidden="true">{shapes[kind]}</svg>'
    return Markup(svg)  # noqa: S704 - classes and keys are this package's own words
