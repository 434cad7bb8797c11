"""What a run was made of and came to: the document that baselines are made of."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from console import lifelines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RECORD: Final = "record.json"
_CONFIGURATION: Final = (
    "scenario", "peakRate", "duration", "stages", "function", "alias", "concurrency", "workers",
    "tries",
)  # fmt: skip
_VERSIONS: Final = ("locust", "botocore")


def record(
    summary: Mapping[str, Any], deployed: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a run's record.

    `deployed` is the function's `codeSha256` and `memoryMb`, `made` what `made()` returns; two runs
    with equal `configuration` offered the same load to the same function, only perhaps other code.
    """
    run = summary["run"]
    configuration = {name: run.get(name) for name in _CONFIGURATION}
    slot = summary["slotTime"]
    return {
        "schema": 1,
        "runId": run["runId"],
        "startedAt": run["startedAt"],
        "verdict": summary["verdict"],
        "configuration": configuration | {"memoryMb": deployed.get("memoryMb")},
        "seed": run["seed"],
        "artifact": deployed.get("codeSha256"),
        "memoryMb": deployed.get("memoryMb"),
        **made,
        "figures": {
            **{name: summary["latency"][name] for name in ("p50", "p95", "p99")},
            "slotTime": slot["mean"] * 1000 if slot else None,
            "throttleShare": summary["throttle"]["share"],
            "throttleGap": summary["throttle"]["gap"],
        },
    }


def made(root: Path) -> dict[str, Any]:
    """Return the commit, machine and versions that a run is made with here."""
    return {
        "commit": _commit(root),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version()} | {n: version(n) for n in _VERSIONS},
    }


def _commit(root: Path) -> str | None:
    """Return the commit checked out, with `-dirty` where files differ; None outside of git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = lifelines.run(
            command, cwd=root, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def load(path: Path) -> dict[str, Any] | None:
    """Return a stored record, or None where there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and document.get("schema") == 1 else None
