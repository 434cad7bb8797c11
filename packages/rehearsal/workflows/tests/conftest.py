"""What the tests of the workflows' execution share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.workflows.tests.small import Small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Return an empty repository."""
    return Small(tmp_path)
