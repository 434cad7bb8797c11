"""Where passed runs are kept: one JSON file each, in a directory per scenario."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from console.errors import UsageError

from load.report.baseline.record import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LAST: Final = 5
"""How many runs a baseline is the mean of."""


def keep(directory: Path, record: Mapping[str, Any]) -> Path | None:
    """Store a record if its run passed, and return where. Raises UsageError."""
    if record["verdict"] != "pass":
        return None
    place = directory / str(record["configuration"]["scenario"]) / f"{record['runId']}.json"
    draft = place.with_suffix(".part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        draft.replace(place)
    except OSError as error:
        raise UsageError(f"The baseline cannot be kept at {place}: {error.strerror}.") from error
    return place


def before(directory: Path, record: Mapping[str, Any], last: int = LAST) -> list[dict[str, Any]]:
    """Return the last passed runs of the same scenario and configuration before this one.

    A file that is no record is passed over, so that an older layout does not stop a load.
    """
    places = (directory / record["configuration"]["scenario"]).glob("*.json")
    found = [
        stored
        for stored in map(load, places)
        if stored is not None
        and stored["verdict"] == "pass"
        and stored["configuration"] == record["configuration"]
        and stored["startedAt"] < record["startedAt"]
    ]
    return sorted(found, key=lambda stored: float(stored["startedAt"]))[-last:]
