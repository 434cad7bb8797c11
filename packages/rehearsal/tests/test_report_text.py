"""`report.json`, the terminal table and the job summary."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reporting.fates import balance

from rehearsal.report import markdown, terminal
from rehearsal.report.model import Step
from rehearsal.tests.report_sample import EARLY, REPORT, document, event_counts

PROMISED = {
    "steps": {"name", "status", "seconds"},
    "artifact": {"sha256", "bytes"},
    "alias": {"before", "canary", "after"},
    "events": {
        "sent",
        "confirmed",
        "rejected",
        "deadLettered",
        "throttled",
        "lost",
        "duplicated",
    },
    "throttle": {"attempts", "throttled", "share", "predictedShare"},
    "gate": {"decision", "samples", "alarms"},
}


def test_the_report_has_the_promised_keys() -> None:
    """Readers of `report.json` find what is promised, in camelCase."""
    report = REPORT.to_json()
    assert {"verdict", "rollbackSeconds", *PROMISED} <= set(report)
    for part, keys in PROMISED.items():
        value = report[part][0] if part == "steps" else report[part]
        assert keys <= set(value)


def test_the_report_is_strict_json() -> None:
    """A number that could not be measured is null, and names of versions keep their spelling."""
    report = document(rollback_seconds=math.nan)
    read = json.loads(json.dumps(report, allow_nan=False))
    assert read["rollbackSeconds"] is None
    assert read["run"]["versions"]["pulumi-aws"] == "7.51.1"


def test_an_early_end_is_null_not_zero() -> None:
    """Parts that were not reached are null."""
    report = EARLY.to_json()
    assert [report[part] for part in ("artifact", "alias", "events", "gate")] == [None] * 4


def test_the_terminal_table_ends_with_the_verdict() -> None:
    """Every step stands with its status and time; the verdict and its reason come last."""
    text = terminal.render(REPORT.to_json())
    assert "promote  ok " in text
    assert "0.25 s  serves 2" in text
    assert text.splitlines()[-1] == "Pass: version 2 is live and no event was lost"
    assert text.index("Version 2 was promoted and no event was lost.") < text.index("promote  ok ")


@given(st.text(st.sampled_from("ab \n"), max_size=300), st.integers(80, 140))
@example(seen="word " * 60, width=80)
def test_the_terminal_table_keeps_to_its_width(seen: str, width: int) -> None:
    """Long texts are wrapped under their column."""
    steps = (Step("build", "fail", 1.0, seen),)
    lines = terminal.render(document(steps=steps), width).splitlines()
    assert max(map(len, lines)) <= width


def test_the_summary_gives_every_part() -> None:
    """The job summary has the verdict, the steps, where events ended and the alarms."""
    text = markdown.render(REPORT.to_json())
    assert text.startswith("## ✅ Release rehearsal: Pass: version 2 is live")
    for part in ("what was seen", "where every event ended", "| move at |", "| alarm |"):
        assert part in text


@pytest.mark.parametrize("render", [markdown.render, terminal.render])
def test_an_early_end_has_no_figures(render: object) -> None:
    """What was not reached is left out of the texts."""
    assert callable(render)
    text = render(EARLY.to_json())
    assert "The build failed." in text
    assert "lost" not in text


def test_the_balance_counts_what_is_in_no_row() -> None:
    """Events add up to those sent; duplicates are counted on top and explain nothing."""
    assert balance(REPORT.to_json()["events"]) == 0
    events = event_counts(sent=10, confirmed=6, rejected=1, throttled=1, duplicated=2)
    assert balance(document(events=events)["events"]) == 2
    assert "2 UNEXPLAINED" in terminal.render(document(events=events))
