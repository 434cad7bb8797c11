"""An emulator whose times are long enough to be seen on a slow machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """A running emulator in which waiting takes ten times as long as on AWS."""
    running = RunningEmulator.start(tmp_path_factory.mktemp("unhurried") / "aws.env", scale=0.1)
    yield running
    running.stop()
