"""Request rates: ten synchronous requests a second for each unit of concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.lambda_.runtime.concurrency import RequestRates
from emulator.tests.observed import messages, total
from emulator.tests.running import RunningEmulator, wait_until
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path


@given(
    gaps=st.lists(st.floats(0, 0.5), max_size=200),
    concurrency=st.integers(1, 5),
    per_concurrency=st.sampled_from([1.0, 10.0]),
)
def test_no_span_takes_more_than_its_share(
    gaps: list[float], concurrency: int, per_concurrency: float
) -> None:
    """Over any span, at most one second's worth and what the span brings."""
    rates, now, taken = RequestRates(per_concurrency), 100.0, list[float]()
    for gap in gaps:
        now += gap
        if rates.take("f", concurrency, now):
            taken.append(now)
    most = per_concurrency * concurrency
    for index, first in enumerate(taken):
        span = taken[-1] - first
        assert len(taken) - index <= most + span * most + 1e-6


@pytest.mark.behaviour("C11", "I32")
def test_requests_beyond_ten_a_second_are_throttled(emulator: RunningEmulator) -> None:
    """With a reserved concurrency of one, quick calls are refused for their rate alone."""
    name = emulator.deploy("def handler(event, context): return 1")
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    reasons = [reason for reason in (_reason(emulator, name) for _ in range(60)) if reason]
    assert set(reasons) == {"ReservedFunctionInvocationRateLimitExceeded"}
    assert 60 - len(reasons) >= 10
    assert total(emulator, "Throttles", name) == len(reasons)


@pytest.mark.behaviour("C11")
def test_events_have_no_limit_of_their_rate(env_file: Path) -> None:
    """Where no synchronous call is let through, asynchronous ones run all the same."""
    emulator = RunningEmulator.start(env_file, "--requests-per-concurrency=0.1")
    try:
        name = emulator.deploy("def handler(event, context): print('ran')")
        client = emulator.client("lambda")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
        assert _reason(emulator, name) == "ReservedFunctionInvocationRateLimitExceeded"
        for _ in range(5):
            emulator.invoke(name, InvocationType="Event")
        wait_until(lambda: len(messages(emulator, name, "ran")) == 5)
    finally:
        emulator.stop()


def _reason(emulator: RunningEmulator, name: str) -> str | None:
    try:
        emulator.invoke(name)
    except ClientError as error:
        response: Any = error.response
        assert response["Error"]["Code"] == "TooManyRequestsException"
        return str(response["Reason"])
    return None
