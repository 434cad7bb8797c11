"""`smoke`: the service's probes at a version by its number, before it gets any traffic."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.remedy import Typed
from release.result import Change, Exit, Result
from release.state.versions import check_target
from release.synthetic.answers import MAXIMUM_INIT_MS, check_answer, check_report
from release.synthetic.traffic import drawn, fresh_seed, mark, payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.probes import Probe

    from release.aws.lambda_functions import Invocation
    from release.context import Release

DRAWN = 60
"""Events drawn from the service's own, beside those that it names."""

ATTEMPTS = 6
"""Invocations tried while throttled: live traffic shares the reserved concurrency."""


def smoke(
    release: Release,
    version: str,
    maximum_init_ms: float = MAXIMUM_INIT_MS,
    typed: Typed | None = None,
    seed: int | None = None,
) -> Result:
    """What must be accepted is, a repeat gets the same answer, other content under the same id and
    what must be refused is turned away. The first event that shows anything else ends it.

    Besides those that the service names it sends events drawn by `seed`, which it says.
    Fails too for a cold start longer than `maximum_init_ms`, or memory that is nearly used up. A
    version that is throttled all the time is not judged: `typed` is what is to be repeated then.
    """
    check_target(release, version)
    runs: list[Invocation] = []
    seed = fresh_seed() if seed is None else seed
    for what, probe in _trials(release, version, seed):
        runs.append(run := _invoke(release, version, probe))
        if run.throttled:
            again = (typed or Typed("smoke", release.outputs.place, ("--version", version))).again()
            return _throttled(release, version, again)
        wrong = check_answer(version, probe, run, release.probes())
        if what.endswith(_REPEATED) and not wrong and run.payload != runs[-2].payload:
            wrong = ["it was answered differently"]
        problems = [f"{what}: {each}" for each in wrong]
        problems += check_report(run, maximum_init_ms)
        if problems:
            break
    failed = probe.event if problems else None
    return _result(release, version, runs, problems, {"seed": seed, "event": failed})


_REPEATED = ", repeated"


def _trials(release: Release, version: str, seed: int) -> Iterator[tuple[str, Probe]]:
    """What is sent, with a name for each; UsageError where the service says of nothing that it
    must be accepted."""
    begins, now, probes = mark(version), release.clock.now(), release.probes()
    accepted = probes.accepted(begins, now)
    if not accepted:
        raise UsageError(
            "The service's probes.py accepts nothing, so nothing can be tried: add it."
        )
    yield "a valid event", accepted[0]
    yield f"a valid event{_REPEATED}", accepted[0]
    for probe in probes.refused(begins, now):
        yield "an invalid event", probe
    for probe in accepted[1:]:
        yield "a valid event", probe
    for name, probe in islice(drawn(release, version, seed), DRAWN):
        yield name, probe
        if probe.then:
            yield f"{name}{_REPEATED}", probe
        for following in probe.then:
            yield f"what follows {name}", following


def _invoke(release: Release, version: str, probe: Probe) -> Invocation:
    pause = 0.25
    for _ in range(ATTEMPTS - 1):
        run = release.functions.invoke(version, payload(probe), probe.custom)
        if not run.throttled:
            return run
        release.say(
            f"Version {version} is throttled, for live traffic uses the reserved concurrency: "
            f"trying again in {amounts.seconds(pause)}."
        )
        release.clock.sleep(pause)
        pause *= 2
    return release.functions.invoke(version, payload(probe), probe.custom)


def _throttled(release: Release, version: str, again: str) -> Result:
    return Result(
        Exit.INCONCLUSIVE,
        f"Smoke test of {release.outputs.function}:{version}: throttled {ATTEMPTS} times in a row, "
        "so nobody knows whether it works.",
        {"version": version, "executedVersion": None, "problems": [], "throttled": True},
        Change("-", version, "not read", "smoke inconclusive"),
        remedy=f"`{again}` once live traffic leaves a concurrent execution free.",
    )


def _result(
    release: Release,
    version: str,
    runs: list[Invocation],
    problems: list[str],
    replay: dict[str, object],
) -> Result:
    executed = runs[0].executed_version
    reports = [run.report for run in runs if run.report is not None]
    message = (
        f"Smoke test of {release.outputs.function}:{version} failed: {'; '.join(problems)}."
        if problems
        else f"Smoke test passed: {len(runs)} synthetic events answered as they must be, a repeat "
        f"alike; executed version {executed or 'none'}."
    )
    return Result(
        Exit.FAIL if problems else Exit.DONE,
        message,
        {
            "version": version,
            "executedVersion": executed,
            "events": len(runs),
            "problems": problems,
            **replay,
            "initMilliseconds": max((r.init_ms for r in reports if r.init_ms), default=None),
            "memoryMegabytes": max((r.memory_mb for r in reports), default=None),
        },
        Change("-", version, "not read", "smoke failed" if problems else "smoke passed"),
    )
