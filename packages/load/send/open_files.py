"""Open connections: how many a run needs in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from console.limits import allow_open_files

if TYPE_CHECKING:
    from load.scenarios import Scenario

_OWN: Final = 100
"""The run log, sockets to Locust's other processes, AWS's clients, modules being imported."""
_REFUSAL_SECONDS: Final = 1.0
"""A refused event's connection is free again by then, so that many seconds of the peak may wait."""


def check(scenario: Scenario, concurrency: int, processes: int = 1) -> None:
    """Raise UsageError where the run needs more in one process than the system allows.

    Each concurrent execution keeps one connection busy, and the peak's refusals need some besides.
    """
    shared = round(concurrency + scenario.peak_rate * _REFUSAL_SECONDS) // processes
    try:
        allow_open_files(_OWN + shared)
    except UsageError as error:
        raise UsageError(str(error)) from error
