"""What is wrong with what came back from one synthetic event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

if TYPE_CHECKING:
    from service.probes import Probe, Probes

    from release.aws.lambda_functions import Invocation

MAXIMUM_MEMORY = 0.9
"""Share of its memory above which an environment is about to be killed."""

MAXIMUM_INIT_MS = 5000.0
"""Milliseconds that a cold start may take: it occupies the reserved concurrency meanwhile, and
Lambda itself gives up after 10 s."""


def check_answer(version: str, probe: Probe, run: Invocation, probes: Probes) -> list[str]:
    """Whether that very version gave the answer that the service's probe expects."""
    if run.error is not None:
        return [f"it failed ({run.error})"]
    wrong = probe.problems(run.payload)
    if probe.because and not wrong and (why := probes.reason(run.payload)) != probe.because:
        wrong.append(f"it was refused for {why or 'nothing'}, not for {probe.because}")
    if run.log:
        wrong += [f"{text} is not in its log" for text in probe.logged if text not in run.log]
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
