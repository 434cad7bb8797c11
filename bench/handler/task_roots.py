"""The three things to compare, each in a task root of its own, and the runtime beside them."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from artifact import build as artifact
from artifact import bytecode, dependencies
from console import lifelines
from console.checkout import ROOT
from service.declaration import load

if TYPE_CHECKING:
    from collections.abc import Callable

_SUBJECTS = Path(__file__).with_name("subjects")
_RUNTIME = ("awslambdaric", "simplejson", "snapshot_restore_py")


@dataclass(frozen=True)
class Subject:
    """A function to measure: where its code is, its handler, and its event for an order."""

    name: str
    root: Path
    handler: str
    event: Callable[[dict[str, object]], bytes]


@dataclass(frozen=True)
class Places:
    """What the measurements need; `runtime` is the counterpart of Lambda's /var/runtime."""

    runtime: Path
    floor: Subject
    ours: Subject
    zip_bytes: int


def prepare(directory: Path) -> Places:
    """Build the runtime, the floor and the real zip, unpacked, below an empty `directory`."""
    runtime = _runtime(directory / "runtime")
    ours, zip_bytes = built(directory, "this handler")
    return Places(runtime, _floor(directory / "floor"), ours, zip_bytes)


def built(directory: Path, name: str, skipped: frozenset[str] = frozenset()) -> tuple[Subject, int]:
    """Build the real zip, but for the levers `skipped`, unpacked below `directory`; its bytes."""
    service = load("order_processor")
    out, task = directory / "artifact" / name, directory / name
    described = artifact.build(artifact.Request(service, out, skipped=skipped))
    with zipfile.ZipFile(out / service.zip_name) as archive:
        archive.extractall(task)
    return Subject(name, task, described["handler"], _direct), described["bytes"]


def conventional(directory: Path) -> Subject:
    """Build the conventional handler: whole packages, as its lock has them, compiled.

    boto3 is its own, as AWS advises, and not the runtime's: the same version as this handler's
    botocore, so that the comparison is of designs.
    """
    dependencies.install(ROOT / "locks" / "conventional.txt", directory)
    shutil.copyfile(_SUBJECTS / "conventional.py", directory / "handler.py")
    bytecode.compile_tree(directory)
    return Subject("conventional", directory, "handler.handler", _rest_api)


def lean(conventional: Subject) -> Subject:
    """Add the lean handler to the conventional one's task root, whose libraries it takes."""
    shutil.copyfile(_SUBJECTS / "lean.py", conventional.root / "lean.py")
    return Subject("Powertools and pydantic", conventional.root, "lean.handler", _direct)


def _floor(directory: Path) -> Subject:
    directory.mkdir()
    shutil.copyfile(_SUBJECTS / "floor.py", directory / "handler.py")
    bytecode.compile_tree(directory)
    return Subject("floor", directory, "handler.handler", _direct)


def _runtime(directory: Path) -> Path:
    for name in _RUNTIME:
        for file in distribution(name).files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
                target = directory / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    bytecode.compile_tree(directory)
    return directory


def interpreter() -> str:
    """The bare Python, not the environment's: it has the standard library and nothing else."""
    return str(getattr(sys, "_base_executable", sys.executable))


def machine() -> dict[str, str]:
    """What the figures depend on."""
    command = [interpreter(), "-V"]
    version = lifelines.run(command, capture_output=True, text=True, check=True).stdout.split()[1]
    return {"python": version, "minor": ".".join(version.split(".")[:2])}


def order(number: int, lines: int = 2) -> dict[str, object]:
    """An order of its own id; the bench's usual one has two lines."""
    positions = [
        {"sku": f"SKU-{index:04}", "quantity": 1 + index % 9, "unitPrice": f"{index % 90 + 9}.99"}
        for index in range(lines)
    ]
    return {
        "orderId": f"bench-{number:08}-{lines}",
        "customerId": "customer-0001",
        "currency": "EUR",
        "placedAt": "2026-03-01T11:59:58.123Z",
        "lines": positions,
    }


def _direct(order: dict[str, object]) -> bytes:
    return json.dumps(order).encode()


def _rest_api(order: dict[str, object]) -> bytes:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    event = {
        "resource": "/orders",
        "path": "/orders",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"httpMethod": "POST", "path": "/orders", "stage": "bench"},
        "body": json.dumps(order),
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()
