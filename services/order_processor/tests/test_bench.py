"""The bench measures what it says: real runtime client, real handlers, figures from samples."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from bench.handler import callgrind, report, savings, task_roots, warm
from bench.handler.__main__ import main
from bench.handler.dynamodb_stub import DynamoDBStub
from bench.handler.environment import Environment, Surroundings
from bench.handler.figures import (
    CONVENTIONAL,
    FLOOR,
    OURS,
    Counted,
    Measured,
    figures,
)
from bench.handler.measuring import Samples, measure
from bench.handler.runtime_api import RuntimeSilentError
from bench.handler.savings import VARIANTS, Variant
from bench.handler.task_roots import Subject

if TYPE_CHECKING:
    from pathlib import Path


def _samples(init: float) -> Samples:
    values = [init * factor for factor in (0.5, 1, 9)]  # the median is the middle one
    random.Random(1).shuffle(values)
    return Samples(values, values, [0.004], [0.003], [0.002], [0.001])


def _measured(counted: Counted | None) -> Measured:
    samples = {FLOOR: _samples(0.02), OURS: _samples(0.1), CONVENTIONAL: _samples(0.4)}
    own_cpu = {1: 100.0, 2: 102.0, 10: 118.0}
    machine = {"python": "3.11.7", "minor": "3.11"}
    beside = {1: 90.0, 2: 96.0, 10: 99.0}, {1: 180.0, 2: 192.0, 10: 220.0}
    init = 600 if counted else None
    variants = {name: Variant(3_000_000, init) for name in VARIANTS}
    return Measured(machine, 3, samples, own_cpu, beside, counted, 2_000_000, variants)


def test_figures_are_ratios_of_medians() -> None:
    """Outliers do not count; the cost per line leaves out what every order costs."""
    counted = Counted({FLOOR: 100, OURS: 500, CONVENTIONAL: 2_000}, first=30, warm=20)
    found = figures(_measured(counted))
    assert (found["initOverFloor"], found["initOverConventional"]) == (5.0, 0.25)
    assert found["initOverFloorInstructions"] == 5.0
    assert (found["firstOverWarm"], found["firstOverWarmInstructions"]) == (2.0, 1.5)
    assert (found["warmCpuMicroseconds"], found["zipBytes"]) == (102.0, 2_000_000)
    assert (found["warmCpuOverLean"], found["leanMicroseconds"]["10"]) == (0.5, 220.0)
    assert found["perLine"][1] == {
        "lines": 10,
        "microseconds": 118.0,
        "microsecondsPerFurtherLine": 2.0,
    }


@pytest.mark.parametrize("counted", [None, Counted({FLOOR: 1, OURS: 6, CONVENTIONAL: 9}, 3, 2)])
def test_the_table_is_aligned_and_names_what_is_missed(counted: Counted | None) -> None:
    """Each table's lines end at one column; without valgrind it says so."""
    printed = report.text(figures(_measured(counted)))
    assert ("no valgrind" in printed) == (counted is None)
    assert ("MISSED" in printed) == (counted is not None)
    last = printed.split("\n\n")[-1].splitlines()
    assert len({len(line) for line in last}) == 1
    assert [line.split("  ")[0] for line in last[-len(VARIANTS) :]] == list(VARIANTS)


def test_floor_and_handler_answer_through_the_real_runtime_client(tmp_path: Path) -> None:
    """One run of each: every sample is there, and initialising the handler costs more."""
    places = task_roots.prepare(tmp_path)
    with DynamoDBStub() as stub:
        surroundings = Surroundings(places.runtime, stub.url)
        samples = measure([places.floor, places.ours], surroundings, runs=1)
        own = warm.own_cpu(places.ours, surroundings)
        assert len(stub.items) > 30
    assert samples[OURS].median("cpu") > samples[FLOOR].median("cpu") > 0
    assert all(len(values) == 1 for values in vars(samples[OURS]).values())
    assert list(own) == list(warm.LINES)
    assert own[1_000] > own[1]


def test_each_variant_is_built_without_its_levers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lever at a time, then all; each zip's bytes and instructions are its own."""

    def built(_: Path, name: str, skipped: frozenset[str]) -> tuple[Subject, int]:
        return Subject(name, tmp_path, "", lambda _: b""), len(skipped)

    monkeypatch.setattr(task_roots, "built", built)
    monkeypatch.setattr(callgrind, "available", lambda: True)
    monkeypatch.setattr(callgrind, "instructions", lambda subject, _: len(subject.name))
    found = savings.measure(tmp_path, Surroundings(tmp_path, ""))
    assert {name: each.zip_bytes for name, each in found.items()} == {
        "without patterns": 1, "without substitutes": 1, "without parts": 1, "without calls": 1,
        "plain": 4,
    }  # fmt: skip
    assert found["plain"].init == len("plain")


def test_the_conventional_handler_does_the_same_work(tmp_path: Path) -> None:
    """Confirmed, recorded, and idempotent: two more requests to DynamoDB for it."""
    runtime = task_roots.prepare(tmp_path).runtime
    subject = task_roots.conventional(tmp_path / "conventional")
    with DynamoDBStub() as stub:
        with Environment(subject, Surroundings(runtime, stub.url)) as environment:
            answer, _ = environment.send(subject.event(task_roots.order(1)))
        tables = sorted(table for table, _ in stub.items)
    body: dict[str, Any] = json.loads(json.loads(answer)["body"])
    assert (body["status"], body["total"]) == ("confirmed", "31.97")
    assert tables == ["idempotency", "orders"]


def test_a_handler_that_cannot_be_loaded_is_told_with_its_output(tmp_path: Path) -> None:
    """The bench stops with the runtime's own words."""
    places = task_roots.prepare(tmp_path)
    (places.floor.root / "handler.py").unlink()
    for bytecode in places.floor.root.rglob("*.pyc"):
        bytecode.unlink()
    with (
        pytest.raises(RuntimeSilentError, match="No module named 'handler'"),
        Environment(places.floor, Surroundings(places.runtime, "")),
    ):
        pass


def test_too_few_runs_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, exit status 2."""
    assert main(["--runs", "3"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_budget_without_instructions_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would take a known limit away."""
    monkeypatch.setenv("PATH", "")
    assert main(["--update-budget"]) == 2
    assert "install valgrind" in capsys.readouterr().err
