"""Runs whose sending is shared by several processes, and what else a whole run can be told."""

import csv
import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from socket import create_server
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from console.checkout import ROOT

from load.run_log import log as ledger
from load.scenarios import scenario
from load.send.events import planned
from load.tests.running import OUTPUTS, Done, run
from load.tests.stub import Stub

SMALL = ("--peak-rate", "60", "--duration", "3")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return a run that four processes shared, its statistics merged in batches."""
    with Stub(slots=1, service_seconds=0.04) as stub:
        directory = tmp_path_factory.mktemp("shared")
        done = run(directory, stub, *SMALL, "--processes", "4", "--statistics", "batches")
    assert done.status in (0, 3), done.error
    return done


def test_four_processes_send_one_schedule_without_gaps_or_doubles(shared: Done) -> None:
    """Their ledgers together hold the seeded schedule, each order once and at its time."""
    begun = ledger.run(shared.ledger)
    plan = scenario("peak_hour", 60, 3)
    expected = sorted(
        (order.order_id, order.digest, order.kind, begun.started_at + order.offset)
        for order in planned(plan, 7, begun.run_id, begun.started_at)
    )
    sent = sorted(
        (e.order_id, e.digest, e.kind, e.intended_at) for e in ledger.entries(shared.ledger)
    )
    assert sent == expected
    shares = [len(list(ledger.entries(part))) for part in shared.ledger.glob("worker-*")]
    assert len(shares) == 4
    assert max(shares) - min(shares) <= 1


def test_a_shared_run_is_judged_as_one(shared: Done) -> None:
    """The report counts what all of them sent, and the function saw every attempt once."""
    assert shared.summary["verdict"] in ("pass", "inconclusive"), shared.error
    assert shared.summary["run"]["workers"] == shared.summary["run"]["workersEnded"] == 4
    attempts = sum(1 for _ in ledger.attempts(shared.ledger))
    assert shared.summary["run"]["attempts"] == attempts
    assert attempts == shared.stub.invocations + shared.stub.throttled
    assert shared.summary["orders"]["lost"] == shared.summary["orders"]["unverified"] == 0


def test_statistics_merged_in_batches_lose_nothing(shared: Done) -> None:
    """The last batch of every worker is in the master's tables."""
    with (shared.ledger / "locust_stats.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert int(rows["Aggregated"]["Request Count"]) == shared.summary["run"]["attempts"]
    throttles = rows["ReservedFunctionConcurrentInvocationLimitExceeded"]
    assert int(throttles["Request Count"]) == shared.stub.throttled


def test_workers_elsewhere_send_what_the_master_was_told(tmp_path: Path) -> None:
    """As on containers: scenario, seed and rates are the master's options, books are shared."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    where = ["--outputs", str(file), "--ledger", str(tmp_path / "ledger")]
    with create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    locust = [sys.executable, "-m", "locust", "--config", "loadtest/locust.conf"]
    master = ["--master", "--expect-workers", "2", "--master-bind-port", port, "--headless"]
    plan = ["--scenario", "average", "--seed", "3", "--peak-rate", "40", "--duration", "2"]
    worker = ["--worker", "--master-port", port]
    with Stub(service_seconds=0.001) as stub, ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [*locust, *where, *options], cwd=ROOT,
                    env={**os.environ, **stub.environment},
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )
            for options in ([*master, *plan], worker, worker)
        ]  # fmt: skip
        assert [process.wait(60) for process in started] == [0, 0, 0]
    begun = ledger.run(tmp_path / "ledger")
    assert (begun.scenario, begun.seed, begun.workers, begun.sent_all) == ("average", 3, 2, True)
    expected = planned(scenario("average", 40, 2), 3, begun.run_id, begun.started_at)
    sent = {entry.order_id for entry in ledger.entries(tmp_path / "ledger")}
    assert sent == {order.order_id for order in expected}


def test_a_lost_worker_makes_the_run_invalid(tmp_path: Path) -> None:
    """What it did not send is missed, not silently left out."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    books = tmp_path / "ledger"
    command = [sys.executable, "-m", "load", "run", "--outputs", str(file)]
    command += ["--ledger", str(books), "--scenario", "peak_hour", "--processes", "2"]
    command += ["--peak-rate", "40", "--duration", "4", "--quiet-seconds", "1"]
    with Stub(service_seconds=0.001) as stub:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **stub.environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert stub.invoked.wait(60), process.poll()
        worker = _worker_of(process.pid, books / "worker-1" / ledger.ORDERS)
        worker.kill()
        assert process.wait(90) == 1
    summary: dict[str, Any] = json.loads((books / "summary.json").read_text())
    assert summary["verdict"] == "invalid"
    assert any("did not finish their share" in reason for reason in summary["reasons"])


def _worker_of(process: int, books: Path) -> Any:
    """Return the process that has a worker's books open."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in psutil.Process(process).children(recursive=True):
            if any(file.path == str(books) for file in child.open_files()):
                return child
        time.sleep(0.05)
    raise AssertionError("no worker has its books open")


def test_throttled_orders_are_tried_again_and_come_through(tmp_path: Path) -> None:
    """Same id, a bounded number of tries, and most of what was refused is confirmed later."""
    with Stub(slots=2, service_seconds=0.04) as stub:
        done = run(tmp_path, stub, "--scenario", "peak_hour_retries", *SMALL)
    tries = Counter(attempt.order_id for attempt in ledger.attempts(done.ledger))
    throttle, orders = done.summary["throttle"], done.summary["orders"]
    assert max(tries.values()) > 1
    assert throttle["attemptsByTry"]["2"] > 0
    assert set(throttle["attemptsByTry"]) <= set("123456")
    assert orders["throttled"] < throttle["throttled"]
    assert orders["lost"] == orders["duplicated"] == 0
    assert done.summary["confirmation"]["p99"] > done.summary["confirmation"]["p50"]
    assert throttle["predictedShare"] > 0
    assert done.summary["sendLag"]["p99"] < 1000


def test_an_asynchronous_peak_has_a_backlog_that_drains(tmp_path: Path) -> None:
    """Nothing is refused; what waits is seen, and so is when the last of it was done."""
    with Stub(slots=1, service_seconds=0.05) as stub:
        done = run(tmp_path, stub, "--scenario", "peak_hour_async", "--peak-rate", "30",
                   "--duration", "3")  # fmt: skip
    backlog = done.summary["backlog"]
    assert done.summary["attempts"]["accepted"] == done.summary["orders"]["confirmed"] > 0
    assert backlog["peak"] > 5
    assert backlog["predictedPeak"] > 5
    assert backlog["queued"][-1] == 0
    assert done.summary["drainSeconds"] == backlog["drainSeconds"] > 0
    low, high = backlog["predictedDrainInterval"]
    assert 0 <= low <= backlog["predictedDrainSeconds"] <= high
