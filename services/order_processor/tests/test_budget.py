"""Bytes, imported modules and instructions of initialising stay within the committed budget.

`nox -s bench_handler -- --update-budget` commits new figures, for the Python it runs on.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from bench.handler import budget, callgrind, task_roots
from bench.handler.budget import Cost
from bench.handler.dynamodb_stub import DynamoDBStub
from bench.handler.environment import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINOR = task_roots.machine()["minor"]


@pytest.fixture(scope="module")
def actual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cost]:
    """What this checkout costs; instructions only where valgrind is installed."""
    places = task_roots.prepare(tmp_path_factory.mktemp("bench"))
    with DynamoDBStub() as stub:
        surroundings = Surroundings(places.runtime, stub.url)
        names, standard = budget.modules(places.ours, surroundings)
        ratio = None
        if callgrind.available():
            ours = callgrind.instructions(places.ours, surroundings)
            ratio = ours / callgrind.instructions(places.floor, surroundings)
        yield Cost(places.zip_bytes, names, standard, ratio)


def test_initialising_stays_within_the_budget(actual: Cost) -> None:
    """More bytes, modules or instructions than committed are a decision, not an accident."""
    allowed = budget.read(MINOR)
    if allowed is None:
        pytest.skip(
            f"There is no budget for Python {MINOR}: `nox -s bench_handler` on it makes one."
        )
    print(dataclasses.replace(actual, modules=frozenset()), "instructions need valgrind")
    assert budget.excesses(actual, allowed) == []


ALLOWED = Cost(1_000_000, frozenset({"botocore"}), 100, 5.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"zip_bytes": 1_010_001}, "bytes"),
        ({"modules": frozenset({"botocore", "pydantic"})}, "pydantic"),
        ({"standard_modules": 106}, "standard"),
        ({"init_over_floor": 5.11}, "floor"),
    ],
)
def test_each_rise_past_its_margin_is_named(change: dict[str, object], word: str) -> None:
    """One sentence for what has risen, nothing for what has not."""
    (sentence,) = budget.excesses(dataclasses.replace(ALLOWED, **change), ALLOWED)  # type: ignore[arg-type]
    assert word in sentence


def test_less_and_within_the_margin_is_fine() -> None:
    """A cheaper build passes, and so does one that could not count instructions."""
    cheaper = Cost(900_000, frozenset(), 90, 4.0)
    within = Cost(1_010_000, frozenset({"botocore"}), 105, 5.1)
    for cost in (cheaper, within, dataclasses.replace(ALLOWED, init_over_floor=None)):
        assert budget.excesses(cost, ALLOWED) == []


def test_an_update_keeps_other_versions(tmp_path: Path) -> None:
    """Each Python minor version has a budget of its own."""
    file = tmp_path / "budget.json"
    other = dataclasses.replace(ALLOWED, zip_bytes=7)
    budget.update("3.12", ALLOWED, file)
    budget.update("3.11", other, file)
    assert (budget.read("3.11", file), budget.read("3.12", file)) == (other, ALLOWED)
    assert budget.read("3.13", file) is None
    assert list(json.loads(file.read_text())) == ["3.11", "3.12"]
