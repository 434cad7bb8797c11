"""`warm`: start environments of a candidate ahead of traffic, where there is room."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from release.result import Change, Exit, Result
from release.state.versions import check_target
from release.synthetic.answers import MAXIMUM_INIT_MS, check_answer, check_report
from release.synthetic.traffic import at_once, used_concurrency

if TYPE_CHECKING:
    from release.aws.lambda_functions import Invocation
    from release.context import Release


def plan(reserved: int | None, used: int | None, weight: float) -> int:
    """How many environments to start for a share of the traffic.

    As many as the share will keep busy, judged by what live traffic keeps busy now, and never more
    than the reserved concurrency less that, of which one is left free. None where nobody knows
    how many are `used`.
    """
    if used is None:
        return 0
    wanted = max(1, math.ceil(weight * used))
    return wanted if reserved is None else max(0, min(wanted, reserved - used - 1))


def warm(
    release: Release, version: str, weight: float, maximum_init_ms: float = MAXIMUM_INIT_MS
) -> Result:
    """Warm a version for a share of the traffic (0 to 1); no room is no failure.

    Fails where an event fails or a cold start is too long. Warming again only refreshes.
    """
    check_target(release, version)
    used = used_concurrency(release)
    number = plan(release.outputs.reserved_concurrency, used, weight)
    sent = at_once(release, version, number) if number else []
    problems = [
        problem
        for probe, run in sent
        if not run.throttled  # live traffic has the first claim
        for problem in (
            *check_answer(version, probe, run, release.probes()),
            *check_report(run, maximum_init_ms),
        )
    ]
    return _result(version, used, [run for _, run in sent], sorted(set(problems)))


def _result(version: str, used: int | None, runs: list[Invocation], problems: list[str]) -> Result:
    reports = [run.report for run in runs if run.report is not None]
    started = sum(report.init_ms is not None for report in reports)
    throttled = sum(run.throttled for run in runs)
    message = f"Warmed version {version} with {len(runs) - throttled} events at once, "
    known = "an unknown number of" if used is None else used
    message += f"{started} cold starts; live traffic uses {known} concurrent executions"
    if problems:
        message += f"; it failed: {'; '.join(problems)}"
    return Result(
        Exit.FAIL if problems else Exit.DONE,
        message + ".",
        {
            "version": version,
            "usedConcurrency": used,
            "events": len(runs),
            "started": started,
            "throttled": throttled,
            "initMilliseconds": max((r.init_ms for r in reports if r.init_ms), default=None),
            "problems": problems,
        },
        Change("-", version, "not read", "warming failed" if problems else "warmed"),
    )
