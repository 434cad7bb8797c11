"""An emulator in which waiting takes as long as on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """A running emulator that divides no waiting."""
    running = RunningEmulator.start(tmp_path_factory.mktemp("unhurried") / "aws.env", scale=1.0)
    yield running
    running.stop()
