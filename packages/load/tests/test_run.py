"""Whole runs: Locust in a process of its own against the stub, and the report on them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from console.checkout import ROOT

from load.run_log.log import entries
from load.tests.running import OUTPUTS, Done, outputs_file
from load.tests.running import run as run
from load.tests.stub import Stub


@pytest.fixture(scope="module")
def peak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Return a peak hour, above capacity for a part of it, on ten slots of 0.1 s."""
    with Stub(slots=10, service_seconds=0.1) as stub:
        yield run(tmp_path_factory.mktemp("peak"), stub)


def test_a_peak_above_capacity_passes_within_its_budget(peak: Done) -> None:
    """Expected refusals are a share of their own; the status is that of the verdict."""
    assert peak.status == 0, peak.error
    assert peak.summary["verdict"] == "pass"
    assert peak.summary["throttle"]["share"] > 0.05
    assert "verdict   PASS" in peak.output


def test_every_event_is_accounted_for(peak: Done) -> None:
    """The report's counts are those of the function and its table."""
    events = dict(peak.summary["events"])
    assert events["lost"] == events["duplicated"] == events["failed"] == events["unverified"] == 0
    assert events["confirmed"] == len(peak.stub.table)
    assert events["rejected"] > 0
    fates = sum(events.values()) - events["sent"] - events["duplicated"]
    assert fates == events["sent"]


def test_each_attempt_is_one_request(peak: Done) -> None:
    """What the function saw is what the run log has: no client sent anything twice."""
    attempts = (peak.run_log / "attempts.jsonl").read_text().splitlines()
    assert len(attempts) == peak.stub.invocations + peak.stub.throttled
    assert peak.summary["throttle"]["throttled"] == peak.stub.throttled
    assert peak.summary["throttle"]["byReason"] == {
        "ReservedFunctionConcurrentInvocationLimitExceeded": peak.stub.throttled
    }


def test_the_share_is_set_against_what_the_measured_slot_time_predicts(peak: Done) -> None:
    """From the function's own log, for the whole run and for every stage of it."""
    slot, throttle = peak.summary["slotTime"], peak.summary["throttle"]
    assert slot["source"] == "logs"
    assert slot["samples"] == peak.stub.invocations
    assert slot["mean"] >= peak.stub.service_seconds
    low, high = throttle["predictedInterval"]
    assert 0.05 < low <= throttle["predictedShare"] <= high
    assert throttle["gap"] == throttle["share"] - throttle["predictedShare"]
    stages = peak.summary["stages"]
    assert len(stages) == 17
    assert all(
        low <= stage["predictedShare"] <= high
        for stage in stages
        for low, high in [stage["predictedInterval"]]
    )


def test_locusts_own_reports_are_made(peak: Done) -> None:
    """The page and the tables of Locust have every attempt, throttles in a row of their own."""
    assert (peak.run_log / "locust.html").stat().st_size > 10_000
    table = (peak.run_log / "locust_stats.csv").read_text()
    assert f"ReservedFunctionConcurrentInvocationLimitExceeded,{peak.stub.throttled}," in table


def test_locusts_tables_are_left_to_its_page(peak: Done) -> None:
    """They are 170 columns wide, and no terminal is."""
    assert "Aggregated" not in peak.output + peak.error


def test_a_run_log_is_never_used_twice(peak: Done) -> None:
    """A second run into the same directory is refused before any load."""
    before = peak.stub.invocations
    again = run(peak.run_log.parent, peak.stub)
    assert again.status == 2
    assert "already holds a run" in again.error
    assert peak.stub.invocations == before


def test_a_proxy_of_no_use_is_told_once_and_before_the_first_order(tmp_path: Path) -> None:
    """One sentence, whatever number of processes was to send."""
    with Stub() as stub:
        through = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
        done = run(tmp_path, stub, "--processes", "2", environment=through)
    assert (done.status, done.output) == (2, "")
    (sentence,) = done.error.splitlines()
    assert sentence.endswith("name 127.0.0.1 in NO_PROXY.")
    assert stub.invocations == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_ending_the_command_ends_the_load_and_keeps_the_books(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """By another process or by Ctrl-C, which all of a terminal's processes get: both say so."""
    file = outputs_file(tmp_path, OUTPUTS)
    place = tmp_path / "run log"
    command = [sys.executable, "-m", "loadtest", "run", "--outputs", str(file)]
    command += ["--run-log", str(place), "--scenario", "smoke", "--duration", "300"]
    with Stub(service_seconds=0.001) as stub, subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **stub.environment}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        # A shell's background jobs ignore Ctrl-C, and hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        assert stub.invoked.wait(60)
        load = psutil.Process(process.pid).children()
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == status
    assert load
    assert not any(child.is_running() for child in load)
    assert list(entries(place))
    assert f"the run log is kept in {place}" in said
    assert "`nox -s load -- local smoke` loads again" in said
    assert "Traceback" not in said
