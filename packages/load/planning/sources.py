"""What a plan starts from: the slot time of a measured run, and the account's limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from console.errors import UsageError

from load.aws import Aws, translated
from load.planning.capacity import Account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from types_boto3_lambda import LambdaClient

SUMMARY = "summary.json"
RECORD = "record.json"
RUNS = ("load/*", "load/*/*", "rehearsal*/load")
"""Where runs leave their run log, under `build/`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A slot time in seconds with its standard error, and the run it was measured in."""

    mean: float
    error: float
    source: str
    function: str | None = None
    slots: int | None = None
    memory_mb: int | None = None


def given(milliseconds: float) -> Measured:
    """Return a slot time that was given by hand."""
    return Measured(milliseconds / 1000, 0.0, "given by hand")


def measured(directory: Path) -> Measured:
    """Return the slot time of a run. Raises UsageError when it has none."""
    summary = _json(directory / SUMMARY)
    found = _slot(directory, summary) if summary else None
    if found is None:
        raise UsageError(f"{directory} holds no report with a slot time; give --slot-ms.")
    return found


def newest_passed(build: Path, patterns: Sequence[str] = RUNS) -> Measured:
    """Return the slot time of the newest passed run. Raises UsageError when there is none."""
    places = (place for pattern in patterns for place in build.glob(pattern))
    runs = [
        (summary, place)
        for place in places
        if not place.is_symlink() and (summary := _json(place / SUMMARY))
    ]
    for summary, place in sorted(runs, key=lambda run: _began(run[0]), reverse=True):
        found = _slot(place, summary)
        if summary.get("verdict") == "pass" and found:
            return found
    raise UsageError(
        f"There is no passed run with a slot time under {build}; "
        "make one (nox -s load, nox -s rehearse) or give --slot-ms."
    )


def _slot(place: Path, summary: dict[str, Any]) -> Measured | None:
    slot, run = summary.get("slotTime"), summary.get("run", {})
    if not slot or not slot["mean"] > 0:
        return None
    record = _json(place / RECORD)
    return Measured(
        slot["mean"],
        slot["error"],
        f"measured in {place}, {run.get('scenario')} {run.get('runId')}",
        run.get("function"),
        run.get("concurrency"),
        record.get("memoryMb"),
    )


def _began(summary: dict[str, Any]) -> float:
    return float(summary.get("run", {}).get("startedAt", 0.0))


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def account(function: str | None) -> Account:
    """Return the account's limits, and what the function has reserved. Raises UsageError."""
    client = cast("LambdaClient", Aws().client("lambda"))
    with translated("asking for the account's limits"):
        limits = client.get_account_settings()["AccountLimit"]
        reserved = _reserved(client, function) if function else 0
    return Account(
        int(limits["ConcurrentExecutions"]), int(limits["UnreservedConcurrentExecutions"]), reserved
    )


def _reserved(client: LambdaClient, function: str) -> int:
    try:
        found: Any = client.get_function_concurrency(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return 0  # the run was made elsewhere
    return int(found.get("ReservedConcurrentExecutions", 0))
