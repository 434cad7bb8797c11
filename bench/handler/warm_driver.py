"""Run inside the task root by `warm`: calls the handler with a store that answers at once.

`warm_driver.py RESULT LINES SAMPLED` writes the microseconds of CPU per order, by number of lines;
SAMPLED is 1 for orders with a sampled trace, else 0.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]

from awslambdaric.bootstrap import Unbuffered  # type: ignore[import-untyped]  # noqa: E402
from awslambdaric.lambda_context import LambdaContext  # type: ignore[import-untyped]  # noqa: E402

_BATCHES = 15
_TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled="


class Store:
    """An OrderRepository that keeps nothing."""

    def add(self, record: Any) -> Any:
        """Confirm."""
        return record.confirmation


def event(number: int, lines: int) -> dict[str, Any]:
    """An order of its own id."""
    positions = [
        {"sku": f"SKU-{index:04}", "quantity": 1 + index % 9, "unitPrice": f"{index % 90 + 9}.99"}
        for index in range(lines)
    ]
    return {
        "orderId": f"order-{number}",
        "customerId": "customer-0001",
        "currency": "EUR",
        "placedAt": "2026-03-01T11:59:58.123Z",
        "lines": positions,
    }


def batch(handler: Any, events: list[dict[str, Any]]) -> float:
    """CPU microseconds per event."""
    contexts = [LambdaContext(f"request-{n}", None, None, 0, "arn") for n in range(len(events))]
    started = time.process_time_ns()
    for each, context in zip(events, contexts, strict=True):
        handler(each, context)
    return (time.process_time_ns() - started) / len(events) / 1000


def main(result: str, sizes: list[int], sampled: str) -> None:
    """Measure the sizes in turn, several times over, and write the medians."""
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    if module.startswith("order_processor."):  # the other subject has no client in it
        importlib.import_module("order_processor.wiring").orders = Store  # type: ignore[attr-defined]
    handler = getattr(importlib.import_module(module), name)
    sys.stdout = Unbuffered(sys.stdout)
    os.environ["_X_AMZN_TRACE_ID"] = _TRACE + sampled
    samples: dict[int, list[float]] = {lines: [] for lines in sizes}
    for number in range(_BATCHES + 1):
        for lines in sizes:
            events = [event(index, lines) for index in range(max(5, 200 // lines))]
            microseconds = batch(handler, events)
            if number:  # the first batch warms up
                samples[lines].append(microseconds)
    medians = {lines: statistics.median(values) for lines, values in samples.items()}
    Path(result).write_text(json.dumps(medians))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3])
