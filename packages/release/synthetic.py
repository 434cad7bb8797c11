"""Synthetic orders and what their answers must be."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import amounts

from release.clock import to_text

if TYPE_CHECKING:
    from release.clock import Clock
    from release.lambda_adapter import Invocation

Order = dict[str, object]

MAXIMUM_MEMORY = 0.9
"""Share of its memory above which an environment is about to be killed."""

MAXIMUM_INIT_MS = 5000.0
"""Milliseconds that a cold start may take: it holds a slot of the reserved concurrency meanwhile,
and Lambda itself gives up after 10 s."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What is ordered, as (unit price, quantity) per line, and the total that it must come to."""

    currency: str
    lines: tuple[tuple[str, int], ...]
    total: str


PLAIN = Basket("EUR", (("19.99", 2),), "39.98")
BASKETS = (
    PLAIN,
    Basket("USD", (("0.10", 3), ("199.99", 1)), "200.29"),
    Basket("GBP", (("7.35", 9), ("0.01", 1)), "66.16"),
    Basket("JPY", (("333.4", 1), ("66.1", 1)), "400"),
    Basket("KWD", (("1.2345", 1),), "1.235"),
    Basket("EUR", tuple(("123.45", 9) for _ in range(40)), "44442.00"),
    Basket("USD", (("99999.99", 1000),), "99999990.00"),
)
"""Totals worked out by hand, one per rule of pricing: exact sums, three kinds of minor unit, a half
unit upwards, many lines, a large order."""


def synthetic_order(version: str, clock: Clock, basket: Basket = PLAIN) -> Order:
    """A valid order, marked so that business metrics leave it out."""
    return {
        "orderId": f"smoke-{version}-{secrets.token_hex(8)}",
        "customerId": "smoke",
        "currency": basket.currency,
        "placedAt": to_text(clock.now()),
        "lines": [
            {"sku": f"SMOKE-{number}", "quantity": quantity, "unitPrice": price}
            for number, (price, quantity) in enumerate(basket.lines, start=1)
        ],
        "synthetic": True,
    }


def check_answer(
    version: str, order: Order, run: Invocation, total: str = PLAIN.total
) -> list[str]:
    """Whether that very version confirmed the order at that total; each thing that is wrong."""
    if run.error is not None:
        return [f"a valid order failed ({run.error})"]
    answer = run.payload if isinstance(run.payload, dict) else {}
    expected = {
        "status": "confirmed",
        "orderId": order["orderId"],
        "currency": order["currency"],
        "total": total,
    }
    wrong = [
        f"a valid order has {key} {answer.get(key)!r}, not {value!r}"
        for key, value in expected.items()
        if answer.get(key) != value
    ]
    if run.executed_version != version:
        wrong.append(f"version {run.executed_version} ran instead of {version}")
    return wrong


def check_report(run: Invocation, maximum_init_ms: float = MAXIMUM_INIT_MS) -> list[str]:
    """Whether the environment started too slowly, or is about to run out of memory."""
    report = run.report
    if report is None:
        return []
    wrong = []
    if report.init_ms is not None and report.init_ms > maximum_init_ms:
        wrong.append(
            f"a cold start took {amounts.milliseconds(report.init_ms)}, over "
            f"{amounts.milliseconds(maximum_init_ms)}"
        )
    if report.memory_mb >= MAXIMUM_MEMORY * report.memory_limit_mb:
        wrong.append(
            f"it uses {amounts.count(report.memory_mb)} of "
            f"{amounts.count(report.memory_limit_mb)} MB of memory"
        )
    return wrong
