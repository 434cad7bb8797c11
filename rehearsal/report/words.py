"""How figures are worded, alike on the page, on the terminal and in the job summary."""

from collections.abc import Mapping
from typing import Any

NOT_MEASURED = "not measured"
VERDICTS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE"}

# Key in `orders`, what a person reads, whether anything but zero is a fault.
ORDER_ROWS = (
    ("confirmed", "confirmed: one record in the table", False),
    ("rejected", "rejected: invalid, with its reasons", False),
    ("throttled", "throttled: refused with 429", False),
    ("deadLettered", "dead-lettered", False),
    ("failed", "failed: a function or transport error, no record", False),
    ("lost", "lost: accepted, yet found nowhere", True),
    ("unverified", "unverified: could not be looked up", True),
    ("duplicated", "duplicated: more than one effect", True),
)


def share(value: float | None) -> str:
    """Return a share (0..1) as a percentage."""
    return NOT_MEASURED if value is None else f"{value * 100:.1f} %"


def seconds(value: float | None) -> str:
    """Return a duration in seconds, finer where it is short."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def count(value: int | None) -> str:
    """Return a whole number with thousands separated."""
    return NOT_MEASURED if value is None else f"{value:,}"


def byte_size(value: int) -> str:
    """Return a size in bytes, and in MB (10^6 bytes) where that reads better."""
    return f"{value:,} bytes" if value < 100_000 else f"{value:,} bytes ({value / 1e6:.1f} MB)"


def balance(orders: Mapping[str, Any] | None) -> int:
    """Return how many sent orders the table leaves unexplained (0 when all are accounted for)."""
    if orders is None:
        return 0
    ends = (orders[key] for key, _, _ in ORDER_ROWS if key != "duplicated")
    return int(orders["sent"] - sum(ends))


def figures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the report's figures as (name, text); what was not reached is left out."""
    texts = {
        "artifact": _artifact(report["artifact"]),
        "alias": _alias(report["alias"]),
        "orders": _orders(report["orders"]),
        "throttle": _throttle(report["throttle"]),
        "gate": _gate(report["gate"]),
        "rollback": report["rollbackSeconds"] is not None and seconds(report["rollbackSeconds"]),
    }
    return [(name, text) for name, text in texts.items() if text]


def _artifact(artifact: Mapping[str, Any] | None) -> str:
    if artifact is None:
        return ""
    return f"sha256 {artifact['sha256'][:16]}, {byte_size(artifact['bytes'])}"


def _alias(alias: Mapping[str, Any] | None) -> str:
    if alias is None:
        return ""
    canary = f"canary {alias['canary']}" if alias["canary"] else "no canary"
    return f"{alias['name']}: version {alias['before']} -> {alias['after']} ({canary})"


def _orders(orders: Mapping[str, Any] | None) -> str:
    if orders is None:
        return ""
    keys = ("sent", *(key for key, _, _ in ORDER_ROWS))
    text = ", ".join(f"{count(orders[key])} {_spaced(key)}" for key in keys)
    missing = balance(orders)
    return text + (f", {count(missing)} UNEXPLAINED" if missing else "")


def _throttle(throttle: Mapping[str, Any] | None) -> str:
    if throttle is None:
        return ""
    measured, predicted = share(throttle["share"]), share(throttle["predictedShare"])
    of = f"{count(throttle['throttled'])} of {count(throttle['attempts'])} attempts"
    return f"{measured} ({of}), predicted {predicted}"


def _gate(gate: Mapping[str, Any] | None) -> str:
    if gate is None:
        return ""
    alarms = ", ".join(f"{alarm['name']} {alarm['state']}" for alarm in gate["alarms"])
    return (
        f"{gate['decision']} on {count(gate['samples'])} samples; {alarms or 'no alarm was read'}"
    )


def _spaced(key: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key)
