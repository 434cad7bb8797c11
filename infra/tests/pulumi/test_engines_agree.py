"""The in-process engine does what Pulumi's does; `nox -s engines` tries many more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deploy import command
from engine.differential.compare import life
from engine.differential.real import served
from engine.differential.world import Worlds

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 4


@pytest.mark.parametrize("seed", [4, 6, 7])
def test_a_generated_life_is_the_same_in_both(seed: int, tmp_path: Path) -> None:
    """Between them: moves, aliases, protection, replacements, refusals, kills, changes by hand."""
    assert command.available(), "There is no Pulumi CLI: build it by `nox -s pulumi_cli`."
    worlds = Worlds()
    with (
        worlds.provided(),
        served() as attached,
        life(seed, worlds, tmp_path, attached) as lived,
    ):
        lived.live(STEPS)
    assert lived.counts["changes"] + lived.counts["kills"] == STEPS
