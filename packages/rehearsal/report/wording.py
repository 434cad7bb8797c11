"""How figures are worded, alike on the page, on the terminal and in the job summary."""

from collections.abc import Mapping
from typing import Any

from reporting import fates as ends
from reporting import throttling
from reporting.amounts import (
    NOT_MEASURED,
    byte_size,
    count,
    digest,
    points,
    seconds,
    share,
    signed,
    weight,
)

_AGAINST = {"within": "within", "over": "over", "undecided": "neither within nor over"}


def tone(report: Mapping[str, Any]) -> str:
    """Return how the outcome looks: a fault that was caught, as expected, is no failure."""
    return "pass" if report["expected"] else str(report["verdict"])


def release(report: Mapping[str, Any]) -> str:
    """Say what the verdict on the release is, and whether it was meant to be."""
    verdict = str(report["verdict"])
    if not report["run"]["fault"]:
        return verdict
    return f"{verdict}, as it had to" if report["expected"] else f"{verdict}, not as it had to"


def throttled_on_purpose(report: Mapping[str, Any]) -> str:
    """Say why events were refused: it is what the peak is for."""
    seen, run = report["throttle"], report["run"]
    if seen is None:
        return ""
    low, high = seen["predictedLow"], seen["predictedHigh"]
    return throttling.meant(
        seen["predictedShare"],
        None if low is None or high is None else (low, high),
        peak_rate=run["peakRate"],
        concurrency=run["reservedConcurrency"],
        slot_seconds=seen["slotSeconds"],
    )


def figures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the report's figures as (name, text); what was not reached is left out."""
    texts = {
        "release": release(report),
        "artifact": _artifact(report["artifact"]),
        "alias": _alias(report["alias"]),
        "events": _events(report["events"]),
        "throttle": _throttle(report),
        "gate": _gate(report["gate"]),
        "shifts": _shifts(report["shifts"]),
        "rollback": report["rollbackSeconds"] is not None and seconds(report["rollbackSeconds"]),
    }
    return [(name, text) for name, text in texts.items() if text]


def _artifact(artifact: Mapping[str, Any] | None) -> str:
    if artifact is None:
        return ""
    return f"sha256 {digest(artifact['sha256'])}, {byte_size(artifact['bytes'])}"


def _alias(alias: Mapping[str, Any] | None) -> str:
    if alias is None:
        return ""
    canary = f"canary {alias['canary']}" if alias["canary"] else "no canary"
    return f"{alias['name']}: version {alias['before']} -> {alias['after']} ({canary})"


def _events(events: Mapping[str, Any] | None) -> str:
    if events is None:
        return ""
    keys = ("sent", *(key for key, _, _ in ends.ROWS))
    text = ", ".join(f"{count(events[key])} {_spaced(key)}" for key in keys)
    missing = ends.balance(events)
    return text + (f", {count(missing)} UNEXPLAINED" if missing else "")


def _throttle(report: Mapping[str, Any]) -> str:
    seen = report["throttle"]
    if seen is None:
        return ""
    of = f"{count(seen['throttled'])} of {count(seen['attempts'])} attempts"
    why = throttled_on_purpose(report) or f"predicted {share(seen['predictedShare'])}"
    return f"{share(seen['share'])} ({of}). {why}"


def _gate(gate: Mapping[str, Any] | None) -> str:
    if gate is None:
        return ""
    alarms = ", ".join(f"{alarm['name']} {alarm['state']}" for alarm in gate["alarms"])
    return (
        f"{gate['decision']} on {count(gate['samples'])} samples; {alarms or 'no alarm was read'}"
    )


def _shifts(shifts: Mapping[str, Any] | None) -> str:
    if shifts is None:
        return ""
    moves = "1 move" if len(shifts["moves"]) == 1 else f"{len(shifts['moves'])} moves"
    return (
        f"{moves} of the alias under load raised the throttle share by "
        f"{rise(shifts)} on average, {_AGAINST[shifts['verdict']]} the budget of "
        f"{budget(shifts)} points"
    )


def rise(found: Mapping[str, Any]) -> str:
    """Word a rise of a share, with its bounds, in percentage points."""
    if found["raised"] is None:
        return NOT_MEASURED
    return f"{points(found['raised'])} ({signed(found['low'])} to {signed(found['high'])})"


def budget(shifts: Mapping[str, Any]) -> str:
    """Word the budget of moving the alias, without the word points."""
    return weight(shifts["budget"]).removesuffix(" %")


def move(shares: Mapping[str, float]) -> str:
    """Word what the alias gives each version."""
    return ", ".join(f"version {version}: {weight(part)}" for version, part in shares.items())


def _spaced(key: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key)
