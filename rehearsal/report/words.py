"""How figures are worded, alike on the page, on the terminal and in the job summary."""

from collections.abc import Mapping
from typing import Any

from reporting import orders as ends
from reporting.amounts import NOT_MEASURED, byte_size, count, seconds, share

_AGAINST = {"within": "within", "over": "over", "undecided": "neither within nor over"}
VERDICTS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE"}


def figures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the report's figures as (name, text); what was not reached is left out."""
    texts = {
        "artifact": _artifact(report["artifact"]),
        "alias": _alias(report["alias"]),
        "orders": _orders(report["orders"]),
        "throttle": _throttle(report["throttle"]),
        "gate": _gate(report["gate"]),
        "flips": _flips(report["flips"]),
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
    keys = ("sent", *(key for key, _, _ in ends.ROWS))
    text = ", ".join(f"{count(orders[key])} {_spaced(key)}" for key in keys)
    missing = ends.balance(orders)
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


def _flips(flips: Mapping[str, Any] | None) -> str:
    if flips is None:
        return ""
    moves = "1 move" if len(flips["moves"]) == 1 else f"{len(flips['moves'])} moves"
    return (
        f"{moves} of the alias under load raised the throttle share by "
        f"{points(flips)} on average, {_AGAINST[flips['verdict']]} the budget of "
        f"{100 * flips['budget']:g} points"
    )


def points(rise: Mapping[str, Any]) -> str:
    """Word a rise of a share, with its bounds, in percentage points."""
    if rise["raised"] is None:
        return NOT_MEASURED
    return f"{signed(rise['raised'])} points ({signed(rise['low'])} to {signed(rise['high'])})"


def move(shares: Mapping[str, float]) -> str:
    """Word what the alias gives each version."""
    return ", ".join(f"version {version}: {part:.0%}" for version, part in shares.items())


def signed(part: float | None) -> str:
    """Word a change of a share in percentage points."""
    if part is None:
        return NOT_MEASURED
    text = f"{100 * part:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def _spaced(key: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key)
