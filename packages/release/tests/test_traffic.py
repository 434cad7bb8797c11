"""Warming and synthetic traffic keep to what live traffic leaves."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.aws.lambda_functions import Invocation
from release.aws.report_line import Report, decoded_log, parse_report
from release.commands.warm import plan, warm
from release.observation import Count
from release.result import Exit
from release.synthetic.traffic import SyntheticTraffic, free_concurrency
from release.tests.fakes import OUTPUTS, FakeFunctions, FakeMonitoring, release_of

FIVE = replace(OUTPUTS, reserved_concurrency=5)


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1))
def test_warming_takes_nothing_of_live_traffic(reserved: int, used: int, weight: float) -> None:
    """One stays free beside those in use, and no more are started than the share needs."""
    number = plan(reserved, used, weight)
    assert number == 0 or number + used + 1 <= reserved
    assert number <= max(1, weight * used + 1)


def test_without_a_reservation_the_share_decides() -> None:
    """A tenth of 30 busy environments is three."""
    assert plan(None, 30, 0.1) == 3
    assert plan(5, 0, 0.5) == 1
    assert plan(5, 5, 1.0) == 0


@pytest.mark.parametrize(("used", "events"), [(0, 1), (2, 2), (3, 1), (4, 0), (5, 0)])
def test_warms_as_many_as_there_is_room_for(used: int, events: int) -> None:
    """No room is no failure."""
    monitoring = FakeMonitoring(used=used)
    result = warm(release_of(FakeFunctions(), monitoring=monitoring, outputs=FIVE), "2", 1.0)
    assert (result.exit, result.details["events"]) == (Exit.DONE, events)


def test_nothing_is_warmed_while_nobody_knows_what_is_free() -> None:
    """Live traffic may need all of it."""
    result = warm(
        release_of(FakeFunctions(), monitoring=FakeMonitoring(unavailable=True), outputs=FIVE),
        "2",
        1.0,
    )
    assert (result.exit, result.details["events"]) == (Exit.DONE, 0)
    assert "an unknown number of concurrent executions" in result.message


def test_a_throttled_warming_is_no_failure_and_a_failing_one_is() -> None:
    """The concurrency was live traffic's; an event that fails is the candidate's fault."""
    functions = FakeFunctions()
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    assert warm(release_of(functions, outputs=FIVE), "2", 1.0).exit is Exit.DONE
    functions.answer = lambda _q, _p: Invocation(None, error="it broke")
    assert warm(release_of(functions, outputs=FIVE), "2", 1.0).exit is Exit.FAIL


def traffic(
    functions: FakeFunctions, monitoring: FakeMonitoring, maximum: int = 1500
) -> SyntheticTraffic:
    """At version 2, ten a second."""
    release = release_of(functions, monitoring=monitoring, outputs=FIVE)
    return SyntheticTraffic(release, "2", maximum=maximum)


def test_sends_at_its_rate() -> None:
    """Ten a second for two seconds."""
    made = traffic(FakeFunctions(), FakeMonitoring())
    made.run(2.0)
    assert 20 <= made.count.invocations <= 21
    assert made.count.errors == 0


def test_leaves_room_for_live_traffic() -> None:
    """With all in use nothing is sent, nor while nobody knows how many are."""
    made = traffic(FakeFunctions(), FakeMonitoring(used=4))
    made.run(10.0)
    assert made.count == Count()
    blind = release_of(monitoring=FakeMonitoring(unavailable=True), outputs=FIVE)
    assert free_concurrency(blind) == 0


def test_counts_wrong_answers_and_full_memory_as_failures() -> None:
    """A wrong answer is as bad as none."""
    functions = FakeFunctions()
    good = functions.answer

    def wrong(qualifier: str, payload: bytes) -> Invocation:
        answer = good(qualifier, payload)
        assert isinstance(answer.payload, dict)
        return replace(answer, payload={**answer.payload, "status": "odd"})

    functions.answer = wrong
    made = traffic(functions, FakeMonitoring(), maximum=3)
    made.run(10.0)
    assert made.count == Count(3, 3)
    assert f"event 0 of seed {made.seed}: status 'odd', not " in made.problems[0]
    functions.answer = lambda q, p: replace(good(q, p), report=Report(500, 512))
    made = traffic(functions, FakeMonitoring(), maximum=1)
    made.run(10.0)
    assert made.problems == ["it uses 500 of 512 MB of memory"]


def test_a_throttled_event_is_no_sample() -> None:
    """It ran nothing of the candidate."""
    functions = FakeFunctions()
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    made = traffic(functions, FakeMonitoring())
    made.run(5.0)
    assert made.count == Count()


LOG = (
    "START RequestId: a Version: 2\nhello\nREPORT RequestId: a\tDuration: 3.05 ms\t"
    "Billed Duration: 4 ms\tMemory Size: 512 MB\tMax Memory Used: 97 MB\t"
)

JSON = (
    '{"message": "hello"}\n{"time": "2026-11-27T10:00:00.000Z", "type": "platform.report", '
    '"record": {"requestId": "a", "status": "success", "metrics": {"durationMs": 3.05, '
    '"billedDurationMs": 4, "memorySizeMB": 512, "maxMemoryUsedMB": 97}}}\n'
)


@pytest.mark.parametrize(
    ("log", "report"),
    [
        (LOG, Report(97, 512)),
        (LOG + "Init Duration: 412.50 ms\t\n", Report(97, 512, 412.5)),
        (
            LOG + "Restore Duration: 90.10 ms\tBilled Restore Duration: 4 ms\t\n",
            Report(97, 512, 90.1),
        ),
        (JSON, Report(97, 512)),
        (
            JSON.replace('"durationMs"', '"restoreDurationMs": 90.1, "durationMs"'),
            Report(97, 512, 90.1),
        ),
        (JSON.replace('"durationMs"', '"initDurationMs": 7, "durationMs"'), Report(97, 512, 7)),
        ('{"type": "platform.report"', None),
        ("START\n", None),
        ("REPORT RequestId: a\tDuration: 3 ms", None),
        ("", None),
    ],
)
def test_reads_the_report_line(log: str, report: Report | None) -> None:
    """Memory, and how long a cold start took; a log without it says nothing."""
    assert parse_report(decoded_log(base64.b64encode(log.encode()).decode())) == report


def test_a_log_that_is_no_base64_says_nothing() -> None:
    """An emulator may send none."""
    assert decoded_log("%%%") == ""
