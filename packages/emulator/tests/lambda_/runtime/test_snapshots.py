"""SnapStart: published versions whose environments start from a snapshot.

Sources: Lambda Developer Guide, snapstart, snapstart-activate and snapstart-runtime-hooks.

Each environment initialises by itself here and is then restored at once: hooks, variables and
credentials are a snapshot's, and what several environments would share is not shared.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.errors import AwsError
from emulator.tests.lambda_client import Bench, bench
from emulator.tests.running import RunningEmulator, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ON: Any = {"ApplyOn": "PublishedVersions"}
ANY_PYTHON = """
import runpy
from emulator.lambda_.state import settings
settings._WITHOUT_SNAPSHOTS = ()
runpy.run_module("emulator", run_name="__main__")
"""
"""The emulator, with snapshots of whichever Python runs these tests."""
SOURCE = """
    import os
    import boto3
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    seen = ["initialised"]
    register_before_snapshot(seen.append, "before")
    register_after_restore(seen.append, "after")

    def handler(event, context):
        return {
            "seen": seen,
            "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
            "keys": sorted(name for name in os.environ if "KEY" in name or "TOKEN" in name),
            "caller": boto3.client("sts").get_caller_identity()["Arn"],
        }
"""
BROKEN = """
    from snapshot_restore_py import register_after_restore

    @register_after_restore
    def restore():
        raise ValueError("no such thing")

    def handler(event, context):
        return 1
"""


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """Return an emulator that makes snapshots of this Python."""
    env_file = tmp_path_factory.mktemp("snapshots") / "env"
    running = RunningEmulator.start(env_file, program=("-c", ANY_PYTHON))
    yield running
    running.stop()


def published(running: RunningEmulator, source: str, **settings: Any) -> str:
    """Publish a function with snapshots; return its name once version 1 is active."""
    name = running.deploy(source, SnapStart=ON, Timeout=10, MemorySize=512, **settings)
    client = running.client("lambda")
    client.publish_version(FunctionName=name)
    wait_until(
        lambda: (
            client.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Active"
        )
    )
    return name


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """Return an account whose time stands still."""
    return bench(tmp_path)


def test_a_version_is_pending_until_its_snapshot_is_made(account: Bench) -> None:
    """`$LATEST` has none; until the version is Active a call of it is a conflict."""
    client = account.client
    account.create(Runtime="python3.13", SnapStart=ON)
    account.settle()
    made = client.publish_version(FunctionName="orders")
    assert (made["State"], made["SnapStart"]["ApplyOn"]) == ("Pending", "PublishedVersions")
    with pytest.raises(AwsError, match="following state: Pending"):
        account.registry.resolve("orders", "1")
    account.settle()
    shown = client.get_function_configuration(FunctionName="orders", Qualifier="1")
    assert (shown["State"], shown["SnapStart"]["OptimizationStatus"]) == ("Active", "On")
    latest = client.get_function_configuration(FunctionName="orders")
    assert latest["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}


def test_turning_it_on_makes_another_version(account: Bench) -> None:
    """And a runtime without snapshots is refused also where it comes later."""
    client = account.client
    account.create(Runtime="python3.13")
    account.settle()
    client.publish_version(FunctionName="orders")
    client.update_function_configuration(FunctionName="orders", SnapStart=ON)
    account.settle()
    assert client.publish_version(FunctionName="orders")["Version"] == "2"
    with pytest.raises(ClientError, match=r"python3\.11 is not supported for SnapStart"):
        client.update_function_configuration(FunctionName="orders", Runtime="python3.11")


def test_hooks_run_around_the_snapshot_and_no_keys_are_in_it(snapshots: RunningEmulator) -> None:
    """Credentials come from an address, as they would expire in a snapshot."""
    name = published(snapshots, SOURCE)
    answer = snapshots.invoke(name, Qualifier="1").payload
    assert answer["seen"] == ["initialised", "before", "after"]
    assert answer["type"] == "snap-start"
    assert answer["keys"] == ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    assert answer["caller"].endswith(f"/{name}")


def test_the_unpublished_version_starts_as_ever(snapshots: RunningEmulator) -> None:
    """No snapshot, so no hooks."""
    name = published(snapshots, SOURCE)
    answer = snapshots.invoke(name).payload
    assert (answer["seen"], answer["type"]) == (["initialised"], "on-demand")


def test_a_report_tells_the_restoring(snapshots: RunningEmulator) -> None:
    """In both formats, billed by itself."""
    name = published(snapshots, "def handler(event, context): return 1")
    log = snapshots.invoke(name, Qualifier="1", LogType="Tail").log
    text = base64.b64decode(log or "").decode()
    assert text.startswith("RESTORE_START Runtime Version: ")
    assert "\tRestore Duration: " in text
    assert "\tBilled Restore Duration: " in text
    assert "Init Duration" not in text
    logging = {"LogFormat": "JSON"}
    name = published(snapshots, "def handler(event, context): return 1", LoggingConfig=logging)
    log = snapshots.invoke(name, Qualifier="1", LogType="Tail").log
    report = json.loads(base64.b64decode(log or "").decode().splitlines()[-1])
    assert {"restoreDurationMs", "billedRestoreDurationMs"} <= {*report["record"]["metrics"]}


def test_a_hook_that_fails_fails_the_call(snapshots: RunningEmulator) -> None:
    """What the restoring raised is told as an init's failure is."""
    name = published(snapshots, BROKEN)
    answer = snapshots.invoke(name, Qualifier="1")
    assert answer.error == "Unhandled"
    assert "no such thing" in json.dumps(answer.payload)
