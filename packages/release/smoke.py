"""`smoke`: synthetic orders at a version by its number, before it gets any traffic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from release.result import Change, Exit, Result
from release.synthetic import (
    BASKETS,
    MAXIMUM_INIT_MS,
    PLAIN,
    check_answer,
    check_report,
    synthetic_order,
)
from release.target import check_target

if TYPE_CHECKING:
    from release.clock import Clock
    from release.lambda_adapter import Functions, Invocation
    from release.outputs import Outputs
    from release.synthetic import Order

ATTEMPTS = 6
"""Invocations tried while throttled: live traffic shares the reserved concurrency."""


def smoke(
    functions: Functions,
    outputs: Outputs,
    clock: Clock,
    version: str,
    maximum_init_ms: float = MAXIMUM_INIT_MS,
) -> Result:
    """Orders are confirmed at the right totals, a repeat alike, an invalid one is rejected.

    Fails too for a cold start longer than `maximum_init_ms`, or memory that is nearly used up.
    """
    check_target(functions, outputs, version)
    order = synthetic_order(version, clock)
    invalid = {**order, "orderId": f"{order['orderId']}-invalid", "lines": [_spoilt(order)]}
    first = _invoke(functions, clock, version, order)
    repeat = _invoke(functions, clock, version, order)
    rejected = _invoke(functions, clock, version, invalid)
    problems = [
        *check_executed(version, repeat, rejected),
        *check_answer(version, order, first),
        *check_repeat(first, repeat),
        *check_rejected(rejected),
    ]
    runs = [first, repeat, rejected]
    for basket in BASKETS:
        if basket is not PLAIN and not problems:
            other = synthetic_order(version, clock, basket)
            runs.append(run := _invoke(functions, clock, version, other))
            problems += check_answer(version, other, run, basket.total)
    problems += [problem for run in runs for problem in check_report(run, maximum_init_ms)]
    return _result(outputs, version, order, runs, problems)


def check_executed(version: str, *invocations: Invocation) -> list[str]:
    """Whether that very version ran, each time."""
    others = {run.executed_version for run in invocations if run.error is None} - {version}
    return [f"version {other} ran instead of {version}" for other in sorted(map(str, others))]


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


def _spoilt(order: Order) -> Order:
    lines = order["lines"]
    first = lines[0] if isinstance(lines, list) else {}
    return {**first, "quantity": 0}


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
    outputs: Outputs, version: str, order: Order, runs: list[Invocation], problems: list[str]
) -> Result:
    executed = runs[0].executed_version or "none"
    reports = [run.report for run in runs if run.report is not None]
    message = (
        f"Smoke test of {outputs.function}:{version} failed: {'; '.join(problems)}."
        if problems
        else f"Smoke test passed: orders confirmed at the right totals, a repeat alike, an invalid "
        f"one rejected; executed version {executed}."
    )
    return Result(
        Exit.FAIL if problems else Exit.DONE,
        message,
        {
            "version": version,
            "executedVersion": runs[0].executed_version,
            "orderId": order["orderId"],
            "problems": problems,
            "initMilliseconds": max((r.init_ms for r in reports if r.init_ms), default=None),
            "memoryMegabytes": max((r.memory_mb for r in reports), default=None),
        },
        Change("-", version, "not read", "smoke failed" if problems else "smoke passed"),
    )
