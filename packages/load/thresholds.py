"""The thresholds file, typed: an unknown key, a missing one or a wrong type is bad input."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from console.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a run must hold to pass: shares 0..1, times in milliseconds unless named otherwise."""

    throttle_budget: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    error_share: float
    recovery_seconds: float
    drain_seconds: float
    send_lag_p99_ms: float
    cpu_share: float
    minimum_served: int
    lost: int = 0
    duplicated: int = 0


def load_thresholds(path: Path) -> dict[str, Thresholds]:
    """Read thresholds per scenario. Raises UsageError with one sentence."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The thresholds {path} cannot be read: {error}.") from error
    return {name: _thresholds(path, name, table) for name, table in document.items()}


def thresholds_of(scenario: str, path: Path) -> Thresholds:
    """Return the thresholds of a scenario from a file. Raises UsageError."""
    found = load_thresholds(path)
    if scenario not in found:
        raise UsageError(f"{path} has no thresholds [{scenario}].")
    return found[scenario]


def _thresholds(path: Path, name: str, table: Any) -> Thresholds:
    known = {field.name for field in fields(Thresholds)}
    given = table if isinstance(table, dict) else {}
    unknown = sorted(set(given) - known)
    missing = sorted(known - set(given) - {"lost", "duplicated"})
    if unknown:
        raise UsageError(
            f"{path}: [{name}] has an unknown key '{unknown[0]}'; "
            f"known are {', '.join(sorted(known))}."
        )
    if missing:
        raise UsageError(f"{path}: [{name}] lacks '{missing[0]}'.")
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise UsageError(f"{path}: [{name}] {key} must be a number of at least 0.")
    return Thresholds(**given)
