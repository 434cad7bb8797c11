"""The smoke test refuses every candidate that answers wrongly, and passes the service as it is."""

from __future__ import annotations

import shutil
import sysconfig
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from release.aws.clock import SystemClock
from release.aws.lambda_functions import Invocation
from release.commands.smoke import smoke
from release.result import Exit
from release.tests.fakes import FakeFunctions, release_of
from service import candidates, probes
from service.declaration import load

from services.order_processor.tests.fakes import FakeDynamoDB
from services.order_processor.tests.function_process import FunctionProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICE = load("order_processor")
WRONG = [
    name
    for name in candidates.names(SERVICE)
    if candidates.file_of(SERVICE, name).stem in ("confirming", "judging")
]
VERSION = "7"


class Functions(FakeFunctions):
    """Version 7 is a process of its own."""

    def __init__(self, process: FunctionProcess) -> None:
        super().__init__("1", VERSION)
        self._process = process

    def invoke(
        self, qualifier: str, payload: bytes, custom: Mapping[str, str] | None = None
    ) -> Invocation:
        """Invoke it by its number."""
        before = len(self._process.printed())
        told = self._process.invoke(payload.decode(), custom, qualifier=qualifier)
        log = self._process.printed()[before:].decode()
        return Invocation(told.answer, VERSION, error=told.raised, log=log)


@contextmanager
def started(name: str, folder: Path) -> Iterator[FunctionProcess]:
    """The candidate, with the packages of this environment and a store in memory."""
    shutil.copytree(SERVICE.package, folder / SERVICE.name)
    overlay = candidates.overlay(SERVICE, name, folder / "overlays")
    shutil.copytree(overlay / SERVICE.name, folder / SERVICE.name, dirs_exist_ok=True)
    path = Path(f"{folder}:{sysconfig.get_path('purelib')}")
    with FakeDynamoDB() as store, FunctionProcess(path, store.url) as process:
        yield process


@pytest.mark.parametrize("name", [candidates.GOOD, *WRONG])
def test_a_smoke_test_sees_wrong_answers(name: str, tmp_path: Path) -> None:
    """By the answers alone, whatever seed is drawn; what it says has the seed to try again."""
    with started(name, tmp_path) as process:
        release = release_of(Functions(process), clock=SystemClock())
        release = replace(release, probes=lambda: probes.load(SERVICE))
        result = smoke(release, VERSION)
    assert (result.exit is Exit.DONE) == (name == candidates.GOOD), result.message
    if name != candidates.GOOD:
        assert isinstance(result.details["seed"], int)
        assert result.details["event"]
        print(result.message[:300])
