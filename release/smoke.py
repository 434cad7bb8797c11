"""`smoke`: synthetic orders at a version by its number, before it gets any traffic."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from release.clock import to_text
from release.result import Change, Exit, Result
from release.target import check_target

if TYPE_CHECKING:
    from release.clock import Clock
    from release.lambda_adapter import Functions, Invocation
    from release.outputs import Outputs

ATTEMPTS = 6
"""Invocations tried while throttled: live traffic shares the reserved concurrency."""

UNIT_PRICE, QUANTITY, TOTAL = "19.99", 2, "39.98"

Order = dict[str, object]


def smoke(functions: Functions, outputs: Outputs, clock: Clock, version: str) -> Result:
    """One order is confirmed, its repeat answered alike, and an invalid one rejected."""
    check_target(functions, outputs, version)
    order = synthetic_order(version, clock)
    invalid = {**order, "orderId": f"{order['orderId']}-invalid", "lines": [_line(quantity=0)]}
    first = _invoke(functions, clock, version, order)
    repeat = _invoke(functions, clock, version, order)
    rejected = _invoke(functions, clock, version, invalid)
    problems = [
        *check_executed(version, first, repeat, rejected),
        *check_confirmed(order, first),
        *check_repeat(first, repeat),
        *check_rejected(rejected),
    ]
    return _result(outputs, version, order, first, problems)


def synthetic_order(version: str, clock: Clock) -> Order:
    """A valid order, marked so that business metrics leave it out."""
    return {
        "orderId": f"smoke-{version}-{secrets.token_hex(8)}",
        "customerId": "smoke",
        "currency": "EUR",
        "placedAt": to_text(clock.now()),
        "lines": [_line(quantity=QUANTITY)],
        "synthetic": True,
    }


def check_executed(version: str, *invocations: Invocation) -> list[str]:
    """Whether that very version ran, each time."""
    others = {run.executed_version for run in invocations if run.error is None} - {version}
    return [f"version {other} ran instead of {version}" for other in sorted(map(str, others))]


def check_confirmed(order: Order, run: Invocation) -> list[str]:
    """Whether the order was confirmed at the right total."""
    if run.error is not None:
        return [f"the valid order failed ({run.error})"]
    expected = {
        "status": "confirmed",
        "orderId": order["orderId"],
        "currency": order["currency"],
        "total": TOTAL,
    }
    answer = run.payload if isinstance(run.payload, dict) else {}
    return [
        f"the valid order has {key} {answer.get(key)!r}, not {value!r}"
        for key, value in expected.items()
        if answer.get(key) != value
    ]


def check_repeat(first: Invocation, repeat: Invocation) -> list[str]:
    """Whether the same order again got the same answer."""
    if repeat.error is not None:
        return [f"the repeated order failed ({repeat.error})"]
    same = repeat.payload == first.payload
    return [] if same else ["the repeated order was answered differently"]


def check_rejected(run: Invocation) -> list[str]:
    """Whether the invalid order was rejected with reasons, and without a function error."""
    if run.error is not None:
        return [f"the invalid order failed instead of being rejected ({run.error})"]
    answer = run.payload if isinstance(run.payload, dict) else {}
    if answer.get("status") != "rejected":
        return [f"the invalid order has status {answer.get('status')!r}, not 'rejected'"]
    return [] if answer.get("reasons") else ["the invalid order was rejected without a reason"]


def _line(*, quantity: int) -> Order:
    return {"sku": "SMOKE-1", "quantity": quantity, "unitPrice": UNIT_PRICE}


def _invoke(functions: Functions, clock: Clock, version: str, order: Order) -> Invocation:
    payload = json.dumps(order).encode()
    pause = 0.25
    for _ in range(ATTEMPTS - 1):
        run = functions.invoke(version, payload)
        if not run.throttled:
            return run
        clock.sleep(pause)
        pause *= 2
    return functions.invoke(version, payload)


def _result(
    outputs: Outputs, version: str, order: Order, first: Invocation, problems: list[str]
) -> Result:
    executed = first.executed_version or "none"
    message = (
        f"Smoke test of {outputs.function}:{version} failed: {'; '.join(problems)}."
        if problems
        else f"Smoke test passed: one order confirmed, its repeat alike, an invalid one rejected; "
        f"executed version {executed}."
    )
    return Result(
        Exit.FAIL if problems else Exit.DONE,
        message,
        {
            "version": version,
            "executedVersion": first.executed_version,
            "orderId": order["orderId"],
            "problems": problems,
        },
        Change("-", version, "not read", "smoke failed" if problems else "smoke passed"),
    )
