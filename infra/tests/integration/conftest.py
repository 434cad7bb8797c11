"""Deploys the stack `local` once for all integration tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import pytest

from infra.tests.integration.deployed import SERVICE, Deployed, build_artifact, emulated_aws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Return the stack, deployed by the real program, with the real artifact."""
    base = tmp_path_factory.mktemp("local")
    artifact, directory = base / "artifact", base / "stack"
    manifest = build_artifact(artifact)
    with emulated_aws(base) as environment:
        outputs = engine.up(
            "local", {"artifact": str(artifact)}, directory=directory, env=environment
        )
        yield Deployed(outputs[SERVICE.name], manifest, environment, artifact, directory)
