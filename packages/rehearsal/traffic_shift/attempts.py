"""The load's attempts, as its run log has them: one by one, with what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from load.run_log import log

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of the load: sent at `at` (epoch seconds), answered after `seconds`.

    `kind` is what was sent (`new`, `repeat`, `invalid`); `direct` says that the caller waited for
    the answer, `refused` that Lambda had no slot for it.
    """

    at: float
    seconds: float
    kind: str
    direct: bool
    refused: bool


def read(run_log: Path) -> list[Attempt]:
    """Return the attempts of a load in the order in which they were sent; raises UsageError."""
    found = (
        Attempt(
            each.sent_at,
            each.done_at - each.sent_at,
            each.kind,
            each.invocation == "sync",
            each.outcome == "throttled",
        )
        for each in log.attempts(run_log)
    )
    return sorted(found, key=lambda attempt: attempt.at)
