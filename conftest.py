"""Tests run in the environment of local work, whatever the person's own holds, and leave it so."""

import os
import socket
import sys
from collections.abc import Generator

import pytest
from console.checkout import ROOT
from hypothesis import settings
from sandbox.environment import local

_clean = local()
os.environ.clear()
os.environ.update(_clean)
# Each service's package, as in its zip.
sys.path[1:1] = sorted(map(str, ROOT.glob("services/*/src")))
# No example is failed for the time that it took: the machine is shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_started: dict[str, str] = {}


def pytest_collection_finish() -> None:
    """Remember the environment that pytest and its plugins made; refuse one that Locust changed."""
    if socket.socket.__module__.startswith("gevent"):
        raise pytest.UsageError("A test module imports Locust: do it in a process of its own.")
    _started.update(os.environ)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Fail the test that leaves another environment behind: the next one would meet another AWS."""
    yield
    changed = {name for name, _ in os.environ.items() ^ _started.items()} - {"PYTEST_CURRENT_TEST"}
    if changed:
        os.environ.clear()
        os.environ.update(_started)
        pytest.fail(f"The test leaves the environment changed: {sorted(changed)}.")
