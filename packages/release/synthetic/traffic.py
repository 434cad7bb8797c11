"""Synthetic traffic to a candidate by its number: samples for a quiet hour, warm environments.

The events are the service's own probes, so a wrong answer counts as a failure too.
"""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.probes import SYNTHETIC

from release.errors import LastingError, UnavailableError
from release.observation import Count
from release.synthetic.answers import check_answer, check_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.probes import Probe

    from release.aws.lambda_functions import Invocation
    from release.context import Release

RATE = 10.0
"""Events a second, one at a time: one concurrent execution."""

MAXIMUM = 1500
"""Events a gate sends at most: enough to make good four errors at a limit of 1 %."""

FULL_PAUSE = 1.0
"""Seconds to leave the concurrency to live traffic while none is free."""


def mark(version: str) -> str:
    """What the ids of synthetic events at a version begin with; never the same twice."""
    return f"{SYNTHETIC}{version}-{secrets.token_hex(8)}"


def plain(release: Release, version: str) -> Probe:
    """The plainest event that the service must take."""
    return release.probes().accepted(mark(version), release.clock.now())[0]


def drawn(release: Release, version: str, seed: int) -> Iterator[tuple[str, Probe]]:
    """Synthetic events without end, each with words that name its draw."""
    found = release.probes().drawn(mark(version), release.clock.now(), seed)
    for number, probe in enumerate(found):
        yield f"event {number} of seed {seed}", probe


def fresh_seed() -> int:
    """Never the same twice, but short enough to be typed."""
    return secrets.randbits(32)


def payload(probe: Probe) -> bytes:
    """The event as it is sent."""
    return json.dumps(probe.event).encode()


def used_concurrency(release: Release) -> int | None:
    """Concurrent executions that live traffic keeps busy; None if that cannot be read."""
    try:
        return release.monitoring.used_concurrency(release.outputs.function, release.clock.now())
    except UnavailableError:
        return None


def free_concurrency(release: Release) -> int:
    """What live traffic leaves of the reserved concurrency, one kept back for it.

    At least 0, which is also what is known to be free where nothing can be read; 1 if nothing is
    reserved.
    """
    reserved = release.outputs.reserved_concurrency
    if reserved is None:
        return 1
    used = used_concurrency(release)
    return 0 if used is None else max(0, reserved - used - 1)


@dataclass(slots=True)
class SyntheticTraffic:
    """Traffic to one candidate; `count` has what came of it, `problems` the first few in words."""

    release: Release
    version: str
    rate: float = RATE
    maximum: int = MAXIMUM
    count: Count = field(default_factory=Count)
    problems: list[str] = field(default_factory=list)
    seed: int = field(default_factory=fresh_seed)
    _events: Iterator[tuple[str, Probe]] | None = None

    @property
    def willing(self) -> bool:
        """Whether the bound on synthetic events leaves any."""
        return self.count.invocations < self.maximum

    def run(self, seconds: float) -> None:
        """Send events for about so long, none while live traffic needs all there is."""
        clock = self.release.clock
        end = clock.monotonic() + seconds
        if not free_concurrency(self.release):
            clock.sleep(min(FULL_PAUSE, seconds))
            return
        while self.willing and clock.monotonic() < end:
            began = clock.monotonic()
            self._send()
            clock.sleep(max(0.0, 1 / self.rate - (clock.monotonic() - began)))

    def _send(self) -> None:
        if self._events is None:
            self._events = drawn(self.release, self.version, self.seed)
        name, probe = next(self._events)
        try:
            run = self.release.functions.invoke(self.version, payload(probe), probe.custom)
        except LastingError:
            raise
        except UnavailableError:  # no sample: what the candidate answered was lost, if it ran
            self.release.clock.sleep(FULL_PAUSE)
            return
        if run.throttled:  # no sample: nothing of the candidate ran
            self.release.clock.sleep(FULL_PAUSE)
            return
        probes = self.release.probes()
        problems = [f"{name}: {each}" for each in check_answer(self.version, probe, run, probes)]
        problems += check_report(run)
        self.count += Count(1, int(bool(problems)))
        self.problems = [*self.problems, *problems][:5]


def at_once(release: Release, version: str, number: int) -> list[tuple[Probe, Invocation]]:
    """So many synthetic events at the same time, each of which occupies an environment."""
    events = [plain(release, version) for _ in range(number)]

    def send(probe: Probe) -> Invocation:
        return release.functions.invoke(version, payload(probe), probe.custom)

    with ThreadPoolExecutor(max(1, number)) as pool:
        return list(zip(events, pool.map(send, events), strict=True))
