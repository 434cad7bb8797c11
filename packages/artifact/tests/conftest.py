"""The artifact of this checkout, built once for all tests."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from service.declaration import load

from artifact.build import Request, build

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
    out, unpacked = tmp_path_factory.mktemp("artifact"), tmp_path_factory.mktemp("task")
    manifest = build(Request(load("order_processor"), out))
    with zipfile.ZipFile(out / "order_processor.zip") as archive:
        archive.extractall(unpacked)
    return Artifact(out, manifest, unpacked)
