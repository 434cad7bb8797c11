"""Limits that take long or much on AWS, on an emulator that has them small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.observed import tail
from emulator.tests.running import RunningEmulator, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

INIT_SECONDS = 0.8
PROGRAM = f"""
import sys
from emulator import cli
from emulator.lambda_.runtime import environment
environment.INIT_SECONDS = {INIT_SECONDS}
sys.exit(cli.main())
"""
SLEEPER = """
    import time
    def handler(event, context):
        time.sleep(event.get("seconds", 0))
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An account of two concurrent executions, whose inits may take 0.8 s instead of 10 s."""
    running = RunningEmulator.start(
        tmp_path_factory.mktemp("small") / "aws.env",
        "--account-concurrency=2",
        program=("-c", PROGRAM),
    )
    yield running
    running.stop()


def throttle_reason(emulator: RunningEmulator, name: str) -> str | None:
    """Why a call was throttled; None where it ran."""
    try:
        emulator.invoke(name)
    except ClientError as error:
        response: Any = error.response
        assert response["Error"]["Message"] == "Rate Exceeded."
        return str(response["Reason"])
    return None


@pytest.mark.behaviour("E2", "E3", "E4")
def test_an_init_over_its_limit_is_run_again_in_the_invocation(small: RunningEmulator) -> None:
    """The second time the function's timeout holds; the report has no Init Duration."""
    name = small.deploy(
        "import time; time.sleep(1.2)\ndef handler(event, context): return 'ran'", Timeout=10
    )
    reply = small.invoke(name, LogType="Tail")
    log = tail(reply.log)
    assert reply.payload == "ran"
    (failed,) = [line for line in log.splitlines() if line.startswith("INIT_REPORT")]
    assert failed.endswith("\tPhase: init\tStatus: timeout")
    report = log.splitlines()[-1]
    assert "Init Duration" not in report
    assert float(report.split("\tDuration: ")[1].split()[0]) > 1200


@pytest.mark.behaviour("E5")
def test_a_slow_import_and_a_short_timeout_are_a_timeout(small: RunningEmulator) -> None:
    """The second init has only the function's timeout, and the first call ends in it."""
    name = small.deploy(
        "import time; time.sleep(9)\ndef handler(event, context): return 1", Timeout=1
    )
    payload = small.invoke(name).payload
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")


@pytest.mark.behaviour("I34", "C1", "C16")
def test_the_accounts_pool_is_shared_by_all_functions(small: RunningEmulator) -> None:
    """Both places taken by one function, another has none; the reason names the account."""
    busy = small.deploy(SLEEPER, Timeout=20)
    other = small.deploy("def handler(event, context): return 1")
    for _ in range(2):  # as events, which wait for a place where the calls below have it
        small.invoke(busy, {"seconds": 1.0}, InvocationType="Event")
    reason = wait_until(lambda: throttle_reason(small, other))
    assert reason == "ConcurrentInvocationLimitExceeded"
    assert wait_until(lambda: throttle_reason(small, other) is None)


@pytest.mark.behaviour("C7", "C9", "C15")
def test_a_small_account_can_reserve_nothing_but_zero(small: RunningEmulator) -> None:
    """A hundred have to stay unreserved; zero takes nothing."""
    name = small.deploy(SLEEPER)
    client = small.client("lambda")
    limits = client.get_account_settings()["AccountLimit"]
    assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (2, 2)
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert throttle_reason(small, name) == "ReservedFunctionConcurrentInvocationLimitExceeded"
