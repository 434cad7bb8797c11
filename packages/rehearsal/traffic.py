"""A steady stream of real orders at an alias, for trials that need traffic but no verdict on it."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError
from sandbox.clients import client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_lambda.client import LambdaClient

SENDERS = 16
"""Threads: more than the slots that a stack of ours has, so that slow answers do not lower the
offered rate."""


def order(number: int, rng: random.Random) -> dict[str, Any]:
    """A valid order of one to twelve lines in one of three currencies."""
    lines = [
        {
            "sku": f"SKU-{line:02d}",
            "quantity": rng.randint(1, 9),
            "unitPrice": f"{rng.randrange(1, 20_000) / 100:.2f}",
        }
        for line in range(rng.randint(1, 12))
    ]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "orderId": f"trial-{rng.randrange(16**8):08x}-{number}",
        "customerId": f"customer-{rng.randrange(1000)}",
        "currency": rng.choice(("EUR", "USD", "GBP")),
        "placedAt": now,
        "lines": lines,
    }


@dataclass(slots=True)
class Traffic:
    """Orders at `rate` a second for as long as the context lasts; one in ten asynchronous."""

    environment: Mapping[str, str]
    function: str
    alias: str
    rate: float
    seed: int
    sent: int = 0
    refused: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        lambda_ = client("lambda", self.environment, max_pool_connections=SENDERS)
        for number in range(SENDERS):
            thread = threading.Thread(target=self._drive, args=(number, lambda_), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=40)

    def _drive(self, number: int, lambda_: LambdaClient) -> None:
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311 - replayable, nothing secret
        due = time.monotonic() + rng.random() * SENDERS / self.rate
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + rng.expovariate(self.rate / SENDERS), time.monotonic() - 1)
            self.sent += 1
            kind = "Event" if rng.random() < 0.1 else "RequestResponse"
            try:
                lambda_.invoke(
                    FunctionName=self.function,
                    Qualifier=self.alias,
                    InvocationType=kind,  # type: ignore[arg-type]  # one of the two
                    Payload=json.dumps(order(self.sent, rng)),
                )["Payload"].read()
            except (ClientError, BotoCoreError):
                self.refused += 1
