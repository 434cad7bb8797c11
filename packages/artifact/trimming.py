"""What of the installed dependencies the function does not need, and so is left out."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Calls: TypeAlias = Mapping[str, Sequence[str]]

# Glob patterns below the install directory of what no function runs.
_UNUSED = (
    ".lock",
    "bin",
    "*-stubs",
    "**/*.c",
    "**/*.pyi",
    "**/py.typed",
    "**/__pycache__",
)
_BOTOCORE_DATA = {
    "_retry.json",
    "endpoints.json",
    "partitions.json",
    "sdk-default-configuration.json",
}
_DIST_INFO = ("METADATA", "LICEN[CS]E*", "NOTICE*", "COPYING*", "AUTHORS*", "licenses")


def trim(root: Path, calls: Calls, without: Sequence[str]) -> None:
    """Remove in place from an install directory all that the function never reads.

    `calls` are the operations that it calls, by AWS service; where there are none, botocore's data
    stays as it is. `without` are glob patterns below `root`. Raises UsageError for one that nothing
    matches.
    """
    for pattern in (*_UNUSED, *without):
        found = sorted(root.glob(pattern))
        if not found and pattern in without:
            raise UsageError(
                f"[artifact] without '{pattern}' in service.toml leaves nothing out: take it out, "
                "or see whether the library has renamed what it means."
            )
        for path in found:
            _remove(path)
    for directory in root.glob("*.dist-info"):
        for path in list(directory.iterdir()):
            if not any(PurePosixPath(path.name).match(pattern) for pattern in _DIST_INFO):
                _remove(path)
    if calls:
        trim_botocore_data(root / "botocore" / "data", calls)


def trim_botocore_data(data: Path, calls: Calls) -> None:
    """Leave of botocore's data what those calls need, and that uncompressed and bare.

    Every partition and region stays (a test compares every endpoint with the untrimmed data's);
    documentation, examples, waiters, paginators and other operations go.
    """
    _keep_only(data, _BOTOCORE_DATA | calls.keys())
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in calls}
    _write(data / "endpoints.json", endpoints)
    for service, operations in calls.items():
        for version in (data / service).iterdir():
            _trim_api_version(version, operations)


def _trim_api_version(directory: Path, operations: Sequence[str]) -> None:
    model = directory / "service-2.json.gz"
    if not model.exists():  # botocore ships leftovers of API versions that it cannot call
        _remove(directory)
        return
    for path in sorted(directory.iterdir()):
        if path.suffix == ".gz":
            content = json.loads(gzip.decompress(path.read_bytes()))
            if path == model:
                content = _with_operations(content, operations)
            _write(path.with_suffix(""), _without_documentation(content))
        _remove(path)


def _with_operations(model: dict[str, Any], operations: Sequence[str]) -> dict[str, Any]:
    kept = {name: model["operations"][name] for name in operations}
    names: set[str] = set()
    waiting = _shape_names(list(kept.values()))
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting |= _shape_names(model["shapes"][name])
    shapes = {name: shape for name, shape in model["shapes"].items() if name in names}
    return {"version": model["version"], "metadata": model["metadata"]} | {
        "operations": kept,
        "shapes": shapes,
    }


def _shape_names(node: Any) -> set[str]:
    """Every shape that a part of a service model refers to."""
    if isinstance(node, list):
        return set().union(*map(_shape_names, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(_shape_names, node.values()))
    if isinstance(name := node.get("shape"), str):
        found.add(name)
    return found


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        # A shape's member may itself be named "documentation"; only text is documentation.
        return {
            key: _without_documentation(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_documentation(value) for value in node]
    return node


def _keep_only(directory: Path, names: set[str]) -> None:
    for path in list(directory.iterdir()):
        if path.name not in names:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
