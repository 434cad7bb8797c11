from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.report.verdict import EXIT_STATUS, Decision, Measured, decide, locust_status
from load.thresholds import Thresholds

LIMITS = Thresholds(
    throttle_budget=0.2,
    p50_ms=100,
    p95_ms=300,
    p99_ms=500,
    error_share=0.01,
    recovery_seconds=10,
    drain_seconds=60,
    send_lag_p99_ms=100,
    cpu_share=0.8,
    minimum_served=50,
)
GOOD = Measured(
    sent_all=True,
    attempts=100,
    served=90,
    errors=0,
    throttle_share=0.1,
    p50_ms=40.0,
    p95_ms=100.0,
    p99_ms=120.0,
    recovery_seconds=2.0,
    drain_seconds=None,
    send_lag_p99_ms=5.0,
    cpu_share=0.3,
    workers_lost=0,
    lost=0,
    duplicated=0,
    unverified=0,
)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (GOOD, "pass"),
        (replace(GOOD, throttle_share=0.2, p99_ms=500, errors=1, served=50), "pass"),
        (replace(GOOD, throttle_share=0.201), "fail"),
        (replace(GOOD, p50_ms=101), "fail"),
        (replace(GOOD, p95_ms=301), "fail"),
        (replace(GOOD, p99_ms=501), "fail"),
        (replace(GOOD, recovery_seconds=11), "fail"),
        (replace(GOOD, drain_seconds=61), "fail"),
        (replace(GOOD, drain_seconds=60, recovery_seconds=None), "pass"),
        (replace(GOOD, cpu_share=0.81), "invalid"),
        (replace(GOOD, workers_lost=1), "invalid"),
        (replace(GOOD, errors=2), "fail"),
        (replace(GOOD, lost=1), "fail"),
        (replace(GOOD, duplicated=1), "fail"),
        (replace(GOOD, send_lag_p99_ms=101), "invalid"),
        (replace(GOOD, sent_all=False), "invalid"),
        (replace(GOOD, unverified=1), "inconclusive"),
        (replace(GOOD, served=49), "inconclusive"),
        (replace(GOOD, attempts=0, served=0, p99_ms=None, send_lag_p99_ms=None), "inconclusive"),
        # What weighs more comes first.
        (replace(GOOD, lost=1, sent_all=False), "fail"),
        (replace(GOOD, throttle_share=0.9, send_lag_p99_ms=101), "invalid"),
        (replace(GOOD, throttle_share=0.9, unverified=1), "fail"),
    ],
)
def test_the_verdict_follows_from_the_thresholds(measured: Measured, expected: Decision) -> None:
    """Held to the limit passes; a lost event fails; a slow generator proves nothing."""
    assert decide(measured, LIMITS).decision == expected


@given(
    st.builds(
        Measured,
        sent_all=st.booleans(),
        attempts=st.integers(0, 1000),
        served=st.integers(0, 1000),
        errors=st.integers(0, 1000),
        throttle_share=st.floats(0, 1),
        p50_ms=st.none() | st.floats(0, 1e4),
        p95_ms=st.none() | st.floats(0, 1e4),
        p99_ms=st.none() | st.floats(0, 1e4),
        recovery_seconds=st.none() | st.floats(0, 100),
        drain_seconds=st.none() | st.floats(0, 1e4),
        send_lag_p99_ms=st.none() | st.floats(0, 1e4),
        cpu_share=st.none() | st.floats(0, 2),
        workers_lost=st.integers(0, 3),
        lost=st.integers(0, 3),
        duplicated=st.integers(0, 3),
        unverified=st.integers(0, 3),
    )
)
def test_anything_but_a_pass_says_why(measured: Measured) -> None:
    """A pass has no reason against it, and everything else has one; a lost event never passes."""
    verdict = decide(measured, LIMITS)
    assert (verdict.decision == "pass") == (not verdict.reasons)
    if measured.lost or measured.duplicated:
        assert verdict.decision == "fail"


def test_only_a_pass_exits_with_zero() -> None:
    """Fail and invalid 1, inconclusive 3, 2 is left to bad input."""
    assert EXIT_STATUS == {"pass": 0, "fail": 1, "invalid": 1, "inconclusive": 3}


def test_locusts_own_exit_status_follows_the_error_budget() -> None:
    """As many failures as may are no reason to exit with 1; one more is."""
    assert locust_status(100, 1, LIMITS) == 0
    assert locust_status(100, 2, LIMITS) == 1
    assert locust_status(0, 0, LIMITS) == 0
