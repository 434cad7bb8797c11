"""The report on a load run: the page and the Markdown tell the same, whatever is missing."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.tests.page_reader import Page, colours, loads

from load.report import markdown, page
from load.report import wording as words
from load.report.baseline.compare import compare
from load.report.plots import figures, moments
from load.report.spread import Spread
from load.tests.report.baseline.test_compare import run as a_run
from load.tests.report.sample import BACKLOG, RECORD, SPREAD, second, summary

EVIL = "<script>alert('x')</script> & \"quoted\" |"
NOTHING = Spread((), 0, 0, 0)
COMPARISON = compare(a_run(100.0, p99=300.0), [a_run(time) for time in (99, 100, 101)])


def html(comparison: dict[str, Any] | None = COMPARISON, **changes: Any) -> str:
    """Return the sample's page."""
    return page.render(summary(**changes), SPREAD, RECORD, comparison)


def empty() -> dict[str, Any]:
    """Return the summary of a run in which nothing could be measured."""
    throttle = summary()["throttle"] | {
        "attempts": 0, "throttled": 0, "share": 0.0, "predictedShare": None,
        "predictedInterval": None, "gap": None, "byReason": {},
    }  # fmt: skip
    return summary(
        verdict="inconclusive",
        throttle=throttle,
        slotTime=None,
        latency={"p50": None, "p95": None, "p99": None},
        sendLag={"p99": None},
        series=[second(0, 0, 0, predictedShare=None, p50=None, p99=None)],
        concurrency=[],
    )


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    """Elements nest, ids are unique, what is referred to exists, and nothing is loaded."""
    found = Page(html())
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.references) <= set(found.ids)
    assert loads(html()) == []
    assert not re.search(r"\b(nan|inf)\b", html())


def test_both_colour_schemes_and_paper_have_colours() -> None:
    """Every custom property that is used is set for light, dark and print."""
    used, light, dark, paper = colours(html())
    assert used <= light
    assert light - dark == set()
    assert paper >= used - {"--area", "--band"}


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "invalid"])
def test_the_verdict_stands_with_its_reasons(verdict: str) -> None:
    """In words, in the title, on the page and in the Markdown."""
    drawn = html(verdict=verdict, reasons=["Because of that.", "And of this."])
    text = " ".join(Page(drawn).text)
    said = markdown.render(
        summary(verdict=verdict, reasons=["Because of that."]), SPREAD, RECORD, None
    )
    assert f"Load peak_hour: {verdict}" in text
    assert "Because of that. And of this." in text
    assert f": {verdict}\n" in said
    assert "Because of that." in said


def test_every_threshold_stands_beside_what_was_measured() -> None:
    """What did not hold is marked, a least value the other way round."""
    tight = {"throttleBudget": 0.1, "p99Ms": 1500.0, "minimumServed": 100, "lost": 0}
    held = {row.name: row.held for row in words.thresholds(summary(thresholds=tight), SPREAD)}
    assert held == {"throttled": False, "served p99": True, "served": False, "events lost": True}


def test_a_threshold_of_tomorrow_is_shown_and_not_judged() -> None:
    """An unknown key is neither hidden nor called held."""
    (row,) = words.thresholds(summary(thresholds={"somethingNew": 3}), SPREAD)
    assert (row.name, row.held, row.allowed) == ("somethingNew", None, "at most 3")
    assert "somethingNew" in html(thresholds={"somethingNew": 3})


def test_what_was_not_measured_is_said() -> None:
    """A run without a single answer has a page, and no figure made of nothing."""
    drawn = page.render(empty(), NOTHING, RECORD | {"artifact": None, "commit": None}, None)
    found = Page(drawn)
    text = " ".join(found.text)
    assert found.open == []
    assert "not measured" in text
    assert "nothing was measured" in text
    assert "No baselines are kept here." in text
    assert "unknown" in markdown.render(empty(), NOTHING, RECORD | {"commit": None}, None)


def test_all_that_the_run_showed_has_its_plot() -> None:
    """Load, throttling with its band, concurrency and limit, latency twice, recovery."""
    found = {figure.chart.key: figure.chart for figure in figures(summary(), SPREAD)}
    assert list(found) == ["load", "throttle", "concurrency", "latency", "spread", "recovery"]
    assert all(not chart.empty for chart in found.values())
    assert found["load"].bands
    assert found["throttle"].bands
    assert found["concurrency"].limits[0].value == 5
    assert [mark.label for mark in found["spread"].marks] == ["p50", "p95", "p99"]


def test_the_peak_s_end_and_the_recovery_are_marked() -> None:
    """The recovery, where it was measured, stands after the peak's end."""
    assert [mark.at for mark in moments(summary())] == [6.0]
    assert [mark.at for mark in moments(summary(recoverySeconds=1.5))] == [6.0, 7.5]
    level = summary()["run"] | {"stages": [{"seconds": 8.0, "rate": 5.0}]}
    assert moments(summary(run=level)) == ()
    assert "no calmer time" in html(run=level)


def test_a_long_run_has_a_page_of_bounded_size() -> None:
    """A day of seconds is drawn in few bins."""
    long = html(series=[second(number) for number in range(20_000)])
    assert len(long) < 300_000


def test_the_comparison_is_shown_and_a_regression_pointed_at() -> None:
    """Ratio, interval and rule stand on the page and in the Markdown."""
    text = " ".join(Page(html()).text)
    said = markdown.render(summary(), SPREAD, RECORD, COMPARISON)
    for part in ("× 3.00", "latency p99 got worse", "95 % t-interval"):
        assert part in text
        assert part in said
    assert "⚠️" in said
    assert "nothing to compare" in html(compare(a_run(), []))


def test_events_that_do_not_add_up_are_pointed_at() -> None:
    """Events that were sent and are in no row are shown as unexplained."""
    events = summary()["events"] | {"confirmed": 60}
    assert "unexplained" in html(events=events)
    assert "unexplained" not in html()


@settings(max_examples=20)
@given(st.text(max_size=40))
def test_text_from_the_run_cannot_become_markup(text: str) -> None:
    """Whatever AWS or a machine calls itself, page and Markdown stay whole."""
    evil = EVIL + text
    throttle = summary()["throttle"] | {"byReason": {evil: 3}}
    record = RECORD | {"machine": evil, "artifact": evil}
    told = summary(reasons=[evil], throttle=throttle)
    drawn = page.render(told, SPREAD, record, None)
    assert "<script" not in drawn
    assert Page(drawn).open == []
    assert not re.search(r"(?<!\\)<script", markdown.render(told, SPREAD, record, None))


def test_every_stage_stands_with_its_prediction() -> None:
    """Measured and predicted share with their intervals, and the gap; what is unknown is said."""
    first, second = words.stages(summary())
    assert (first.when, first.offered) == ("0 to 6 s", "12 events/s")
    assert first.measured == "23.0 % (15.0 to 33.0 %)"
    assert first.predicted == "21.0 % (19.0 to 24.0 %)"
    assert first.gap == "+2.0 points"
    assert second.measured == second.gap == "not measured"
    said = markdown.render(summary(), SPREAD, RECORD, None)
    for text in (" ".join(Page(html()).text), said.replace("\\", "")):
        assert first.measured in text
        assert first.predicted in text


def test_what_trying_again_changed_is_shown() -> None:
    """The share at the first try beside that of all, and the time to confirmation."""
    assert words.retrying(summary()) == []
    assert "Trying again" not in html()
    throttle = summary()["throttle"] | {
        "attemptsByTry": {"1": 60, "2": 15, "3": 5}, "firstTryShare": 0.25,
    }  # fmt: skip
    facts = dict(words.retrying(summary(throttle=throttle)))
    assert facts["refused at the first try"] == "25.0 %"
    assert facts["refused of all tries"] == "20.0 %"
    assert facts["attempts, try 3"] == "5"
    assert facts["confirmed within, p99"] == "1,500 ms"
    assert "Trying again" in html(throttle=throttle)
    assert "trying again" in markdown.render(summary(throttle=throttle), SPREAD, RECORD, None)


def test_an_asynchronous_backlog_is_drawn_beside_its_prediction() -> None:
    """Where events were sent so; with the time to drain, measured and predicted."""
    assert "Asynchronous backlog" not in html()
    short = BACKLOG | {"peak": 5, "predictedPeak": 4.0}
    assert "backlog" not in [f.chart.key for f in figures(summary(backlog=short), SPREAD)]
    drawn = html(backlog=BACKLOG)
    chart = figures(summary(backlog=BACKLOG), SPREAD)[-1].chart
    assert Page(drawn).open == []
    assert [line.name for line in chart.lines] == ["waiting", "predicted"]
    assert max(value for _, value in chart.lines[0].points) == 9
    facts = dict(words.queueing(summary(backlog=BACKLOG)))
    assert facts["predicted to drain in"] == "0.80 s (0.60 s to 1.1 s)"
    said = markdown.render(summary(backlog=BACKLOG), SPREAD, RECORD, None)
    assert "asynchronous backlog" in said
    long = BACKLOG | {"queued": list(range(9_000)), "predicted": None}
    assert len(figures(summary(backlog=long), SPREAD)[-1].chart.lines[0].points) < 200


def test_a_run_without_synchronous_events_shows_no_throttling() -> None:
    """Nothing could be refused, and nobody waited for an answer."""
    throttle = summary()["throttle"] | {"attempts": 0, "throttled": 0, "predictedShare": None}
    told = {"throttle": throttle, "backlog": BACKLOG}
    keys = [figure.chart.key for figure in figures(summary(**told), SPREAD)]
    assert keys == ["load", "concurrency", "backlog"]
    assert "by stage" not in html(**told)
    assert "by stage" not in markdown.render(summary(**told), SPREAD, RECORD, None)
