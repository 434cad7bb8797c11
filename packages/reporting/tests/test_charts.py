"""The charts: every place is inside the drawing, whatever the data."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import amounts, axes, charts, scales
from reporting.charts import Band, Chart, Limit, Line, Mark

FINITE = st.floats(-1e12, 1e12, allow_nan=False) | st.sampled_from([5e-324, 1e-12, 1e12])
ANY = FINITE | st.sampled_from([math.nan, math.inf, -math.inf])
POINTS = st.lists(st.tuples(FINITE, ANY), max_size=12)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs")), max_size=12)
LINES = st.lists(
    st.builds(
        Line,
        TEXT,
        POINTS,
        st.just("served"),
        st.sampled_from(["line", "area", "step", "dots", "bars"]),
    ),
    max_size=3,
)
CHARTS = st.builds(
    Chart,
    key=st.just("key"),
    title=TEXT,
    unit=st.sampled_from(["ms", "%"]),
    lines=LINES,
    bands=st.lists(
        st.builds(
            Band,
            TEXT,
            st.lists(st.tuples(FINITE, ANY, ANY), max_size=6),
            st.just("predicted"),
            st.booleans(),
        ),
        max_size=2,
    ),
    limits=st.lists(st.builds(Limit, TEXT, ANY), max_size=1),
    marks=st.lists(st.builds(Mark, FINITE, TEXT), max_size=8),
    log=st.booleans(),
    span=st.none() | st.just((0.0, 10.0)),
    across=st.sampled_from(["s", ""]),
    log_across=st.booleans(),
)
# Attributes that hold places; a path's letters separate its numbers.
ACROSS = re.compile(r'\b(?:x|cx)="(-?[\d.]+)"')
DOWN = re.compile(r'\b(?:y|cy)="(-?[\d.]+)"')
PATHS = re.compile(r' d="([^"]*)"')
PAIRS = re.compile(r"[ML](-?[\d.]+) (-?[\d.]+)")


def places(chart: Chart) -> tuple[list[float], list[float]]:
    """Return all x and all y of a drawing, without its pattern, which has places of its own."""
    svg = re.sub(r"<defs>.*</defs>", "", str(charts.draw(chart)))
    pairs = PAIRS.findall(" ".join(PATHS.findall(svg)))
    across = [*ACROSS.findall(svg), *(pair[0] for pair in pairs)]
    down = [*DOWN.findall(svg), *(pair[1] for pair in pairs)]
    return [float(place) for place in across], [float(place) for place in down]


@given(CHARTS)
def test_every_place_is_inside_the_drawing(chart: Chart) -> None:
    """No point, label, mark or hover target lies outside the viewBox."""
    across, down = places(chart)
    assert all(0 <= place <= axes.WIDTH for place in across)
    assert all(0 <= place <= axes.HEIGHT for place in down)


@given(CHARTS)
def test_a_drawing_is_well_formed_and_holds_no_nan(chart: Chart) -> None:
    """A chart parses as XML, and no attribute was made from a non-finite number."""
    root = ET.fromstring(str(charts.draw(chart)))  # noqa: S314 - our own drawing
    values = [value for element in root.iter() for value in element.attrib.values()]
    assert not [value for value in values if re.search(r"\b(nan|inf)\b", value)]


@given(CHARTS)
def test_a_drawing_names_itself(chart: Chart) -> None:
    """Assistive technology finds a title and a description by the ids the drawing refers to."""
    root = ET.fromstring(str(charts.draw(chart)))  # noqa: S314 - our own drawing
    ids = {element.get("id") for element in root.iter()}
    assert set(root.attrib["aria-labelledby"].split()) <= ids
    assert root.attrib["role"] == "img"


@pytest.mark.parametrize("points", [[], [(1.0, math.nan)]])
def test_an_empty_chart_says_so(points: list[tuple[float, float]]) -> None:
    """A series without a finite value is not drawn as zero."""
    svg = charts.draw(Chart("key", "Load", "events/s", [Line("served", points, "served")]))
    assert "nothing was measured" in svg
    assert 'class="line' not in svg


def test_a_missing_value_is_a_gap() -> None:
    """A NaN in the middle of a line breaks it in two instead of joining its neighbours."""
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, math.nan), (3.0, 1.0), (4.0, 2.0)]
    svg = charts.draw(Chart("key", "Load", "events/s", [Line("served", points, "served")]))
    assert svg.count('class="line served"') == 2


def test_a_step_keeps_its_value_until_the_next() -> None:
    """A step line goes across first and then up, never aslant."""
    line = Line("weight", [(0.0, 0.0), (10.0, 1.0)], "first", "step")
    found = PAIRS.findall(charts.draw(Chart("key", "Weights", "%", [line])).split("line first")[1])
    (x0, y0), (x1, y1), (x2, y2) = found[:3]
    assert y0 == y1
    assert x1 == x2
    assert (x0, y1) != (x1, y2)


def test_text_cannot_become_markup() -> None:
    """Names and labels are escaped."""
    evil = "</svg><script>alert(1)</script>"
    chart = Chart(
        "key",
        evil,
        "ms",
        [Line(evil, [(0.0, 1.0)], "served")],
        [Band(evil, [(0.0, 0.0, 1.0)], "predicted")],
        [Limit(evil, 5.0)],
        [Mark(0.0, evil)],
    )
    assert "<script" not in charts.draw(chart)


@given(FINITE, FINITE, st.integers(2, 12))
def test_ticks_rise_within_the_domain(one: float, other: float, count: int) -> None:
    """Ticks are inside the domain, in order, and not many more than asked for."""
    scale = scales.linear([one, other], 0, 100)
    found = scale.ticks(count)
    assert all(scale.low <= tick <= scale.high for tick in found)
    assert list(found) == sorted(found)
    assert len(found) <= count + 1


@given(st.lists(FINITE, min_size=1, max_size=6), st.booleans())
def test_a_larger_value_is_never_drawn_lower(values: list[float], log: bool) -> None:
    """Scales keep the order of values."""
    make = scales.logarithmic if log else scales.linear
    scale = make(values, 0.0, 100.0)
    places = [scale(value) for value in sorted(values)]
    assert places == sorted(places)


def test_zero_is_on_the_axis() -> None:
    """A scale from zero starts at zero even where all values are high, and rounds its top up."""
    scale = scales.linear([97.0, 99.0], 0, 100, zero=True)
    assert (scale.low, scale.high) == (0.0, 100.0)


def test_shares_read_as_percentages() -> None:
    """An axis of shares shows 0.25 as 25 %."""
    assert amounts.number(0.25, "%") == "25 %"
    assert amounts.number(12_500) == "12,500"
