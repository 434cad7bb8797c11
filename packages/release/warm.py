"""`warm`: start environments of a candidate before it gets traffic, in slots that nobody uses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from release.drive import Slots, at_once
from release.result import Change, Exit, Result
from release.synthetic import MAXIMUM_INIT_MS, check_report
from release.target import check_target

if TYPE_CHECKING:
    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions, Invocation
    from release.outputs import Outputs


def plan(reserved: int | None, used: int | None, weight: float) -> int:
    """How many environments to start for a share of the traffic.

    As many as the share will keep busy, judged by what live traffic keeps busy now, and never more
    than the reserved concurrency less that, of which one slot is left free. None where nobody knows
    how many slots are `used`.
    """
    if used is None:
        return 0
    wanted = max(1, math.ceil(weight * used))
    return wanted if reserved is None else max(0, min(wanted, reserved - used - 1))


def warm(
    functions: Functions,
    monitoring: Monitoring,
    outputs: Outputs,
    clock: Clock,
    version: str,
    weight: float,
    maximum_init_ms: float = MAXIMUM_INIT_MS,
) -> Result:
    """Warm a version for a share of the traffic (0 to 1); no free slot is no failure.

    Fails where an order fails or a cold start is too long. Warming again only refreshes.
    """
    check_target(functions, outputs, version)
    used = Slots(monitoring, outputs, clock).used()
    number = plan(outputs.reserved_concurrency, used, weight)
    runs = at_once(functions, clock, version, number) if number else []
    problems = [problem for run in runs for problem in _problems(run, maximum_init_ms)]
    return _result(version, used, runs, sorted(set(problems)))


def _problems(run: Invocation, maximum_init_ms: float) -> list[str]:
    if run.throttled:  # live traffic took the slot meanwhile: it has the first claim to it
        return []
    failed = [f"an order failed ({run.error})"] if run.error is not None else []
    return failed + check_report(run, maximum_init_ms)


def _result(version: str, used: int | None, runs: list[Invocation], problems: list[str]) -> Result:
    reports = [run.report for run in runs if run.report is not None]
    started = sum(report.init_ms is not None for report in reports)
    throttled = sum(run.throttled for run in runs)
    message = f"Warmed version {version} with {len(runs) - throttled} orders at once, "
    known = "an unknown number of" if used is None else used
    message += f"{started} cold starts; live traffic uses {known} slots"
    if problems:
        message += f"; it failed: {'; '.join(problems)}"
    return Result(
        Exit.FAIL if problems else Exit.DONE,
        message + ".",
        {
            "version": version,
            "usedSlots": used,
            "orders": len(runs),
            "started": started,
            "throttled": throttled,
            "initMilliseconds": max((r.init_ms for r in reports if r.init_ms), default=None),
            "problems": problems,
        },
        Change("-", version, "not read", "warming failed" if problems else "warmed"),
    )
