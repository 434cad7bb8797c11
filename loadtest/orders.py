"""The orders of a run: what is sent, when, and how; the same seed gives the same orders."""

from __future__ import annotations

import hashlib
import json
import random
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from loadtest.arrivals import poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loadtest.shapes import Mix, Scenario

Kind = Literal["order", "invalid", "repeat"]
Invocation = Literal["sync", "async"]
Content = dict[str, Any]

REPEAT_AFTER: Final = 1.0
"""A repeat follows its original by at least this many seconds, so that it meets a stored order."""
_REMEMBERED: Final = 500
_SKUS: Final = tuple(f"SKU-{number:03d}" for number in range(1_000))


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One due arrival: `offset` seconds from the start; `payload` the event in canonical JSON."""

    order_id: str
    kind: Kind
    invocation: Invocation
    offset: float
    payload: bytes
    digest: str


def canonical(value: object) -> bytes:
    """Return JSON with sorted keys and no blanks, UTF-8: what content digests are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_digest(value: object) -> str:
    """Return the SHA-256 hex of the canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()


def planned(scenario: Scenario, seed: int, run_id: str, start: float) -> Iterator[PlannedOrder]:
    """Yield the run's orders in order of their due time; `start` is epoch seconds.

    Arrival times and contents come from two streams of the seed, so that a changed mix leaves the
    arrival times as they were. `run_id` alone makes the ids new: a replay meets no stored order.
    """
    arrivals = poisson(scenario.stages(), random.Random(f"{seed}/arrivals"))  # noqa: S311 - replayable
    rng = random.Random(f"{seed}/orders")  # noqa: S311 - replayable, nothing secret
    earlier: deque[PlannedOrder] = deque(maxlen=_REMEMBERED)
    for number, offset in enumerate(arrivals):
        kind, invocation = _draw(scenario.mix, rng)
        old = (
            [order for order in earlier if order.offset <= offset - REPEAT_AFTER]
            if kind == "repeat"
            else []
        )
        if old:
            first = rng.choice(old)
            yield PlannedOrder(
                first.order_id, "repeat", "sync", offset, first.payload, first.digest
            )
            continue
        content = _content(f"{run_id}-{number:06d}", start + offset, rng)
        if kind == "invalid":
            rng.choice(_SPOILERS)(content)
        payload = canonical(content)
        digest = hashlib.sha256(payload).hexdigest()
        fresh: Kind = "invalid" if kind == "invalid" else "order"
        order = PlannedOrder(content["orderId"], fresh, invocation, offset, payload, digest)
        if fresh == "order" and invocation == "sync":
            earlier.append(order)
        yield order


def _draw(mix: Mix, rng: random.Random) -> tuple[Kind, Invocation]:
    """Draw what comes next. Invalid orders and repeats go synchronously: they need an answer."""
    at = rng.random()
    if at < mix.invalid:
        return "invalid", "sync"
    if at < mix.invalid + mix.repeated:
        return "repeat", "sync"
    if at < mix.invalid + mix.repeated + mix.asynchronous:
        return "order", "async"
    return "order", "sync"


def _content(order_id: str, placed_at: float, rng: random.Random) -> Content:
    stamp = datetime.fromtimestamp(placed_at, UTC).isoformat(timespec="milliseconds")
    return {
        "orderId": order_id,
        "customerId": f"customer-{rng.randrange(10_000):04d}",
        "currency": rng.choice(("EUR", "USD", "GBP")),
        "placedAt": stamp.replace("+00:00", "Z"),
        "lines": [_line(sku, rng) for sku in rng.sample(_SKUS, rng.randint(1, 5))],
    }


def _line(sku: str, rng: random.Random) -> Content:
    return {
        "sku": sku,
        "quantity": rng.randint(1, 9),
        "unitPrice": f"{rng.randrange(1, 20_000) / 100:.2f}",
    }


def _no_lines(content: Content) -> None:
    content["lines"] = []


def _no_quantity(content: Content) -> None:
    content["lines"][0]["quantity"] = 0


def _negative_price(content: Content) -> None:
    content["lines"][0]["unitPrice"] = "-1.00"


def _no_currency(content: Content) -> None:
    del content["currency"]


_SPOILERS: Final[tuple[Callable[[Content], None], ...]] = (
    _no_lines,
    _no_quantity,
    _negative_price,
    _no_currency,
)
