"""The simulated gate, shortened: the figures of docs/adr/0009 keep their order."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from release.gate.power import WORLDS, World, main, measure, run
from release.plans import PLANS, SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

SHARES = PLANS[SHIPPED]
BY_NAME = {world.name: world for world in WORLDS}


def test_of_a_hundred_good_releases_at_most_one_is_refused() -> None:
    """With the seed of the figures."""
    rng = random.Random(1)
    verdicts = [run(BY_NAME["good, no errors"], rng, SHARES)[0] for _ in range(100)]
    assert sum(verdict != "pass" for verdict in verdicts) <= 1


@pytest.mark.parametrize("name", ["fails 2 %", "fails 10 %", "four times as slow"])
def test_bad_releases_never_pass(name: str) -> None:
    """Not one of fifty."""
    assert measure(BY_NAME[name], 50, 1, SHARES).passed == 0.0


@pytest.mark.parametrize(
    "name",
    [
        "rejects every event",
        "rejects 5 % more, for a reason of its own",
        "rejects nothing of 3 %",
    ],
)
def test_wrong_answers_never_pass(name: str) -> None:
    """Not one of fifty, though not one is an error."""
    world = BY_NAME[name]
    assert world.candidate_errors == 0.0
    assert measure(world, 50, 1, SHARES).passed == 0.0


def test_much_that_is_rejected_by_both_is_no_difference() -> None:
    """Half of all events."""
    figures = measure(BY_NAME["good, half of all is rejected on both"], 50, 1, SHARES)
    assert figures.passed == 1.0


def test_a_release_at_the_limit_hardly_ever_passes() -> None:
    """A share of 1 % passes with a chance of 5 % at most; the comparison finds it before."""
    assert measure(BY_NAME["fails 1 %"], 100, 1, SHARES).passed <= 0.05


def test_a_quiet_hour_decides_nothing() -> None:
    """Neither pass nor fail."""
    figures = measure(BY_NAME["quiet: 20 a period, no errors"], 20, 1, SHARES)
    assert (figures.passed, figures.failed) == (0.0, 0.0)


def test_an_outage_passes_nobody_and_a_fix_gets_through() -> None:
    """What the live version does is no excuse, and no reason to refuse."""
    assert measure(BY_NAME["good, during an outage of 10 %"], 20, 1, SHARES).passed == 0.0
    assert measure(BY_NAME["a fix: the live version fails 10 %"], 20, 1, SHARES).passed == 1.0


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
    assert first["shares"] == list(SHARES)
    assert "fails always" in capsys.readouterr().out


def test_a_plan_is_simulated_at_each_of_its_shares(tmp_path: Path) -> None:
    """Three watches of ten minutes; one that fails at the first share gets no further one."""
    out = tmp_path / "gate.json"
    main(["--plan", "stepped", "--runs", "2", "--out", str(out)])
    periods = {world["world"]: world["periods"] for world in json.loads(out.read_text())["worlds"]}
    assert periods["good, no errors"] == 30
    assert periods["fails always"] == 1


def test_a_world_without_traffic_has_no_p99() -> None:
    """A period without invocations."""
    period = World("idle", rate=0).period(random.Random(1), 0.1)
    assert (period.candidate.invocations, period.candidate_p99) == (0, None)
