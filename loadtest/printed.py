"""The report as a few lines on the terminal."""

from __future__ import annotations

from typing import Any


def lines(summary: dict[str, Any]) -> list[str]:
    """Return a summary's gist, a fact a line."""
    orders, throttle, latency = summary["orders"], summary["throttle"], summary["latency"]
    counts = ", ".join(f"{name} {count}" for name, count in orders.items())
    return [
        f"verdict   {summary['verdict']}",
        *(f"          {reason}" for reason in summary["reasons"]),
        f"orders    {counts}",
        f"throttle  {_share(throttle['share'])} of {throttle['attempts']} attempts "
        f"[{_interval(throttle['shareInterval'])}]; predicted {_share(throttle['predictedShare'])} "
        f"[{_interval(throttle['predictedInterval'])}]",
        f"latency   {', '.join(f'{name} {_ms(value)}' for name, value in latency.items())} "
        "of served, from the intended time",
        f"send lag  p99 {_ms(summary['sendLag']['p99'])}, at most {summary['sendLag']['backlog']} "
        f"orders behind, {_share(summary['run']['cpuShare'])} of a core",
        f"the peak  recovered after {_seconds(summary['recoverySeconds'])}, its backlog drained "
        f"after {_seconds(summary['drainSeconds'])} (predicted "
        f"{_seconds(summary['backlog']['predictedDrainSeconds'])})",
    ]


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _interval(bounds: list[float] | None) -> str:
    return "unknown" if bounds is None else f"{bounds[0]:.1%} to {bounds[1]:.1%}"


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} s"
