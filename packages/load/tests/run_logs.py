"""The run log of a finished run, written without a load, and a report made in this process."""

import random
from pathlib import Path
from typing import Literal

import pytest

from load.cli import main
from load.run_log import log
from load.run_log.classify import Outcome
from load.run_log.log import Attempt, Entry, Part, Run, RunLog
from load.send.events import Source, planned
from load.tests.running import OUTPUTS, PROBES, THRESHOLDS, outputs_file
from load.tests.stub import Stub
from loadtest.scenarios import LOAD_TESTS

START = 1_900_000_000.0


def written(directory: Path, stub: Stub, outcome: Outcome = "confirmed", seed: int = 1) -> Path:
    """Write the run log of ten seconds whose valid events all had this outcome; fill the table."""
    plan = LOAD_TESTS.scenario("smoke", 10.0, 10.0)
    start = START + seed * 3600
    place = directory / f"run-{seed}"
    took = random.Random(seed)
    run_log = RunLog(place)
    for event in planned(plan, Source(PROBES, seed, f"r{seed}", start)):
        due = start + event.offset
        run_log.sending(Entry(event.event_id, event.digest, event.kind, event.invocation, due))
        came: Outcome = "rejected" if event.kind == "invalid" else outcome
        if event.invocation == "async":
            came = "accepted"
        done = due + 0.02 + 0.001 * took.random()
        run_log.done(
            Attempt(
                event.event_id, event.kind, event.invocation, due, due + 0.001, done, came, None,
                200, "1", None, "same" if came == "confirmed" else None,
            )
        )  # fmt: skip
        if event.kind != "invalid" and came in ("confirmed", "accepted"):
            stub.keep(event.event_id, event.digest)
            stub.slot_seconds.append(0.02)
    run_log.describe(Part(0, start + 10, sent_all=True, cpu_seconds=0.1, cpu_share=0.01, backlog=0))
    run_log.close()
    run = Run(
        f"r{seed}",
        "smoke",
        seed,
        10.0,
        10.0,
        plan.stages(),
        plan.retries,
        OUTPUTS["stack"],
        OUTPUTS["service"],
        "f",
        "production",
        stub.slots,
        start,
    )
    log.write(place / log.RUN, log.record(run))
    return place


def judged(monkeypatch: pytest.MonkeyPatch, stub: Stub, place: Path, *extra: str) -> int:
    """Make the report in this process; return the exit status."""
    return command(monkeypatch, stub, "report", place, "--run-log", str(place), *extra)


def command(
    monkeypatch: pytest.MonkeyPatch,
    stub: Stub,
    name: Literal["run", "report"],
    place: Path,
    *extra: str,
) -> int:
    """Call the command in this process, led to the stub; return the exit status."""
    for variable, value in stub.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    outputs = outputs_file(place.parent, OUTPUTS)
    options = ["--outputs", str(outputs), "--thresholds", str(THRESHOLDS), "--quiet-seconds", "0.4"]
    return main(LOAD_TESTS, [name, *options, *extra])
