"""The callers' books, in the load test's format: what it reconciles a run by.

`orders.jsonl` has a line for an order before it is sent, `attempts.jsonl` one for each answer,
`run.json` and `part.json` say what was run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Books:
    """The open books of one drill, in a new directory of their own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        self._orders = (directory / "orders.jsonl").open("x", encoding="utf-8", buffering=1)
        self._attempts = (directory / "attempts.jsonl").open("x", encoding="utf-8", buffering=1)

    def sending(self, order: dict[str, Any]) -> None:
        """Write down an order that is about to be sent."""
        self._orders.write(f"{json.dumps(order)}\n")

    def answered(self, attempt: dict[str, Any]) -> None:
        """Write down what an attempt came to."""
        self._attempts.write(f"{json.dumps(attempt)}\n")

    def close(self, run: dict[str, Any]) -> None:
        """Close them with a description of the run."""
        self._orders.close()
        self._attempts.close()
        part = {
            "index": 0,
            "endedAt": run["endedAt"],
            "sentAll": True,
            "cpuSeconds": 0.0,
            "cpuShare": 0.0,
            "backlog": 0,
        }
        for name, document in (("run", run), ("part", part)):
            (self.directory / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def run(name: str, rate: float, outputs: dict[str, Any], started: float, ended: float) -> Any:
    """Describe a run whose rate was steady, whatever it really was: none of it is judged."""
    seconds = ended - started
    return {
        "runId": name,
        # One of the load test's; its thresholds are no concern of a drill.
        "scenario": "average",
        "seed": 0,
        "peakRate": rate,
        "duration": seconds,
        "stages": [{"seconds": seconds, "rate": rate}],
        "function": outputs["lambdaFunctionName"],
        "alias": outputs["lambdaAliasName"],
        "slots": outputs["reservedConcurrency"],
        "startedAt": started,
        "endedAt": ended,
        "sentAll": True,
        "cpuSeconds": None,
        "workers": 1,
        "workersEnded": 1,
        "cpuShare": None,
        "backlog": None,
    }
