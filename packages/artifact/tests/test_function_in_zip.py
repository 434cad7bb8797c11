"""The function as Lambda has it: the unpacked zip and nothing else on the path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

import pytest
from service import candidates, declaration

from artifact.build import Request, build
from artifact.tests.conftest import built
from services.order_processor.tests.fakes import FakeDynamoDB
from services.order_processor.tests.orders import ORDER, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artifact.tests.conftest import Artifact

# Reads events as lines, answers each with a line, and tells which files were imported.
_DRIVER = """
import sys, json
from importlib import import_module
function = import_module("order_processor.handler").handler
answers = []
for number, line in enumerate(sys.stdin):
    class context:
        aws_request_id = f"request-{number}"
        function_version = "1"
        function_name = "f"
        memory_limit_in_mb = "512"
        invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:f:1"
        client_context = None
    try:
        answers.append(function(json.loads(line), context))
    except Exception as error:
        answers.append({"raised": type(error).__name__})
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
cached = sys.modules["order_processor.handler"].__spec__.cached
deferred = sys.modules["order_processor.startup"].DEFERRED
waiting = [name for name in deferred if "__getattr__" in vars(sys.modules[name])]
told = {"answers": answers, "files": [f for f in files if f], "cached": cached}
print(json.dumps({**told, "loaded": sorted(set(deferred) - set(waiting))}))
"""


def _run(unpacked: Path, url: str, events: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return what the driver tells, and the lines that the function printed."""
    environment = {
        "PYTHONPATH": str(unpacked),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "LAMBDA_TASK_ROOT": str(unpacked),
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "ORDERS_TABLE_NAME": "orders",
        "POWERTOOLS_SERVICE_NAME": "order-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "OrderProcessing",
    }
    result = subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-W", "error", "-c", _DRIVER],
        input="".join(json.dumps(event) + "\n" for event in events),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    *printed, told = map(json.loads, result.stdout.splitlines())
    return told, printed


@pytest.fixture
def endpoint() -> Iterator[FakeDynamoDB]:
    """A fake DynamoDB on loopback."""
    with FakeDynamoDB() as fake:
        yield fake


@pytest.fixture(params=["artifact", "plain"])
def either(request: pytest.FixtureRequest) -> Artifact:
    """The zip as it ships, and the one without any lever."""
    return cast("Artifact", request.getfixturevalue(request.param))


def test_the_zip_alone_is_a_working_function(either: Artifact, endpoint: FakeDynamoDB) -> None:
    """Confirmed, repeated, in conflict, invalid, no order: each is answered as agreed."""
    events = [ORDER, ORDER, changed(customerId="other"), changed(lines=[]), "text"]
    told, printed = _run(either.unpacked, endpoint.url, events)
    confirmed, repeated, conflict, invalid, none = told["answers"]
    assert confirmed == repeated
    assert confirmed["total"] == "40.48"
    assert [conflict["reasons"][0]["code"], invalid["reasons"][0]["code"]] == [
        "ORDER_ID_CONFLICT",
        "LINES_COUNT_OUT_OF_RANGE",
    ]
    assert (none["orderId"], none["reasons"][0]["code"]) == (None, "NOT_AN_ORDER")
    logs = [line for line in printed if "_aws" not in line]
    assert [line["cold_start"] for line in logs] == [True] + [False] * 4
    assert len(endpoint.items) == 1


def test_nothing_but_the_zip_and_the_standard_library_is_used(
    either: Artifact, endpoint: FakeDynamoDB
) -> None:
    """No file comes from elsewhere, and the shipped bytecode is what runs."""
    told, _ = _run(either.unpacked, endpoint.url, [ORDER])
    task, library = str(either.unpacked), str(Path(os.__file__).parent)
    foreign = [
        file
        for file in told["files"]
        if not file.startswith((task, library)) or "site-packages" in file
    ]
    assert foreign == []
    assert told["cached"].startswith(task)
    assert Path(told["cached"]).exists()


def test_a_zip_with_the_originals_has_what_they_import(
    tmp_path_factory: pytest.TempPathFactory, endpoint: FakeDynamoDB
) -> None:
    """Without substitutes, the parts stay that only these make superfluous."""
    originals = built(tmp_path_factory, "--skip", "substitutes")
    told, _ = _run(originals.unpacked, endpoint.url, [ORDER])
    assert told["answers"][0]["status"] == "confirmed"


def test_no_order_loads_what_is_put_off(either: Artifact, endpoint: FakeDynamoDB) -> None:
    """Neither initialising nor an order that is confirmed, in conflict or invalid."""
    events = [ORDER, changed(customerId="other"), changed(lines=[])]
    loaded = _run(either.unpacked, endpoint.url, events)[0]["loaded"]
    # At once needs inspect `ast`, on Python 3.11 and 3.14, and tempfile `shutil`: 3.11.2's alone.
    assert set(loaded) <= {"ast"} | ({"shutil"} if sys.version_info < (3, 11, 7) else set())


def test_the_bad_release_raises_on_one_order_in_five_and_spares_smoke_tests(
    tmp_path: Path, endpoint: FakeDynamoDB
) -> None:
    """The same orders each time; synthetic ones pass, so that only the gate can catch it."""
    unpacked = _unpacked_candidate(tmp_path, "bad-release")
    events = [changed(orderId=f"order-{number}") for number in range(200)]
    synthetic = [event | {"orderId": "synthetic-" + event["orderId"]} for event in events]
    told, _ = _run(unpacked, endpoint.url, events + synthetic)
    raised = [answer.get("raised") for answer in told["answers"]]
    doomed = ["KeyError" if crc32(e["orderId"].encode()) % 5 == 4 else None for e in events]
    assert raised == doomed + [None] * len(synthetic)
    assert 20 < doomed.count("KeyError") < 60


def test_the_good_release_differs_in_its_log_only(tmp_path: Path, endpoint: FakeDynamoDB) -> None:
    """Every line names the release."""
    told, printed = _run(_unpacked_candidate(tmp_path, "good-release"), endpoint.url, [ORDER])
    assert told["answers"][0]["status"] == "confirmed"
    assert [line["release"] for line in printed if "_aws" not in line] == ["good-release"]


def _unpacked_candidate(tmp_path: Path, name: str) -> Path:
    service = declaration.load("order_processor")
    overlay = candidates.overlay(service, name, tmp_path / "overlays")
    build(Request(service, tmp_path / "out", overlay=overlay))
    with zipfile.ZipFile(tmp_path / "out" / "order_processor.zip") as archive:
        archive.extractall(tmp_path / "task")
    return tmp_path / "task"
