"""Whole runs: Locust in a process of its own against the stub, and the report on them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from loadtest.ledger import entries
from loadtest.tests.running import OUTPUTS, ROOT, Done
from loadtest.tests.running import run as run
from loadtest.tests.stub import Answer, Stub


@pytest.fixture(scope="module")
def peak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Return a peak hour, above capacity for a part of it, on five slots of 40 ms."""
    with Stub(slots=5, service_seconds=0.04) as stub:
        yield run(tmp_path_factory.mktemp("peak"), stub)


def test_a_peak_above_capacity_passes_within_its_budget(peak: Done) -> None:
    """Expected refusals are a share of their own; the status is that of the verdict."""
    assert peak.status == 0, peak.error
    assert peak.summary["verdict"] == "pass"
    assert peak.summary["throttle"]["share"] > 0.05
    assert "verdict   pass" in peak.output


def test_every_order_is_accounted_for(peak: Done) -> None:
    """The report's counts are those of the function and its table."""
    orders = dict(peak.summary["orders"])
    assert orders["lost"] == orders["duplicated"] == orders["failed"] == orders["unverified"] == 0
    assert orders["confirmed"] == len(peak.stub.table)
    assert orders["rejected"] > 0
    fates = sum(orders.values()) - orders["sent"] - orders["duplicated"]
    assert fates == orders["sent"]


def test_each_attempt_is_one_request(peak: Done) -> None:
    """What the function saw is what the ledger has: no client sent anything twice."""
    attempts = (peak.ledger / "attempts.jsonl").read_text().splitlines()
    assert len(attempts) == peak.stub.invocations + peak.stub.throttled
    assert peak.summary["throttle"]["throttled"] == peak.stub.throttled
    assert peak.summary["throttle"]["byReason"] == {
        "ReservedFunctionConcurrentInvocationLimitExceeded": peak.stub.throttled
    }


def test_the_measured_throttle_share_follows_erlangs_formula(peak: Done) -> None:
    """Measured and predicted share agree within four standard errors and three points of model.

    Dividing slots by duration would predict next to nothing at this rate.
    """
    throttle = peak.summary["throttle"]
    low, high = throttle["shareInterval"]
    error = (high - low) / 2 / 1.96
    assert peak.summary["slotTime"]["source"] == "logs"
    assert throttle["predictedShare"] > 0.05
    assert abs(throttle["gap"]) < 4 * error + 0.03


def test_locusts_own_reports_are_made(peak: Done) -> None:
    """The page and the tables of Locust have every attempt, throttles in a row of their own."""
    assert (peak.ledger / "locust.html").stat().st_size > 10_000
    table = (peak.ledger / "locust_stats.csv").read_text()
    assert f"ReservedFunctionConcurrentInvocationLimitExceeded,{peak.stub.throttled}," in table


def test_a_ledger_is_never_used_twice(peak: Done) -> None:
    """A second run into the same directory is refused before any load."""
    before = peak.stub.invocations
    again = run(peak.ledger.parent, peak.stub)
    assert again.status == 2
    assert "already holds a run" in again.error
    assert peak.stub.invocations == before


def test_a_function_that_loses_orders_fails_the_run(tmp_path: Path) -> None:
    """Orders confirmed but not stored are lost, whatever the caller was told."""
    with Stub(loses=True, service_seconds=0.001) as stub:
        done = run(tmp_path, stub, "--peak-rate", "60", "--duration", "3")
    assert done.status == 1
    assert done.summary["orders"]["lost"] > 0
    assert done.summary["verdict"] == "fail"


def test_function_errors_fail_the_run(tmp_path: Path) -> None:
    """Errors are no throttles: they are beyond every budget here, and no order counts as lost."""
    with Stub() as stub:
        stub.fails_with = (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorType": "KeyError"}')
        done = run(tmp_path, stub, "--peak-rate", "30", "--duration", "3")
    assert done.status == 1
    assert done.summary["orders"]["failed"] == done.summary["orders"]["sent"] > 0
    assert done.summary["orders"]["lost"] == 0


EXPIRED: Answer = (
    403,
    {"x-amzn-ErrorType": "ExpiredTokenException"},
    b'{"message": "The security token included in the request is expired"}',
)


@pytest.mark.parametrize(
    ("extra", "outputs", "environment", "sentence"),
    [
        (["--peak-rate", "-3"], None, {}, "The peak rate is -3"),
        (["--scenario", "rush"], None, {}, "There is no scenario 'rush'"),
        (["--outputs", "missing.json"], None, {}, "deploy the stack first"),
        ([], {"lambdaFunctionName": "f"}, {}, "lack lambdaAliasName"),
        ([], OUTPUTS | {"lambdaAliasName": "staging"}, {}, "Cannot find alias"),
        ([], None, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AWS cannot be reached"),
        ([], None, {"AWS_ENDPOINT_URL": "nowhere"}, "AWS cannot be reached"),
        (["--ledger", "/dev/null/ledger"], None, {}, "cannot be written"),
        (["--drain-seconds", "-1"], None, {}, "above 0 seconds"),
    ],
)
def test_bad_input_is_one_sentence_before_any_load(
    tmp_path: Path,
    extra: list[str],
    outputs: dict[str, str] | None,
    environment: dict[str, str],
    sentence: str,
) -> None:
    """Exit status 2, one line that says what to do, and nothing sent."""
    with Stub() as stub:
        done = run(tmp_path, stub, *extra, outputs=outputs, environment=environment)
    assert done.status == 2
    assert sentence in done.error
    assert len(done.error.strip().splitlines()) == 1
    assert stub.invocations == 0


def test_expired_credentials_are_bad_input(tmp_path: Path) -> None:
    """The first call to AWS tells, before any load."""
    with Stub() as stub:
        stub.refuses_all = EXPIRED
        done = run(tmp_path, stub)
    assert done.status == 2
    assert done.error.strip() == "The AWS credentials have expired; sign in again."


def test_ending_the_command_ends_the_load(tmp_path: Path) -> None:
    """SIGTERM leaves no Locust behind, and the books are kept."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    command = [sys.executable, "-m", "loadtest", "run", "--outputs", str(file)]
    command += ["--ledger", str(tmp_path / "ledger"), "--scenario", "smoke", "--duration", "300"]
    with Stub(service_seconds=0.001) as stub:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **stub.environment}, stdout=subprocess.DEVNULL
        )
        assert stub.invoked.wait(60)
        load = psutil.Process(process.pid).children()
        process.terminate()
        assert process.wait(60) == 143
    assert load
    assert not any(child.is_running() for child in load)
    assert list(entries(tmp_path / "ledger"))
