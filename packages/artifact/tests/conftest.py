"""The artifact of this checkout, built once for all tests."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from artifact import manifest
from artifact.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Artifact:
    """A built artifact: its directory, its manifest and where it is unpacked."""

    out: Path
    manifest: dict[str, Any]
    unpacked: Path

    @property
    def zip(self) -> Path:
        """The zip itself."""
        return self.out / "order_processor.zip"


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """Build, and unpack into a directory of its own."""
    return built(tmp_path_factory)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """Build without any lever, and unpack."""
    return built(tmp_path_factory, "--plain")


def built(tmp_path_factory: pytest.TempPathFactory, *options: str) -> Artifact:
    """Build with the command's `options`, and unpack."""
    directory, unpacked = tmp_path_factory.mktemp("artifact"), tmp_path_factory.mktemp("task")
    named = ("--service", "order_processor", "--out", str(directory))
    assert main(["build", *named, *options]) == 0
    out = directory / "order_processor"
    with zipfile.ZipFile(out / "order_processor.zip") as archive:
        archive.extractall(unpacked)
    return Artifact(out, manifest.read(out / manifest.MANIFEST_NAME), unpacked)
