"""Fixtures: one emulator for all tests, a private one for tests that end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSATILE = """
    import json, os, sys, time

    count = 0

    def handler(event, context):
        global count
        count += 1
        do = event.get("do")
        if do == "sleep":
            time.sleep(event["seconds"])
        elif do == "raise":
            raise ValueError(event["message"])
        elif do == "exit":
            os._exit(event["code"])
        elif do == "sysexit":
            sys.exit(event["code"])
        elif do == "kill":
            os.kill(os.getpid(), 9)
        elif do == "print":
            print(event["text"])
        elif do == "none":
            return None
        elif do == "big":
            return "x" * (event["bytes"] - 2)
        elif do == "unserialisable":
            return {1, 2}
        elif do == "environment":
            return dict(os.environ)
        elif do == "path":
            return sys.path
        return {
            "count": count,
            "pid": os.getpid(),
            "version": context.function_version,
            "arn": context.invoked_function_arn,
            "requestId": context.aws_request_id,
            "remaining": context.get_remaining_time_in_millis(),
            "client": context.client_context and context.client_context.custom,
            "event": event,
        }
"""


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """A running emulator that compresses waiting 300 times: a retry after 60 s takes 0.2 s."""
    running = RunningEmulator.start(tmp_path_factory.mktemp("emulator") / "aws.env", "--seed", "7")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def versatile(emulator: RunningEmulator) -> str:
    """A function that does what its event says; also version 1 and alias `live` on it."""
    name = emulator.deploy(VERSATILE, Timeout=2)
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """Where an emulator of the test's own may write its variables."""
    return tmp_path / "aws.env"
