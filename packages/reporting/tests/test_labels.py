"""The labels of charts: their boxes never overlap, on wide pages and narrow ones, whatever the
data.
"""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from hypothesis import given

from reporting import charts
from reporting.axes import WIDTH, tick_text
from reporting.charts import Chart, Limit, Line, Mark
from reporting.tests.test_charts import CHARTS

# Font sizes of base.css by page, and the width and height of a digit by the font's size.
SIZES = {"wide": {"tick": 12, "label": 12, "mark": 11}, "narrow": {"tick": 16, "label": 16, "mark": 13}}  # fmt: skip  # noqa: E501
GLYPH, ASCENT = 0.636, 0.73
SVG = "{http://www.w3.org/2000/svg}"

Box = tuple[str, float, float, float, float]


def boxes(chart: Chart, page: str) -> list[Box]:
    """Return each text's box: what it says, left, top, right and bottom."""
    root = ET.fromstring(str(charts.draw(chart)))  # noqa: S314 - our own drawing
    found = []
    for element in root.iter("text"):
        words = element.attrib["class"].split()
        if words[0] not in SIZES[page] or (page == "narrow" and "minor" in words):
            continue
        size = float(SIZES[page][words[0]])
        if own := re.search(r"font-size:([\d.]+)px", element.get("style", "")):
            size = float(own[1])
        text, at = element.text or "", float(element.attrib["x"])
        wide = len(text) * GLYPH * size
        left = at - {"end": wide, "middle": wide / 2}.get(element.attrib["text-anchor"], 0)
        base = float(element.attrib["y"]) + (0.35 * size if element.get("dy") else 0)
        found.append((text, left, base - ASCENT * size, left + wide, base))
    return found


def collisions(chart: Chart, page: str) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes overlap."""
    return [
        (one[0], other[0])
        for one, other in combinations(boxes(chart, page), 2)
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]


def chart(values: list[float], **more: object) -> Chart:
    """A chart of the values, one a second."""
    lines = [Line("seen", [(float(at), value) for at, value in enumerate(values)], "served")]
    return Chart("key", "Seen", "ms", lines, **more)  # type: ignore[arg-type]


REAL = {
    "very small": chart([1e-6, 4e-6, 9e-6]),
    "very large": chart([1e6, 5e8, 9.5e11]),
    "very small shares": Chart("key", "S", "%", [Line("s", [(1.0, 1e-9), (20.0, 0.8)], "served")], log=True),  # noqa: E501
    "eight decades across": Chart("key", "S", "%", [Line("s", [(1e-3, 0.1), (1e5, 0.2)], "served", "bars")], across="ms", log_across=True),  # noqa: E501
    "three decades across": Chart("key", "S", "%", [Line("s", [(20.0, 0.1), (9000.0, 0.2)], "served", "bars")], across="ms", log_across=True),  # noqa: E501
    "a day": Chart("key", "S", "events/s", [Line("s", [(0.0, 1.0), (86_400.0, 2.0)], "served")]),
    "a moment": Chart("key", "S", "events/s", [Line("s", [(0.0, 1.0), (0.0004, 2.0)], "served")]),
    "many steps": chart([1.0] * 60, marks=[Mark(20 + at / 10, f"step {at}") for at in range(40)]),
    "close limits": chart([1.0, 2.0], limits=[Limit("reserved 5", 5.0), Limit("wanted 5", 5.01), Limit("most 4.9", 4.9)]),  # noqa: E501
    "limits at both ends": chart([1.0, 100.0], limits=[Limit("a", 100.0), Limit("b", 99.0), Limit("c", 0.0)]),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("page", SIZES)
@pytest.mark.parametrize("name", REAL)
def test_no_two_labels_of_real_data_overlap(name: str, page: str) -> None:
    """Very small and very large values, many decades, many steps, limits side by side."""
    assert collisions(REAL[name], page) == []


@given(CHARTS)
def test_no_two_labels_overlap(chart: Chart) -> None:
    """Whatever is drawn."""
    for page in SIZES:
        assert collisions(chart, page) == []


@given(CHARTS)
def test_labels_of_ticks_stay_on_the_page(chart: Chart) -> None:
    """At most the figure's padding is used beyond the drawing."""
    for text, left, _, right, _ in boxes(chart, "wide"):
        assert left >= -16, text
        assert right <= WIDTH + 28, text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"), (0.25, "%", "25 %"), (1e-9, "%", "1e-07 %"), (2_500, "ms", "2,500 ms"),
        (12_500, "", "12.5k"), (5e8, "", "500M"), (9e11, "", "900G"), (0.0004, "s", "4e-04 s"),
    ],
)  # fmt: skip
def test_a_tick_is_short(value: float, unit: str, text: str) -> None:
    """So that it has room beside its axis."""
    assert tick_text(value, unit) == text
