"""The rollout that is rehearsed: by the plan that ships."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from console.processes import Children
from release.cli.arguments import parse

from rehearsal.journal import Journal
from rehearsal.settings import Settings
from rehearsal.steps import Rehearsal
from rehearsal.trials.trial import Trials

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from rehearsal.stack import Stack


@dataclass
class Told:
    """A stack that is told to roll out, and promotes."""

    typed: list[str] = field(default_factory=list)
    candidate: str = "2"
    said: str = "promoted"
    result: dict[str, Any] = field(default_factory=lambda: {"steps": [{"decision": "pass"}]})

    def release(self, *arguments: str, status: int | None) -> Told:
        """Keep what was typed."""
        assert status is None
        self.typed = list(arguments)
        return self

    def serves_only(self, version: str) -> str:
        """It does."""
        return version

    @property
    def understood(self) -> argparse.Namespace:
        """As the release tool reads it."""
        return parse(["--outputs", "outputs.json", *self.typed])


def test_the_rehearsal_goes_by_the_stacks_plan(tmp_path: Path) -> None:
    """What is rehearsed is what ships; only what a pass rules out is less (docs/adr/0014)."""
    settings = Settings(directory=tmp_path)
    made = Rehearsal(settings, Children(tmp_path, tmp_path), Journal(1, io.StringIO()))
    told = Told()
    made.stack = cast("Stack", told)
    made.roll_out()
    assert (told.understood.plan, told.understood.steps) == (None, None)
    assert told.understood.maximum_error_share == settings.maximum_error_share
    assert 0.95**told.understood.minimum_samples <= 0.05


def test_trials_go_by_the_stacks_plan_and_the_gates_own_limits(tmp_path: Path) -> None:
    """Synthetic events make good what live traffic does not bring, as in the workflow."""
    trials = Trials(Settings(directory=tmp_path), 60.0, Children(tmp_path, tmp_path))
    told = Told()
    trials._stack = cast("Stack", told)
    trials._roll_out("2", None)
    asked = told.understood
    assert (asked.plan, asked.steps, asked.on_inconclusive) == (None, None, "synthetic")
    assert (asked.minimum_samples, asked.maximum_error_share) == (299, 0.01)
