"""The load's attempts, as its ledger has them: one by one, with what came of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of the load: sent at `at` (epoch seconds), answered after `seconds`.

    `kind` is what was sent (`order`, `repeat`, `invalid`); `direct` says that the caller waited for
    the answer, `refused` that Lambda had no slot for it.
    """

    at: float
    seconds: float
    kind: str
    direct: bool
    refused: bool


def read(ledger: Path) -> list[Attempt]:
    """Return the attempts of a load in the order in which they were sent."""
    with (ledger / "attempts.jsonl").open(encoding="utf-8") as lines:
        found = [_attempt(json.loads(line)) for line in lines]
    return sorted(found, key=lambda attempt: attempt.at)


def _attempt(line: dict[str, Any]) -> Attempt:
    return Attempt(
        line["sentAt"],
        line["doneAt"] - line["sentAt"],
        line["kind"],
        line["invocation"] == "sync",
        line["outcome"] == "throttled",
    )
