"""The real Pulumi CLI on the emulated AWS: a team with a backend, stack files and an artifact."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING

import pytest
from deploy import command
from sandbox import emulated

from infra.tests.integration.deployed import build_artifact
from infra.tests.pulumi.killer import Killer
from infra.tests.pulumi.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count(1)
HAS_CLI = command.available()  # this puts it on the PATH, once for all tests
# Pulumi's releases have it beside the CLI; no Go module does.
LANGUAGE_HOST = "pulumi-language-python"
collect_ignore = [] if shutil.which(LANGUAGE_HOST) else ["test_by_hand.py"]


def pytest_report_header() -> str:
    """Say what is not tried."""
    left = ", ".join(collect_ignore)
    return f"Not tried, as there is no {LANGUAGE_HOST}: {left}" if left else ""


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return an environment that leads to an emulated AWS, and has a CLI on its PATH."""
    assert HAS_CLI, "There is no Pulumi CLI: build it by `nox -s pulumi_cli`."
    with emulated.aws(tmp_path_factory.mktemp("aws"), "--time-scale", "60") as environment:
        yield environment


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a built artifact."""
    directory = tmp_path_factory.mktemp("built")
    build_artifact(directory)
    return directory


@pytest.fixture
def team(tmp_path: Path, aws: dict[str, str], artifact: Path) -> Team:
    """Return a team whose one stack, `tN`, was never deployed."""
    return Team(tmp_path, aws, artifact, f"t{next(_numbers)}")


@pytest.fixture
def killer(team: Team, tmp_path: Path) -> Killer:
    """Return who kills the team's deployments."""
    return Killer(team, tmp_path)


@pytest.fixture
def second(tmp_path: Path, aws: dict[str, str], artifact: Path) -> Team:
    """Return another team on the same AWS."""
    return Team(tmp_path / "second", aws, artifact, f"t{next(_numbers)}")
