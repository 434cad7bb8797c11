"""Fixtures of the program's unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.tests.recording import Recording, deploy, write_artifact

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def artifact_directory(tmp_path: Path) -> Path:
    """Return a directory with a small artifact for python3.13."""
    return write_artifact(tmp_path / "artifact")


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return what the stack `dev`, whose data is not guarded, registers."""
    return deploy("dev", write_artifact(tmp_path_factory.mktemp("dev")))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return what the stack `prod`, whose data is guarded, registers."""
    return deploy("prod", write_artifact(tmp_path_factory.mktemp("prod")))
