"""A plan as one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting import pages
from reporting.charts import Chart, Limit, Line, Mark
from reporting.figure import Figure, figure

from load.planning import text
from load.planning.capacity import Load

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENVIRONMENT = pages.environment(Path(__file__).parent)
_RATES = 24


def render(plan: Mapping[str, Any]) -> str:
    """Return the page of a plan."""
    return _ENVIRONMENT.get_template("plan.html.jinja").render(
        plan=plan, answer=text.answer(plan), facts=text.facts(plan), figures=figures(plan)
    )


def figures(plan: Mapping[str, Any]) -> list[Figure]:
    """Return the curve over the concurrency, and the concurrency needed over the rate."""
    return [
        figure(
            _curve(plan),
            "Erlang-B at the duration of an execution; the peak is the busiest hour, the day all "
            "24 of the profile, weighted by traffic; logarithmic.",
        ),
        figure(
            _needed(plan),
            "The least concurrency that keeps the target; the rule of thumb, rate times duration, "
            "assumes evenly spaced arrivals.",
        ),
    ]


def _curve(plan: Mapping[str, Any]) -> Chart:
    points = plan["curve"]
    lines = (
        Line("in the peak hour", [(p["slots"], p["peak"]) for p in points], "throttled"),
        Line("over a day", [(p["slots"], p["day"]) for p in points], "served"),
    )
    marks = [Mark(float(plan["needed"]), "needed")]
    if plan["present"] and plan["present"]["slots"] <= points[-1]["slots"]:
        marks.append(Mark(float(plan["present"]["slots"]), "reserved in the run"))
    return Chart(
        "curve",
        "Throttle share by reserved concurrency",
        "%",
        lines,
        limits=(Limit("target", plan["target"]),),
        marks=sorted(marks, key=lambda mark: mark.at),
        log=True,
        across="",
    )


def _needed(plan: Mapping[str, Any]) -> Chart:
    slot, target, retried = plan["slotTime"]["mean"], plan["target"], plan["retried"]
    rates = [plan["peakRate"] * 2 * step / _RATES for step in range(1, _RATES + 1)]
    needed = [(rate, float(Load(rate, slot, retried).needed(target))) for rate in rates]
    lines = (
        Line("needed", needed, "second", "step"),
        Line("rate times slot time", [(rate, rate * slot) for rate in rates], "predicted"),
    )
    return Chart(
        "needed",
        "Concurrency needed by peak rate",
        "reserved",
        lines,
        marks=(Mark(plan["peakRate"], "the peak"),),
        across="/s",
    )
