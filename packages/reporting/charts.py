"""Inline SVG charts: lines, areas, steps, dots, bars, bands, limits and marks.

No script and no colour of its own: every shape has a class, the page's style sheet gives the colour
through custom properties, and shapes differ by dash or hatching as well. The text of the drawing is
in its `<title>` and `<desc>`; hovering a bin shows its values.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markupsafe import Markup, escape

from reporting import scales
from reporting.amounts import number
from reporting.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, share_sign
from reporting.axes import place as _place
from reporting.labels import FONT, spread

MARK_RADIUS = 8
# From baseline to baseline of two limits' labels, at the narrow page's size of text.
LIMIT_GAP = 18
# Beyond this many bins, a hover target would be narrower than a pointer can hit.
MOST_TARGETS = 200

Kind = Literal["line", "area", "step", "dots", "bars"]

# (x, value); a non-finite value is a gap in the line. Over time, x is in seconds.
Points = Sequence[tuple[float, float]]
# (x, lower bound, upper bound)
BandPoints = Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Mark:
    """Something numbered at the place `at` of the x axis: "canary 25 %", "p99"."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """One named series; `style` is its class in the style sheet, `kind` how it is drawn."""

    name: str
    points: Points
    style: str
    kind: Kind = "line"


@dataclass(frozen=True)
class Band:
    """A named range over time, hatched where `hatch` is true."""

    name: str
    points: BandPoints
    style: str
    hatch: bool = False


@dataclass(frozen=True)
class Limit:
    """A named constant, drawn over the whole width."""

    name: str
    value: float
    style: str = "limit"


@dataclass(frozen=True)
class Chart:
    """A plot; `key` is unique on the page, `unit` the y axis' (`%` takes shares 0..1).

    `across` is the x axis' unit, and `log_across` makes that axis logarithmic.
    """

    key: str
    title: str
    unit: str
    lines: Sequence[Line] = ()
    bands: Sequence[Band] = ()
    limits: Sequence[Limit] = ()
    marks: Sequence[Mark] = ()
    log: bool = False
    span: tuple[float, float] | None = None
    across: str = "s"
    log_across: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is not one finite value to draw."""
        return not _finite(_times(self))


def draw(chart: Chart) -> Markup:
    """Return the chart as one `<svg>` element; an empty chart says that nothing was measured."""
    horizontal = scales.logarithmic if chart.log_across else scales.linear
    x = horizontal(chart.span or _times(chart), LEFT, RIGHT)
    vertical = scales.logarithmic if chart.log else _from_zero
    y = vertical(_values(chart), BOTTOM, TOP)
    parts = [
        *_head(chart),
        *axes(x, y, chart.unit, chart.across, empty=chart.empty),
        *(_band(chart, band, x, y) for band in chart.bands),
        *(_line(line, x, y) for line in chart.lines),
        *_limits(chart.limits, y),
        *_marks(chart.marks, x),
        *_targets(chart, x),
        "</svg>",
    ]
    return Markup("\n".join(part for part in parts if part))  # noqa: S704 - every text is escaped


def _head(chart: Chart) -> Iterator[str]:
    names = ", ".join(_summary(line, chart.unit) for line in chart.lines)
    rest = ", ".join([*(b.name for b in chart.bands), *(limit.name for limit in chart.limits)])
    marks = ", ".join(f"{mark.label} at {number(mark.at, chart.across)}" for mark in chart.marks)
    desc = "; ".join(text for text in (names, rest, marks) if text)
    yield (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="{chart.key}-title {chart.key}-desc">'
    )
    yield f'<title id="{chart.key}-title">{escape(chart.title)}</title>'
    yield f'<desc id="{chart.key}-desc">{escape(desc or "nothing was measured")}</desc>'
    if any(band.hatch for band in chart.bands):
        yield (
            f'<defs><pattern id="{chart.key}-hatch" width="7" height="7"'
            ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<path class="hatch" d="M0 0V7"/></pattern></defs>'
        )


def _summary(line: Line, unit: str) -> str:
    values = _finite(value for _, value in line.points)
    if not values:
        return f"{line.name}: no data"
    low = number(min(values), share_sign(unit))
    return f"{line.name}: {low} to {number(max(values), unit)}"


def _line(line: Line, x: scales.Scale, y: scales.Scale) -> str:
    runs = [[(x(at), y(value)) for at, value in run] for run in _runs(line.points)]
    if line.kind == "dots":
        places = (place for run in runs for place in run)
        return "".join(
            f'<circle class="dot {line.style}" cx="{_place(a)}" cy="{_place(b)}" r="3"/>'
            for a, b in places
        )
    if line.kind == "bars":
        return "".join(_bar(line.style, *bar) for bar in _bars(line.points, x, y))
    drawn = []
    for run in runs:
        path = _path(_stepped(run) if line.kind == "step" else run)
        if line.kind == "area":
            foot = f"L{_place(run[-1][0])} {BOTTOM}L{_place(run[0][0])} {BOTTOM}Z"
            drawn.append(f'<path class="area {line.style}" d="{path}{foot}"/>')
        drawn.append(f'<path class="line {line.style}" d="{path}"/>')
    return "".join(drawn)


def _bars(points: Points, x: scales.Scale, y: scales.Scale) -> Iterator[tuple[float, float, float]]:
    """Yield left edge, right edge and top of each bar; bars meet halfway between their points."""
    finite = [(x(at), y(value)) for at, value in sorted(points) if _is_finite((at, value))]
    places = [place for place, _ in finite]
    inner = [(a + b) / 2 for a, b in pairwise(places)]
    half = inner[0] - places[0] if inner else (RIGHT - LEFT) / 2
    last = places[-1] - inner[-1] if inner else half
    edges = [places[0] - half, *inner, places[-1] + last] if places else []
    for (start, end), (_, top) in zip(pairwise(edges), finite, strict=True):
        yield max(LEFT, start), min(RIGHT, end), top


def _bar(style: str, start: float, end: float, top: float) -> str:
    left, right = _place(start), _place(max(start, end - 1))
    return (
        f'<path class="column {style}"'
        f' d="M{left} {BOTTOM}L{left} {_place(top)}L{right} {_place(top)}L{right} {BOTTOM}Z"/>'
    )


def _is_finite(point: Iterable[float]) -> bool:
    return all(map(math.isfinite, point))


def _band(chart: Chart, band: Band, x: scales.Scale, y: scales.Scale) -> str:
    points = [point for point in band.points if _is_finite(point)]
    if not points:
        return ""
    upper = [(x(at), y(high)) for at, _, high in points]
    lower = [(x(at), y(low)) for at, low, _ in reversed(points)]
    path = _path([*upper, *lower]) + "Z"
    hatch = f'<path fill="url(#{chart.key}-hatch)" d="{path}"/>' if band.hatch else ""
    return f'<path class="band {band.style}" d="{path}"/>{hatch}'


def _limits(limits: Sequence[Limit], y: scales.Scale) -> Iterator[str]:
    shown = [limit for limit in limits if math.isfinite(limit.value)]
    places = [y(limit.value) for limit in shown]
    # Below the line where the top margin has no room for the label.
    wanted = [at - 5 if at > TOP + 12 else at + 14 for at in places]
    labels = spread(wanted, LIMIT_GAP, TOP + FONT, BOTTOM - 4)
    for limit, at, label in zip(shown, places, labels, strict=True):
        yield (
            f'<path class="line {limit.style}" d="M{LEFT} {_place(at)}H{RIGHT}"/>'
            f'<text class="label {limit.style}" x="{RIGHT}" y="{_place(label)}" text-anchor="end">'
            f"{escape(limit.name)}</text>"
        )


def _marks(marks: Sequence[Mark], x: scales.Scale) -> Iterator[str]:
    """Number the marks over the plot; neighbours too close to read are moved apart.

    More of them than have room beside each other are drawn smaller.
    """
    places = [x(mark.at) for mark in marks]
    radius = min(float(MARK_RADIUS), (RIGHT - LEFT) / (2 * max(1, len(marks) - 1)))
    small = f' style="font-size:{1.3 * radius:.1f}px"' if radius < MARK_RADIUS else ""
    heads = spread(places, 2 * radius, LEFT, RIGHT)
    for position, (at, head) in enumerate(zip(places, heads, strict=True), start=1):
        yield (
            f'<path class="mark" d="M{_place(head)} {TOP - 10}L{_place(at)} {TOP}V{BOTTOM}"/>'
            f'<circle class="mark" cx="{_place(head)}" cy="{TOP - 16}" r="{_place(radius)}"/>'
            f'<text class="mark" x="{_place(head)}" y="{TOP - 16}" dy=".35em"'
            f' text-anchor="middle"{small}>{position}</text>'
        )


def _targets(chart: Chart, x: scales.Scale) -> Iterator[str]:
    """Yield invisible strips, one per bin, whose tooltip gives the values at that time."""
    seen: dict[float, list[str]] = {}
    for line in chart.lines:
        for at, value in line.points:
            if math.isfinite(at) and math.isfinite(value):
                text = number(value, share_sign(chart.unit))
                seen.setdefault(at, []).append(f"{line.name} {text}")
    times = sorted(seen)
    if not times or len(times) > MOST_TARGETS:
        return
    places = [x(at) for at in times]
    edges = [LEFT, *((a + b) / 2 for a, b in pairwise(places)), RIGHT]
    for at, (start, end) in zip(times, pairwise(edges), strict=True):
        box = f'x="{_place(start)}" y="{TOP}" width="{_place(end - start)}" height="{BOTTOM - TOP}"'
        text = escape("\n".join([number(at, chart.across), *seen[at]]))
        yield f'<rect class="target" {box}><title>{text}</title></rect>'


def _times(chart: Chart) -> list[float]:
    lines = (at for line in chart.lines for at, value in line.points if math.isfinite(value))
    bands = (at for band in chart.bands for at, *_ in band.points)
    return [*lines, *bands, *(mark.at for mark in chart.marks)]


def _values(chart: Chart) -> list[float]:
    lines = (value for line in chart.lines for _, value in line.points)
    bands = (value for band in chart.bands for _, *values in band.points for value in values)
    return [*lines, *bands, *(limit.value for limit in chart.limits)]


def _from_zero(values: Iterable[float], start: float, end: float) -> scales.Scale:
    return scales.linear(values, start, end, zero=True)


def _runs(points: Points) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for point in points:
        if _is_finite(point):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _stepped(run: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    corners = [run[0]]
    for (_, before), (at, value) in pairwise(run):
        corners += [(at, before), (at, value)]
    return corners


def _path(places: Sequence[tuple[float, float]]) -> str:
    head, *rest = (f"{_place(a)} {_place(b)}" for a, b in places)
    # A lone point is drawn as a dot by the line's round caps.
    return f"M{head}" + ("".join(f"L{place}" for place in rest) or f"L{head}")


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]
