"""A good release at the gate, over and over."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import comb
from typing import TYPE_CHECKING

import pytest

from rehearsal.trials import good_releases
from rehearsal.trials.good_releases import exact_interval, main, read
from rehearsal.trials.trial import Trial

if TYPE_CHECKING:
    import argparse
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
    """What has ended is kept, a line that was cut short is run again, batches stay whole."""
    kept = tmp_path / "runs.jsonl"
    kept.write_text("".join(json.dumps(asdict(trial(n))) + "\n" for n in range(23)) + '{"cand')
    batches = []

    def run(_: Path, kept: Path, options: argparse.Namespace, first: int, number: int) -> None:
        batches.append((first, number))
        with kept.open("a") as file:
            for seed in range(first, first + number):
                file.write(json.dumps(asdict(trial(options.seed + seed, promoted=seed != 30))))
                file.write("\n")

    monkeypatch.setattr(good_releases, "_run_batch", run)
    assert main(["--runs", "60", "--directory", str(tmp_path)]) == 0
    assert batches == [(24, 2), (26, 25), (51, 10)]
    assert len(read(kept)) == 60
    assert "60 runs, 1 refused" in capsys.readouterr().out


def test_more_than_one_refused_in_a_hundred_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure that is promised."""
    monkeypatch.setattr(good_releases, "_run_batch", None)
    runs = [trial(n, promoted=n not in (5, 50)) for n in range(100)]
    kept = tmp_path / "runs.jsonl"
    kept.write_text("".join(json.dumps(asdict(each)) + "\n" for each in runs))
    assert main(["--runs", "100", "--directory", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "report.json").read_text())["refused"] == 2
