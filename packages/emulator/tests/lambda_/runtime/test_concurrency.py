"""Reserved concurrency over all qualifiers, the account's pool, and how a throttle looks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.lambda_.runtime.concurrency import (
    ACCOUNT,
    RESERVED,
    ConcurrentExecution,
    ConcurrentExecutions,
    Throttled,
)
from emulator.tests.running import wait_until
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.running import RunningEmulator

FUNCTIONS = ("a", "b", "c")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("acquire"), st.sampled_from(FUNCTIONS), st.sampled_from(("x", "y"))),
        st.tuples(st.just("release"), st.integers(0, 20), st.none()),
        st.tuples(
            st.just("reserve"), st.sampled_from(FUNCTIONS), st.one_of(st.none(), st.integers(0, 4))
        ),
    ),
    max_size=60,
)


@given(steps=STEPS, limit=st.integers(0, 6))
def test_no_pool_ever_exceeds_its_limit(steps: list[tuple[Any, ...]], limit: int) -> None:
    """C1, C2: a function under a reservation never has more than it when one more begins."""
    running, held = ConcurrentExecutions(), list[ConcurrentExecution]()
    reserved: dict[str, int | None] = {}
    for kind, first, second in steps:
        if kind == "reserve":
            reserved[first] = second
        elif kind == "release" and held:
            running.release(held.pop(first % len(held)))
        elif kind == "acquire":
            _acquire(running, held, first, second, reserved.get(first), limit)
        assert running.busy == len(held) == sum(running.by_function.values())
        assert running.busy == sum(running.by_resource.values())
        assert running.unreserved_busy == sum(not each.reserved for each in held)
        assert running.unreserved_busy <= limit
        assert all(running.by_function.values())


def _acquire(
    running: ConcurrentExecutions,
    held: list[ConcurrentExecution],
    name: str,
    alias: str,
    reserved: int | None,
    limit: int,
) -> None:
    used = sum(each.function_name == name for each in held)
    pool = sum(not each.reserved for each in held)
    free = used < reserved if reserved is not None else pool < limit
    if free:
        held.append(running.acquire(name, f"{name}:{alias}", reserved, limit))
        return
    with pytest.raises(Throttled) as caught:
        running.acquire(name, f"{name}:{alias}", reserved, limit)
    assert caught.value.reason == (ACCOUNT if reserved is None else RESERVED)


def test_a_reservation_of_zero_throttles_everything() -> None:
    """C6 (Lambda Developer Guide, configuration-concurrency)."""
    with pytest.raises(Throttled):
        ConcurrentExecutions().acquire("a", "a", 0, 1000)


def _throttle(emulator: RunningEmulator, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        emulator.client("lambda").invoke(**parameters)
    response: dict[str, Any] = caught.value.response  # type: ignore[assignment]
    return response


@pytest.mark.behaviour("A27", "C2", "I31", "I33")
def test_reserved_concurrency_holds_over_all_qualifiers(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    """C2, I33 (recorded): while `$LATEST` runs the one execution, alias and version get the 429."""
    name = _sleeper(emulator)
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    emulator.invoke(name, {"seconds": 0})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(emulator.invoke, name, {"hold": str(tmp_path)})
        wait_until((tmp_path / "running").exists)
        for qualifier in ("live", "1", "$LATEST"):
            response = _throttle(emulator, FunctionName=name, Qualifier=qualifier, Payload="{}")
            assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
            assert response["Error"]["Code"] == "TooManyRequestsException"
            assert response["Error"]["Message"] == "Rate Exceeded."
            assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
            assert response["Type"] == "User"
            assert "retry-after" not in response["ResponseMetadata"]["HTTPHeaders"]
        assert emulator.invoke(name, {}, InvocationType="Event", Qualifier="live").status == 202
        (tmp_path / "end").touch()
        assert running.result().error is None

    def served() -> str | None:  # after the event, which has waited
        with suppress(ClientError):
            return emulator.invoke(name, {"seconds": 0}, Qualifier="live").version
        return None

    assert wait_until(served) == "1"


@pytest.mark.behaviour("C6", "I32")
def test_a_reservation_of_zero_stops_synchronous_calls(emulator: RunningEmulator) -> None:
    """C6 (recorded): 429 with the reserved reason, until the reservation goes."""
    name = _sleeper(emulator)
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    reason = _throttle(emulator, FunctionName=name, Payload="{}")["Reason"]
    assert reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    client.delete_function_concurrency(FunctionName=name)
    assert emulator.invoke(name, {"seconds": 0}).error is None


@pytest.mark.behaviour("E1")
def test_parallel_calls_run_in_environments_of_their_own(emulator: RunningEmulator) -> None:
    """E1 (lambda-runtime-environment): one invocation at a time each; idle ones are reused."""
    name = _sleeper(emulator)
    barrier = threading.Barrier(3)

    def call() -> int:
        barrier.wait()
        return int(emulator.invoke(name, {"seconds": 0.7}).payload)

    with ThreadPoolExecutor(3) as pool:
        first = {future.result() for future in [pool.submit(call) for _ in range(3)]}
        second = {future.result() for future in [pool.submit(call) for _ in range(3)]}
    assert len(first) == 3
    assert second == first


def _sleeper(emulator: RunningEmulator) -> str:
    name = emulator.deploy(
        """
        import os, pathlib, time
        def handler(event, context):
            time.sleep(event.get("seconds", 0))
            if "hold" in event:  # stay busy until the test has seen what it came for
                place = pathlib.Path(event["hold"])
                (place / "running").touch()
                while not (place / "end").exists():
                    time.sleep(0.01)
            return os.getpid()
        """,
        Timeout=30,
    )
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name
