"""What the rehearsal's page and the load's page both show they show alike."""

from pathlib import Path
from typing import Any

from load.report.plots import figures as load_figures
from load.report.spread import Spread
from load.tests.report.sample import summary
from rehearsal import assemble
from rehearsal.report.plots import figures as rehearsal_figures
from rehearsal.tests.test_assemble import rehearsal
from reporting.figure import Figure

NOTHING = Spread((), 0, 0, 0)


def concurrency(found: list[Figure]) -> Figure:
    """The one of them that shows concurrency."""
    (figure,) = (each for each in found if each.chart.key == "concurrency")
    return figure


def both(**changes: Any) -> tuple[Figure, Figure]:
    """The load's figure and the rehearsal's, of one and the same run."""
    run = summary(**changes)
    made = rehearsal(Path("unused"))
    made.facts.load = run
    made.stack.outputs = {"reservedConcurrency": run["run"]["concurrency"]}
    return (
        concurrency(load_figures(run, NOTHING)),
        concurrency(rehearsal_figures(assemble.series(made))),
    )


def test_the_concurrency_chart_is_the_same() -> None:
    """Same series, same reference line, same sentence to read it by."""
    load, rehearsed = both()
    assert [(line.name, line.style, line.kind) for line in load.chart.lines] == [
        ("most at once", "served", "step"), ("busy on average", "second", "area"),
    ]  # fmt: skip
    for one, other in zip(load.chart.lines, rehearsed.chart.lines, strict=True):
        assert (one.name, one.style, one.kind) == (other.name, other.style, other.kind)
        assert list(one.points) == list(other.points)
        assert one.points
    assert load.chart.limits == rehearsed.chart.limits
    assert load.chart.limits
    assert (load.chart.title, load.chart.unit) == (rehearsed.chart.title, rehearsed.chart.unit)
    assert load.note == rehearsed.note


def test_without_a_slot_time_neither_shows_who_is_busy() -> None:
    """It follows from the slot time alone."""
    for figure in both(slotTime=None):
        assert [line.name for line in figure.chart.lines] == ["most at once"]
