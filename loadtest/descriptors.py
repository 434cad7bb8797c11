"""Open connections: how many this process may have, and how many a run needs."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Final

from loadtest.errors import UsageError

if TYPE_CHECKING:
    from loadtest.shapes import Scenario

_OWN: Final = 100
"""Books, sockets to Locust's other processes, AWS's clients, modules being imported."""
_REFUSAL_SECONDS: Final = 1.0
"""A refused order's connection is free again by then, so that many seconds of the peak may wait."""


def allow_connections() -> int:
    """Let this process open as many as the system lets it, and return how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def check(scenario: Scenario, slots: int, processes: int = 1) -> None:
    """Raise UsageError where the run needs more of them in one process than the system allows.

    Each of the `slots` keeps one connection busy, and the peak's refusals need some besides.
    """
    needed = _OWN + round(slots + scenario.peak_rate * _REFUSAL_SECONDS) // processes
    allowed = allow_connections()
    if 0 <= allowed < needed:  # -1 is no limit
        raise UsageError(
            f"The run needs about {needed} open files and connections in a process, and this "
            f"shell allows {allowed}: raise it with `ulimit -Hn {needed}` as its administrator, "
            f"or share the load with --processes N."
        )
