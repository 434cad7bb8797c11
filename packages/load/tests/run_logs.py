"""Books of a finished run, written without a load, and the report on them made in this process."""

import random
from pathlib import Path
from typing import Literal

import pytest

from load.cli import main
from load.run_log import log as ledger
from load.run_log.classify import Outcome
from load.run_log.log import Attempt, Entry, Ledger, Part, Run
from load.scenarios import scenario
from load.send.events import planned
from load.tests.running import OUTPUTS, THRESHOLDS, outputs_file
from load.tests.stub import Stub

START = 1_900_000_000.0


def written(directory: Path, stub: Stub, outcome: Outcome = "confirmed", seed: int = 1) -> Path:
    """Write the books of ten seconds whose valid orders all had this outcome; fill the table."""
    plan = scenario("smoke", 10.0, 10.0)
    start = START + seed * 3600
    place = directory / f"run-{seed}"
    took = random.Random(seed)
    books = Ledger(place)
    for order in planned(plan, seed, f"r{seed}", start):
        due = start + order.offset
        books.sending(Entry(order.order_id, order.digest, order.kind, order.invocation, due))
        came: Outcome = "rejected" if order.kind == "invalid" else outcome
        if order.invocation == "async":
            came = "accepted"
        done = due + 0.02 + 0.001 * took.random()
        books.done(
            Attempt(
                order.order_id, order.kind, order.invocation, due, due + 0.001, done, came, None,
                200, "1", None, "same" if came == "confirmed" else None,
            )
        )  # fmt: skip
        if order.kind != "invalid" and came in ("confirmed", "accepted"):
            stub.keep(order.order_id, order.digest)
            stub.slot_seconds.append(0.02)
    books.describe(Part(0, start + 10, sent_all=True, cpu_seconds=0.1, cpu_share=0.01, backlog=0))
    books.close()
    run = Run(
        f"r{seed}", "smoke", seed, 10.0, 10.0, plan.stages(), "f", "production", stub.slots, start
    )
    ledger.write(place / ledger.RUN, ledger.record(run))
    return place


def judged(monkeypatch: pytest.MonkeyPatch, stub: Stub, place: Path, *extra: str) -> int:
    """Make the report in this process; return the exit status."""
    return command(monkeypatch, stub, "report", place, "--ledger", str(place), *extra)


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
    return main([name, *options, *extra])
