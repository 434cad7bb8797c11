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
from console import lifelines
from console.checkout import ROOT

from load.run_log import log
from load.send.events import Source, planned
from load.tests.running import OUTPUTS, PROBES, Done, run
from load.tests.stub import Stub
from loadtest.scenarios import LOAD_TESTS

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
    """Their run logs together hold the seeded schedule, each event once and at its time."""
    begun = log.run(shared.run_log)
    plan = LOAD_TESTS.scenario("peak_hour", 60, 3)
    expected = sorted(
        (event.event_id, event.digest, event.kind, begun.started_at + event.offset)
        for event in planned(plan, Source(PROBES, 7, begun.run_id, begun.started_at))
    )
    sent = sorted(
        (e.event_id, e.digest, e.kind, e.intended_at) for e in log.entries(shared.run_log)
    )
    assert sent == expected
    shares = [len(list(log.entries(part))) for part in shared.run_log.glob("worker-*")]
    assert len(shares) == 4
    assert max(shares) - min(shares) <= 1


def test_a_shared_run_is_judged_as_one(shared: Done) -> None:
    """The report counts what all of them sent, and the function saw every attempt once."""
    assert shared.summary["verdict"] in ("pass", "inconclusive"), shared.error
    assert shared.summary["run"]["workers"] == shared.summary["run"]["workersEnded"] == 4
    attempts = sum(1 for _ in log.attempts(shared.run_log))
    assert shared.summary["run"]["attempts"] == attempts
    assert attempts == shared.stub.invocations + shared.stub.throttled
    assert shared.summary["events"]["lost"] == shared.summary["events"]["unverified"] == 0


def test_statistics_merged_in_batches_lose_nothing(shared: Done) -> None:
    """The last batch of every worker is in the master's tables."""
    with (shared.run_log / "locust_stats.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert int(rows["Aggregated"]["Request Count"]) == shared.summary["run"]["attempts"]
    throttles = rows["ReservedFunctionConcurrentInvocationLimitExceeded"]
    assert int(throttles["Request Count"]) == shared.stub.throttled


LAST_WORDS = """
from types import SimpleNamespace
from locust.env import Environment
from locust.runners import WorkerRunner
from load.send.workers import report_done
runner = object.__new__(WorkerRunner)
runner.environment, runner.client_id, runner.greenlet = Environment(), "worker", None
runner.client = SimpleNamespace(send=lambda message: print(message.type))
report_done(runner)
"""
"""In a process of its own: Locust changes the threads of the one that imports it."""


def test_a_worker_sends_its_statistics_before_it_says_that_it_is_done() -> None:
    """The master may end as soon as all are done, and what comes later is in no table."""
    sent = lifelines.run(
        [sys.executable, "-c", LAST_WORDS], check=True, capture_output=True, text=True
    )
    assert sent.stdout.split() == ["stats", "events-done"]


def test_workers_elsewhere_send_what_the_master_was_told(tmp_path: Path) -> None:
    """As on containers: scenario, seed and rates are the master's options, run log are shared."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    where = ["--outputs", str(file), "--run-log", str(tmp_path / "run log")]
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
    begun = log.run(tmp_path / "run log")
    assert (begun.scenario, begun.seed, begun.workers, begun.sent_all) == ("average", 3, 2, True)
    source = Source(PROBES, 3, begun.run_id, begun.started_at)
    expected = planned(LOAD_TESTS.scenario("average", 40, 2), source)
    sent = {entry.event_id for entry in log.entries(tmp_path / "run log")}
    assert sent == {event.event_id for event in expected}


def test_a_lost_worker_makes_the_run_invalid(tmp_path: Path) -> None:
    """What it did not send is missed, not silently left out."""
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    place = tmp_path / "run log"
    command = [sys.executable, "-m", "loadtest", "run", "--outputs", str(file)]
    command += ["--run-log", str(place), "--scenario", "peak_hour", "--processes", "2"]
    command += ["--peak-rate", "40", "--duration", "4", "--quiet-seconds", "1"]
    with Stub(service_seconds=0.001) as stub:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **stub.environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert stub.invoked.wait(60), process.poll()
        worker = _worker_of(process.pid, place / "worker-1" / log.EVENTS)
        worker.kill()
        assert process.wait(90) == 1
    summary: dict[str, Any] = json.loads((place / "summary.json").read_text())
    assert summary["verdict"] == "invalid"
    assert any("did not finish their share" in reason for reason in summary["reasons"])


def _worker_of(process: int, place: Path) -> Any:
    """Return the process that has a worker's run log open."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in psutil.Process(process).children(recursive=True):
            if any(file.path == str(place) for file in child.open_files()):
                return child
        time.sleep(0.05)
    raise AssertionError("no worker has its run log open")


def test_throttled_events_are_tried_again_and_come_through(tmp_path: Path) -> None:
    """Same id, a bounded number of tries, and most of what was refused is confirmed later."""
    with Stub(slots=2, service_seconds=0.04) as stub:
        done = run(tmp_path, stub, "--scenario", "peak_hour_retries", *SMALL)
    tries = Counter(attempt.event_id for attempt in log.attempts(done.run_log))
    throttle, events = done.summary["throttle"], done.summary["events"]
    assert max(tries.values()) > 1
    assert throttle["attemptsByTry"]["2"] > 0
    assert set(throttle["attemptsByTry"]) <= set("123456")
    assert events["throttled"] < throttle["throttled"]
    assert events["lost"] == events["duplicated"] == 0
    assert done.summary["confirmation"]["p99"] > done.summary["confirmation"]["p50"]
    assert throttle["predictedShare"] > 0
    assert done.summary["sendLag"]["p99"] < 1000


def test_an_asynchronous_peak_has_a_backlog_that_drains(tmp_path: Path) -> None:
    """Nothing is refused; what waits is seen, and so is when the last of it was done."""
    with Stub(slots=1, service_seconds=0.05) as stub:
        done = run(tmp_path, stub, "--scenario", "peak_hour_async", "--peak-rate", "30",
                   "--duration", "3")  # fmt: skip
    backlog = done.summary["backlog"]
    assert done.summary["attempts"]["accepted"] == done.summary["events"]["confirmed"] > 0
    assert backlog["peak"] > 5
    assert backlog["predictedPeak"] > 5
    assert backlog["queued"][-1] == 0
    assert done.summary["drainSeconds"] == backlog["drainSeconds"] > 0
    low, high = backlog["predictedDrainInterval"]
    assert 0 <= low <= backlog["predictedDrainSeconds"] <= high
