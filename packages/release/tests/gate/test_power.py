"""The simulated gate, shortened: the figures of docs/adr/0009 keep their order."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from release.gate.power import WORLDS, World, main, measure, run

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {world.name: world for world in WORLDS}


def test_of_a_hundred_good_releases_at_most_one_is_refused() -> None:
    """With the seed of the figures."""
    rng = random.Random(1)
    verdicts = [run(BY_NAME["good, no errors"], rng)[0] for _ in range(100)]
    assert sum(verdict != "pass" for verdict in verdicts) <= 1


@pytest.mark.parametrize("name", ["fails 2 %", "fails 10 %", "four times as slow"])
def test_bad_releases_never_pass(name: str) -> None:
    """Not one of fifty."""
    assert measure(BY_NAME[name], 50, 1).passed == 0.0


def test_a_release_at_the_limit_hardly_ever_passes() -> None:
    """A share of 1 % passes with a chance of 5 % at most; the comparison finds it before."""
    assert measure(BY_NAME["fails 1 %"], 100, 1).passed <= 0.05


def test_a_quiet_hour_decides_nothing() -> None:
    """Neither pass nor fail."""
    figures = measure(BY_NAME["quiet: 20 a period, no errors"], 20, 1)
    assert (figures.passed, figures.failed) == (0.0, 0.0)


def test_an_outage_passes_nobody_and_a_fix_gets_through() -> None:
    """What the live version does is no excuse, and no reason to refuse."""
    assert measure(BY_NAME["good, during an outage of 10 %"], 20, 1).passed == 0.0
    assert measure(BY_NAME["a fix: the live version fails 10 %"], 20, 1).passed == 1.0


def test_the_same_seed_gives_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written as JSON, shown as a table."""
    out = tmp_path / "deep" / "gate.json"
    assert main(["--runs", "2", "--out", str(out)]) == 0
    first = json.loads(out.read_text())
    main(["--runs", "2", "--out", str(out)])
    assert json.loads(out.read_text()) == first
    assert len(first["worlds"]) == len(WORLDS)
    assert "fails always" in capsys.readouterr().out


def test_a_world_without_traffic_has_no_p99() -> None:
    """A period without invocations."""
    period = World("idle", rate=0).period(random.Random(1))
    assert (period.candidate.invocations, period.candidate_p99) == (0, None)
