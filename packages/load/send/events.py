"""The orders of a run: what is sent, when, and how; the same seed gives the same orders."""

from __future__ import annotations

import hashlib
import json
import random
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from load.model.arrivals import poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from load.scenarios import Mix, Scenario

Kind = Literal["order", "invalid", "repeat"]
Invocation = Literal["sync", "async"]
Content = dict[str, Any]

REPEAT_AFTER: Final = 1.0
"""A repeat follows its original by at least this many seconds, so that it meets a stored order."""
_REMEMBERED: Final = 500
_ARTICLES: Final = 1_000
_CURRENCIES: Final = ("EUR", "USD", "GBP")


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


@dataclass(frozen=True, slots=True)
class Share:
    """One sender's part of a run: of all arrivals, counted from 0, every `of`-th from `index`."""

    index: int = 0
    of: int = 1


def planned(
    scenario: Scenario, seed: int, run_id: str, start: float, share: Share = Share()
) -> Iterator[PlannedOrder]:
    """Yield the run's orders in order of their due time; `start` is epoch seconds.

    Arrival times and kinds come from two streams of the seed, so that a changed mix leaves the
    arrival times as they were; a content depends on the seed and the order's number alone. So
    senders that share a run draw the same schedule and each makes its own orders, without a word
    between them. `run_id` alone makes the ids new: a replay meets no stored order.
    """
    arrivals = poisson(scenario.stages(), random.Random(f"{seed}/arrivals"))  # noqa: S311 - replayable
    rng = random.Random(f"{seed}/orders")  # noqa: S311 - replayable, nothing secret
    earlier: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
    for number, offset in enumerate(arrivals):
        kind, invocation = _draw(scenario.mix, rng)
        mine = number % share.of == share.index
        first = _earlier(earlier, offset, rng) if kind == "repeat" else None
        if first is not None:
            if mine:
                old = _order(seed, run_id, first[0], start, first[1])
                yield PlannedOrder(old.order_id, "repeat", "sync", offset, old.payload, old.digest)
            continue
        if kind != "invalid" and invocation == "sync":
            earlier.append((number, offset))
        if mine:
            fresh: Kind = "invalid" if kind == "invalid" else "order"
            yield _order(seed, run_id, number, start, offset, fresh, invocation)


def _earlier(
    known: Sequence[tuple[int, float]], offset: float, rng: random.Random
) -> tuple[int, float] | None:
    """Draw number and offset of an order old enough to be repeated."""
    old = [order for order in known if order[1] <= offset - REPEAT_AFTER]
    return rng.choice(old) if old else None


def _order(
    seed: int,
    run_id: str,
    number: int,
    start: float,
    offset: float,
    kind: Kind = "order",
    invocation: Invocation = "sync",
) -> PlannedOrder:
    order_id = f"{run_id}-{number:06d}"
    drawn = hashlib.blake2b(f"{seed}/{number}".encode()).digest()
    payload = _payload(order_id, start + offset, drawn)
    if kind == "invalid":
        content = json.loads(payload)
        _SPOILERS[drawn[-1] % len(_SPOILERS)](content)
        payload = canonical(content)
    digest = hashlib.sha256(payload).hexdigest()
    return PlannedOrder(order_id, kind, invocation, offset, payload, digest)


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


def _payload(order_id: str, placed_at: float, drawn: bytes) -> bytes:
    """Return an order in canonical JSON, made of 64 drawn bytes.

    Written out and not serialised: that takes a quarter of the time, which is the sender's own.
    """
    # An odd stride below 400 names no article twice in five lines of a thousand articles.
    first, stride = int.from_bytes(drawn[0:4], "big"), 1 + 2 * drawn[4] % 200
    lines = ",".join(
        _line((first + stride * number) % _ARTICLES, drawn[8 + 4 * number : 12 + 4 * number])
        for number in range(1 + drawn[5] % 5)
    )
    stamp = datetime.fromtimestamp(placed_at, UTC).isoformat(timespec="milliseconds")[:-6]
    customer = int.from_bytes(drawn[60:62], "big") % 10_000
    return (
        f'{{"currency":"{_CURRENCIES[drawn[6] % 3]}","customerId":"customer-{customer:04d}",'
        f'"lines":[{lines}],"orderId":"{order_id}","placedAt":"{stamp}Z"}}'
    ).encode()


def _line(article: int, drawn: bytes) -> str:
    price = 1 + int.from_bytes(drawn[1:], "big") % 20_000
    return (
        f'{{"quantity":{1 + drawn[0] % 9},"sku":"SKU-{article:03d}",'
        f'"unitPrice":"{price // 100}.{price % 100:02d}"}}'
    )


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
