"""The dashboard's body, by CloudWatch's own rules."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from service.declaration import load
from service.names import Names

from infra import dashboard

SERVICE = load("order_processor")

BODY = dashboard.body(Names(SERVICE, "dev"), "eu-central-1")
WIDGETS: list[dict[str, Any]] = BODY["widgets"]


def shown() -> set[tuple[str, str]]:
    """Return (metric, statistic) of every visible series."""
    series = itertools.chain(*(w["properties"].get("metrics", []) for w in WIDGETS))
    return {(s[1], s[4]["stat"]) for s in series if len(s) > 1 and s[4].get("visible", True)}


def test_each_agreed_metric_is_shown_by_its_statistic() -> None:
    """Sums of counts, average and maximum of durations, the maximum of a gauge."""
    assert shown() == {
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Throttles", "Sum"),
        ("Duration", "Average"),
        ("Duration", "Maximum"),
        ("ConcurrentExecutions", "Maximum"),
        ("OrdersConfirmed", "Sum"),
        ("OrderDuplicates", "Sum"),
        ("OrdersRejected", "Sum"),
    }


def test_a_service_that_counts_no_outcomes_shows_none() -> None:
    """And its page ends where the log begins."""
    silent = dashboard.body(Names(replace(SERVICE, outcomes=None), "dev"), "eu-central-1")
    assert len(silent["widgets"]) == len(WIDGETS) - 1
    assert "Outcomes" not in {each["properties"].get("title") for each in silent["widgets"]}


def test_series_are_the_functions() -> None:
    """Every series names the function, so that none shows the whole account."""
    for widget in WIDGETS:
        for series in widget["properties"].get("metrics", []):
            assert len(series) == 1 or series[2:4] == ["FunctionName", "order-processing-dev"]


def test_error_rate_spares_quiet_minutes_the_division() -> None:
    """The expression refers to hidden series that exist, and guards its divisor."""
    (rate,) = [w for w in WIDGETS if w["properties"].get("title") == "Error rate, %"]
    expression, *series = rate["properties"]["metrics"]
    assert "IF(invocations > 0" in expression[0]["expression"]
    assert {s[4]["id"] for s in series} == {"invocations", "errors"}
    assert not [s for s in series if s[4]["visible"]]


def test_recent_log_events_are_the_functions() -> None:
    """The query reads the stack's log group, newest first."""
    (log,) = [w for w in WIDGETS if w["type"] == "log"]
    assert log["properties"]["query"].startswith("SOURCE '/aws/lambda/order-processing-dev' |")
    assert "sort @timestamp desc" in log["properties"]["query"]


def test_the_page_says_whose_it_is() -> None:
    """One of several services, on one of several stacks."""
    (text,) = [w for w in WIDGETS if w["type"] == "text"]
    assert text["properties"]["markdown"] == f"# {SERVICE.title} on dev"


def test_widgets_lie_side_by_side() -> None:
    """None leaves the 24 columns, none covers another, each names its region."""
    taken: set[tuple[int, int]] = set()
    for widget in WIDGETS:
        assert widget["x"] + widget["width"] <= 24
        assert widget["type"] == "text" or widget["properties"]["region"] == "eu-central-1"
        columns = range(widget["x"], widget["x"] + widget["width"])
        cells = set(itertools.product(columns, range(widget["y"], widget["y"] + widget["height"])))
        assert taken.isdisjoint(cells)
        taken |= cells
