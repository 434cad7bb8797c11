"""What the report says of each fault that a rehearsal can inject: that it was caught, and why."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from console.processes import Children
from reporting.tests.page_reader import Page
from service import declaration
from service.candidates import COLD_SHIFT, names

from rehearsal import assemble
from rehearsal.journal import Journal
from rehearsal.outcome import gate_saw, short_names
from rehearsal.report import markdown, page, terminal
from rehearsal.settings import Settings
from rehearsal.steps import Rehearsal
from rehearsal.tests.test_assemble import load
from rehearsal.traffic_shift.measurement import Rise, ShiftCost

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = names(declaration.chosen())
ALARMS = [
    {"name": f"service-release-{what}-local", "state": state}
    for what, state in (("errors", "ALARM"), ("throttles", "OK"), ("duration", "OK"))
]
GATE = {
    "decision": "fail", "samples": 400, "errors": 20, "minimumSamples": 299, "alarms": ALARMS,
    "reasons": ["service-release-errors-local is in ALARM"],
}  # fmt: skip


def rehearsed(tmp_path: Path, fault: str, *, smoke: bool) -> Rehearsal:
    """A rehearsal of a fault that was caught, as it had to be: by the smoke test or the gate."""
    settings = Settings(fault=fault, directory=tmp_path)
    made = Rehearsal(settings, Children(tmp_path, tmp_path), Journal(11, io.StringIO()))
    made.stack.outputs = {"lambdaAliasName": "production", "reservedConcurrency": 5}
    for name in ("Build the artifact", "Roll version 2 out; the gate is to refuse it"):
        with made.journal.step(name):
            pass
    made.facts.alias_before = made.facts.alias_after = "1"
    if smoke:
        made.facts.refused_by_smoke = True
        made.facts.smoke_problems = ["the total is 10.00 instead of 12.00"]
        return made
    made.facts.load = load()
    made.facts.gate = GATE
    if fault == COLD_SHIFT:
        made.facts.gate = {}
        made.facts.shifts = [
            ShiftCost(1020.0, {"2": 1.0}, 300, 0.2, 0.5, 0.2, 0.2, Rise(0.278, 0.01))
        ]
    return made


def told(document: dict[str, Any], made: Rehearsal) -> dict[str, str]:
    """The text of every form of the report."""
    return {
        "page": " ".join(" ".join(Page(page.render(document, assemble.series(made))).text).split()),
        "Markdown": markdown.render(document).replace("\\", ""),
        "terminal": " ".join(terminal.render(document, 80).split()),
    }


@pytest.mark.parametrize(
    ("fault", "smoke"),
    [*((fault, smoke) for fault in FAULTS for smoke in (False, True)), (COLD_SHIFT, False)],
)
def test_a_fault_that_was_caught_is_the_headline_and_no_failure(
    tmp_path: Path, fault: str, *, smoke: bool
) -> None:
    """On the page, in Markdown, on the terminal and report.json alike; the reason stands first."""
    made = rehearsed(tmp_path, fault, smoke=smoke)
    document = assemble.report(made).to_json()
    assert (document["verdict"], document["expected"]) == ("fail", True)
    assert document["headline"].startswith("Caught, as expected: ")
    assert fault in document["why"]
    assert document["run"]["injected"] in document["why"]
    for form, text in told(document, made).items():
        headline, why = " ".join(document["headline"].split()), " ".join(document["why"].split())
        assert headline in text, form
        assert why in text, form
        assert text.index(why) < text.index("Build the artifact"), form
        assert "❌" not in text, form
    html = page.render(document, assemble.series(made))
    assert '<h1 class="verdict pass">' in html


def test_the_headline_names_what_failed_and_who_noticed(tmp_path: Path) -> None:
    """Events that failed and the alarm; the smoke test's finding; the cost of a shift."""
    by_gate = assemble.report(rehearsed(tmp_path, "bad-release", smoke=False))
    assert (
        by_gate.headline
        == "Caught, as expected: 5.0 % of its events failed (20 of 400), errors alarm"
    )
    by_smoke = assemble.report(rehearsed(tmp_path, "wrong-totals", smoke=True))
    assert by_smoke.headline == (
        "Caught, as expected: the total is 10.00 instead of 12.00, smoke test"
    )
    shifted = assemble.report(rehearsed(tmp_path, COLD_SHIFT, smoke=False))
    assert shifted.headline == (
        "Caught, as expected: the cold shift cost +27.8 points of refusals, 5 are allowed"
    )


def test_a_slow_release_is_told_by_its_proof() -> None:
    """Without failed events the gate's own reason says what it saw."""
    slow = GATE | {
        "errors": 0,
        "reasons": ["p99 480 ms is proven slower than 90 ms"],
        "alarms": [alarm | {"state": "OK"} for alarm in ALARMS],
    }
    assert gate_saw(slow) == "p99 480 ms is proven slower than 90 ms, gate"


def test_alarms_are_named_by_what_tells_them_apart() -> None:
    """What all names share is left out; a lone alarm keeps its name."""
    assert short_names([ALARMS[0]["name"]], ALARMS) == ["errors"]
    assert short_names(["lone-alarm"], [{"name": "lone-alarm"}]) == ["lone-alarm"]


def test_a_fault_that_slipped_through_is_not_as_expected(tmp_path: Path) -> None:
    """Then the rehearsal itself has failed, and looks like it."""
    made = rehearsed(tmp_path, "bad-release", smoke=False)
    with pytest.raises(RuntimeError), made.journal.step("Roll version 2 out"):
        raise RuntimeError
    document = assemble.report(made).to_json()
    assert not document["expected"]
    assert document["headline"] == "Not as expected: Roll version 2 out"
    assert '<h1 class="verdict fail">' in page.render(document, assemble.series(made))


def test_throttling_says_that_it_is_meant_to_be(tmp_path: Path) -> None:
    """What was predicted, and why: in every form of the report."""
    made = rehearsed(tmp_path, "bad-release", smoke=False)
    document = assemble.report(made).to_json()
    for form, text in told(document, made).items():
        assert "Throttling is intended: the peak's 70 events/s of 80.0 ms each" in text, form
        assert "Erlang-B predicts that 30.0 % (20.0 to 40.0 %)" in text, form
