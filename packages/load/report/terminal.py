"""The report as a few lines on the terminal."""

from __future__ import annotations

from typing import Any

from reporting import terminal
from reporting.amounts import count, milliseconds, seconds, share
from reporting.verdicts import heading

from load.report.wording import interval, not_verified, throttled_on_purpose


def lines(summary: dict[str, Any], columns: int | None = None) -> list[str]:
    """Return a summary's gist, a fact a paragraph, `columns` wide or as the terminal is."""
    events, throttle, latency = summary["events"], summary["throttle"], summary["latency"]
    counts = ", ".join(f"{name} {count(number)}" for name, number in events.items())
    verdict = " ".join([heading(summary["verdict"]), *summary["reasons"]])
    facts = [
        ("verdict", verdict),
        ("events", f"{counts}. {unknown}" if (unknown := not_verified(summary)) else counts),
        (
            "throttle",
            f"{share(throttle['share'])} of {count(throttle['attempts'])} attempts "
            f"({interval(throttle['shareInterval'])}); predicted "
            f"{share(throttle['predictedShare'])} ({interval(throttle['predictedInterval'])}). "
            f"{throttled_on_purpose(summary)}",
        ),
        (
            "latency",
            f"{', '.join(f'{name} {milliseconds(value)}' for name, value in latency.items())} "
            "of served, from the intended time",
        ),
        (
            "send lag",
            f"p99 {milliseconds(summary['sendLag']['p99'])}, at most "
            f"{count(summary['sendLag']['backlog'])} events behind, "
            f"{share(summary['run'].get('cpuShare'))} of a core",
        ),
        (
            "the peak",
            f"recovered after {seconds(summary['recoverySeconds'])}, its backlog drained after "
            f"{seconds(summary['drainSeconds'])} (predicted "
            f"{seconds(summary['backlog']['predictedDrainSeconds'])})",
        ),
    ]
    shown = list(terminal.pairs(facts, columns or terminal.width()))
    # Not wrapped: it is there to be copied.
    return [*shown, f"next: {remedy}"] if (remedy := summary.get("remedy")) else shown
