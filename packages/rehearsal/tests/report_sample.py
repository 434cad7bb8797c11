"""A report and its series as a rehearsal would make them, for the tests of the report."""

from dataclasses import replace
from typing import Any

from reporting import fates
from reporting.charts import Mark

from rehearsal.report.model import (
    Alias,
    Artifact,
    Gate,
    Report,
    Run,
    Series,
    Shifts,
    Step,
    Throttle,
    WeightStep,
)


def event_counts(**counts: int) -> dict[str, int]:
    """Return where events ended; what is not given is 0."""
    return {**dict.fromkeys(("sent", *(key for key, _, _ in fates.ROWS)), 0), **counts}


def alarm(name: str, state: str = "OK") -> dict[str, str]:
    """Return an alarm as the gate tells it."""
    return {"name": name, "state": state}


RUN = Run(
    command="nox -s rehearse",
    seed=7,
    time_scale=20.0,
    maximum_error_share=0.05,
    added_latency_ms={"dynamodb": 40.0},
    reserved_concurrency=5,
    machine="2 cores, Linux",
    versions={"Python": "3.11.7", "pulumi-aws": "7.51.1"},
    started_at="2030-01-02T03:04:05Z",
    seconds=80.0,
    peak_rate=70.0,
)

REPORT = Report(
    verdict="pass",
    expected=True,
    headline="Pass: version 2 is live and no event was lost",
    why="Version 2 was promoted and no event was lost.",
    steps=(Step("build", "pass", 2.5, "13 MB"), Step("promote", "pass", 0.25, "serves 2")),
    run=RUN,
    artifact=Artifact("ab" * 32, 13_204_118, "python3.11", "c0" * 20),
    alias=Alias("1", "2", "2", 0.25),
    events=event_counts(sent=100, confirmed=80, rejected=5, deadLettered=2, throttled=12, failed=1),
    throttle=Throttle(110, 12, 0.109, 0.105, 0.09, 0.12, 0.055, {"Reserved": 12}),
    gate=Gate("pass", 812, (alarm("errors"), alarm("duration")), 299, "no alarm"),
    shifts=Shifts(
        budget=0.05,
        window_seconds=6.0,
        verdict="within",
        raised=0.004,
        low=-0.012,
        high=0.02,
        moves=(
            {
                "second": 20.1, "shares": {"2": 1.0}, "attempts": 320,
                "before": 0.25, "after": 0.26, "expectedBefore": 0.24, "expectedAfter": 0.245,
                "raised": 0.004, "low": -0.012, "high": 0.02,
            },
        ),
    ),
    rollback_seconds=0.21,
)  # fmt: skip

# What is left where a rehearsal fails in its first step.
EARLY = Report(
    "fail", "Fail: build", "The build failed.", (Step("build", "fail", 0.0, "no pip"),), RUN
)

SERIES = Series(
    offered=[(0.5, 10.0), (1.5, 30.0), (2.5, 12.0)],
    served=[(0.5, 10.0), (1.5, 20.0), (2.5, 12.0)],
    throttled=[(0.5, 0.0), (1.5, 10.0), (2.5, 0.0)],
    throttle_share=[(0.5, 0.0), (1.5, 1 / 3), (2.5, 0.0)],
    predicted_share=[(0.5, 0.01), (1.5, 0.3), (2.5, 0.02)],
    predicted_band=[(0.5, 0.0, 0.05), (1.5, 0.2, 0.4), (2.5, 0.0, 0.06)],
    latency_p50=[(0.5, 50.0), (1.5, 52.0), (2.5, 51.0)],
    latency_p99=[(0.5, 900.0), (1.5, 110.0), (2.5, 90.0)],
    concurrency=[(0.5, 1.0), (1.5, 5.0), (2.5, 2.0)],
    let_in=[(0.5, 10.0), (1.5, 20.0), (2.5, 12.0)],
    slot_seconds=0.055,
    reserved_concurrency=5,
    alias_weights=(
        WeightStep(-1.0, {"1": 0.75, "2": 0.25}),
        WeightStep(3.0, {"2": 1.0}),
    ),
    marks=(Mark(-1.0, "canary 25 %"), Mark(3.0, "promote")),
)


def document(**changes: Any) -> dict[str, Any]:
    """Return the sample's `report.json` with some of its parts replaced."""
    return replace(REPORT, **changes).to_json()
