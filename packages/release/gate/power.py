"""`python -m release.gate.power`: how often the gate errs, and how soon it is sure; simulated.

Every simulated release is rolled out by a plan and judged by `gate.decide` itself, with alarms that
stay OK, so that the figures are those of the comparison alone. At each share of the plan: at each
poll once the bake time began, a fail ends it; after the bake time a pass leads to the next share,
and without a verdict it waits as long as its patience lasts.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from reporting import amounts, terminal
from service.declaration import Outcomes

from release.gate.decision import decide
from release.observation import Alarm, Answers, Count, Period, Policy, Samples
from release.plans import PLANS, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.gate.decision import Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
BAKE, PATIENCE = 10, 30
"""Periods (minutes on AWS): the workflow's bake time, and how long a waiting gate goes on."""

_CODES = tuple(f"REASON_{number}" for number in range(37))
"""As many as a service with many rules has; most are never seen."""
_OUTCOMES = Outcomes(
    "Simulated", "confirmed", "duplicate", "rejected", "function", "version", "reason", _CODES
)
USUAL = (0.02, 0.009, 0.001)
"""Shares of events that are rejected for the first reasons, 3 % in all."""
_POLICY = Policy("function", "production", "2", START, START, live="1", outcomes=_OUTCOMES)
_WATCHED = frozenset(
    {("FunctionName", "function"), ("Resource", "function:production"), ("ExecutedVersion", "2")}
)
_ALARMS = (Alarm("quiet", "OK", None, (_WATCHED,)),)
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class World:
    """What is true: error shares, and how much longer the candidate takes (a factor).

    `rejects` and `live_rejects` are shares of events by reason; an event that fails is a valid one.
    `rate` is invocations of both versions per period. Durations are log-normal, 80 ms in the
    middle, with a `spread` of the logarithm; `noise` is that of a whole period, per version.
    """

    name: str
    candidate_errors: float = 0.0
    live_errors: float = 0.0
    slower: float = 1.0
    rejects: Sequence[float] = USUAL
    live_rejects: Sequence[float] = USUAL
    rate: int = 1000
    spread: float = 0.4
    noise: float = 0.1

    def period(self, rng: random.Random, weight: float) -> Period:
        """One period of traffic, of which the candidate gets its weight."""
        mine = _binomial(rng, self.rate, weight)
        others = self.rate - mine
        candidate = Count(mine, _binomial(rng, mine, self.candidate_errors))
        live = Count(others, _binomial(rng, others, self.live_errors))
        return Period(
            candidate,
            live,
            self._p99(rng, mine, self.slower),
            self._p99(rng, others, 1.0),
            _answers(rng, candidate, self.rejects),
            _answers(rng, live, self.live_rejects),
        )

    def _p99(self, rng: random.Random, number: int, factor: float) -> float | None:
        """The p99 of so many durations: an order statistic, whose rank is beta distributed."""
        if not number:
            return None
        rank = math.ceil(0.99 * number)
        at = min(rng.betavariate(rank, number - rank + 1), 1 - 1e-12)
        return 80 * factor * math.exp(self.spread * _NORMAL.inv_cdf(at) + rng.gauss(0, self.noise))


WORLDS = (
    World("good, no errors"),
    World("good, 0.1 % errors on both", 0.001, 0.001),
    World("good, 0.5 % errors on both", 0.005, 0.005),
    World("good, wild durations", spread=0.8, noise=0.3),
    World("good, during an outage of 10 %", 0.1, 0.1),
    World("a fix: the live version fails 10 %", 0.0, 0.1),
    World("fails 1 %", 0.01),
    World("fails 2 %", 0.02),
    World("fails 5 %", 0.05),
    World("fails 10 %", 0.1),
    World("fails 20 %", 0.2),
    World("fails always", 1.0),
    World("twice as slow", slower=2.0),
    World("four times as slow", slower=4.0),
    World("good, half of all is rejected on both", rejects=(0.4, 0.1), live_rejects=(0.4, 0.1)),
    World("rejects every event", rejects=(*USUAL, 0.97)),
    World("rejects 5 % more, for a reason of its own", rejects=(*USUAL, 0.05)),
    World("rejects 1 % more, for a reason of its own", rejects=(*USUAL, 0.01)),
    World("rejects 0.3 % more, for a reason of its own", rejects=(*USUAL, 0.003)),
    World("rejects 2 % more, for the usual reason", rejects=(0.04, *USUAL[1:])),
    World("rejects nothing of 3 %", rejects=()),
    World("takes what 0.9 % were rejected for", rejects=(USUAL[0], 0.0, USUAL[2])),
    World("quiet: 20 a period, no errors", rate=20),
    World("quiet: 20 a period, fails 5 %", 0.05, rate=20),
)


@dataclass(frozen=True, slots=True)
class Power:
    """Shares of the runs by verdict, and the candidate's samples at the median verdict."""

    world: str
    runs: int
    passed: float
    failed: float
    inconclusive: float
    samples: float
    periods: float


def run(world: World, rng: random.Random, shares: Sequence[float]) -> tuple[Verdict, int, int]:
    """One release: its verdict, the candidate's samples and the periods it took."""
    samples = periods = 0
    verdict: Verdict = "pass"
    for weight in shares:
        verdict, seen, taken = _step(world, rng, weight)
        samples, periods = samples + seen, periods + taken
        if verdict != "pass":
            break
    return verdict, samples, periods


def _step(world: World, rng: random.Random, weight: float) -> tuple[Verdict, int, int]:
    """What `run` returns, of one share."""
    periods: list[Period] = []
    policy = replace(_POLICY, weight=weight)
    while True:
        periods.append(world.period(rng, weight))
        mine = sum((period.candidate for period in periods), Count())
        newest = START + timedelta(minutes=len(periods))
        samples = Samples(mine.invocations, mine.errors, newest=newest, periods=tuple(periods))
        verdict = decide(_ALARMS, samples, policy).verdict
        baked = len(periods) >= BAKE
        if verdict == "fail" or (baked and verdict == "pass") or len(periods) >= BAKE + PATIENCE:
            return verdict, mine.invocations, len(periods)


def measure(world: World, runs: int, seed: int, shares: Sequence[float]) -> Power:
    """Many releases in one world."""
    rng = random.Random(f"{seed}/{world.name}")  # noqa: S311 - replayable
    ended = [run(world, rng, shares) for _ in range(runs)]
    verdicts = Counter(verdict for verdict, _, _ in ended)
    return Power(
        world.name,
        runs,
        verdicts["pass"] / runs,
        verdicts["fail"] / runs,
        verdicts["inconclusive"] / runs,
        median(samples for _, samples, _ in ended),
        median(periods for _, _, periods in ended),
    )


def table(figures: Sequence[Power]) -> str:
    """One line per world."""
    head = ("what is true", "pass", "fail", "inconclusive", "samples", "periods")
    rows = (
        (
            each.world,
            *map(amounts.share, (each.passed, each.failed, each.inconclusive)),
            *map(amounts.count, (each.samples, each.periods)),
        )
        for each in figures
    )
    return "\n".join(terminal.table(head, rows, right=range(1, len(head))))


def main(arguments: list[str]) -> int:
    """Simulate, print the table, write the figures."""
    parser = Parser(prog="python -m release.gate.power", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="per world (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    watched = [name for name, shares in PLANS.items() if shares]
    parser.add_argument("--plan", choices=watched, default=SHIPPED, help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("build/bench/gate.json"))
    options = parser.parse_args(arguments)
    shares = PLANS[options.plan]
    figures = [measure(world, options.runs, options.seed, shares) for world in WORLDS]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    report = {"seed": options.seed, "bake": BAKE, "patience": PATIENCE, "shares": shares}
    content = {**report, "worlds": [asdict(each) for each in figures]}
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(table(figures))
    return 0


def _answers(rng: random.Random, seen: Count, rejects: Sequence[float]) -> Answers:
    """What became of the events that did not fail; each is rejected for one reason at most."""
    answered = left = seen.invocations - seen.errors
    counted, rest = {}, 1.0
    for code, share in zip(_CODES, rejects, strict=False):
        counted[code] = _binomial(rng, left, min(1.0, share / rest))
        left, rest = left - counted[code], rest - share
    return Answers(answered, answered - left, counted)


def _binomial(rng: random.Random, trials: int, share: float) -> int:
    """Exact: the gaps between hits are geometric."""
    if share <= 0 or not trials:
        return 0
    if share >= 1:
        return trials
    hits, position = 0, 0
    scale = math.log1p(-share)
    while True:
        position += 1 + int(math.log(1 - rng.random()) / scale)
        if position > trials:
            return hits
        hits += 1


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
