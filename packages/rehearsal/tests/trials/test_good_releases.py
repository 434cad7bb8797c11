"""A good release at the gate, over and over."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import asdict
from math import comb
from typing import TYPE_CHECKING

import pytest
from console.processes import Children

from rehearsal.journal import StepError
from rehearsal.trials.good_releases import Session, exact_interval, main, read
from rehearsal.trials.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def trial(seed: int, *, promoted: bool = True) -> Trial:
    """A run that ended so."""
    return Trial("good-release", True, seed, "2", promoted, "gate", "why", 310, 9.9)


@pytest.mark.parametrize(
    ("hits", "runs", "low", "high"),
    [(0, 100, 0.0, 0.0362), (1, 100, 0.0003, 0.0545), (10, 20, 0.2720, 0.7280), (3, 3, 0.2924, 1)],
)
def test_the_interval_is_that_of_clopper_and_pearson(
    hits: int, runs: int, low: float, high: float
) -> None:
    """As their table has it: each bound leaves 2.5 % beyond it."""
    assert exact_interval(hits, runs) == pytest.approx((low, high), abs=1e-4)


def test_each_bound_leaves_its_tail() -> None:
    """At the upper bound so few hits have a chance of 2.5 %, at the lower so many."""
    low, high = exact_interval(2, 50)
    few = sum(comb(50, k) * high**k * (1 - high) ** (50 - k) for k in range(3))
    many = 1 - sum(comb(50, k) * low**k * (1 - low) ** (50 - k) for k in range(2))
    assert [few, many] == pytest.approx([0.025, 0.025])


def test_a_killed_session_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has ended is kept, in whatever order; a line that was cut short is run again."""
    kept = tmp_path / "runs.jsonl"
    kept.write_text("".join(json.dumps(asdict(trial(n))) + "\n" for n in (25, 7, 8)) + '{"cand')
    batches = []

    def run(self: Session, seeds: Sequence[int]) -> None:
        batches.append(list(seeds))
        for seed in seeds:
            self._keep(trial(seed, promoted=seed != 30))

    monkeypatch.setattr(Session, "run_batch", run)
    assert main(["--runs", "31", "--seed", "7", "--directory", str(tmp_path)]) == 0
    assert batches == [[*range(9, 21)], [*range(21, 25), *range(26, 34)], [*range(34, 38)]]
    assert len(read(kept)) == 31
    assert "31 runs, 1 refused" in capsys.readouterr().out


def test_stacks_stand_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as were asked for: each waits for the other two."""
    together = threading.Barrier(3, timeout=30)

    def run(self: Session, seeds: Sequence[int]) -> None:
        together.wait()
        for seed in seeds:
            self._keep(trial(seed))

    monkeypatch.setattr(Session, "run_batch", run)
    asked = ["--runs", "36", "--side-by-side", "3", "--directory", str(tmp_path)]
    assert main(asked) == 0
    assert {each.seed for each in read(tmp_path / "runs.jsonl")} == {*range(1, 37)}


def test_an_interruption_ends_every_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no batch begins any more: what waits for a process of its stack finds it ended."""
    began, stacks, both = [], [], threading.Barrier(2, timeout=30)

    def run(self: Session, seeds: Sequence[int]) -> None:
        began.append(seeds[0])
        with Children(tmp_path, tmp_path / "logs") as children:
            stack = children.start(f"stack-{seeds[0]}", ["sleep", "600"], {"PATH": os.defpath})
            stacks.append(stack)
            self._stacks.append(children)
            both.wait()
            if seeds[0] == 1:
                os.kill(os.getpid(), signal.SIGINT)
            stack.wait()
            raise StepError("the emulated AWS has ended")

    monkeypatch.setattr(Session, "run_batch", run)
    asked = ["--runs", "48", "--side-by-side", "2", "--directory", str(tmp_path)]
    assert main(asked) == 130
    assert sorted(began) == [1, 13]
    assert all(stack.process.poll() is not None for stack in stacks)


def test_more_than_one_refused_in_a_hundred_is_a_failure(tmp_path: Path) -> None:
    """The figure that is promised."""
    runs = [trial(n, promoted=n not in (5, 50)) for n in range(1, 101)]
    kept = tmp_path / "runs.jsonl"
    kept.write_text("".join(json.dumps(asdict(each)) + "\n" for each in runs))
    assert main(["--runs", "100", "--directory", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "report.json").read_text())["refused"] == 2
