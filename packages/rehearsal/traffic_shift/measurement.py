"""What a shift of the alias costs live traffic: the rise of its throttle share. Pure.

How it is measured, and why so: docs/adr/0014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reporting.amounts import points, signed, weight
from reporting.amounts import seconds as worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rehearsal.alias import AliasState
    from rehearsal.traffic_shift.attempts import Attempt

BUDGET = 0.05
"""Share of live traffic's requests by which a shift may raise the refused ones."""

WINDOW_SECONDS = 6.0
"""After a shift: several cold starts long. What it disturbs is over by then."""

QUIET_SECONDS = 2 * WINDOW_SECONDS
"""Before a shift: the last so many that no shift disturbed, however far back they reach."""

MINIMUM_ATTEMPTS = 100
"""On either side: with fewer, one refusal is a point or more."""

QUANTILE = 1.7
"""Student's t for a one-sided 95 % and the twenty and more quiet seconds of a load."""

Verdict = Literal["within", "over", "undecided"]


@dataclass(frozen=True, slots=True)
class Rise:
    """A rise of the throttle share (0 to 1), and the standard error of its measurement."""

    raised: float
    error: float

    @property
    def low(self) -> float:
        """With a certainty of 95 % the rise is at least that."""
        return self.raised - QUANTILE * self.error

    @property
    def high(self) -> float:
        """With a certainty of 95 % the rise is at most that."""
        return self.raised + QUANTILE * self.error

    def judge(self, budget: float = BUDGET) -> Verdict:
        """Over the budget, or within it, where one of the two is proven."""
        if self.low > budget:
            return "over"
        return "within" if self.high <= budget else "undecided"


@dataclass(frozen=True, slots=True)
class ShiftCost:
    """One move of the alias, at `at` (epoch seconds), to `shares` of the requests by version.

    `before` and `after` are the refused shares of the attempts on either side, `expected_before`
    and `expected_after` what warm environments would have refused of the very same attempts.
    """

    at: float
    shares: Mapping[str, float]
    attempts: int
    before: float
    after: float
    expected_before: float
    expected_after: float
    rise: Rise


@dataclass(frozen=True, slots=True)
class _Try:
    at: float
    refused: bool
    expected: float


@dataclass(frozen=True, slots=True)
class _Side:
    """The attempts on one side of a shift; `chance` is the variance of the refused ones' number."""

    attempts: int
    refused: int
    expected: float
    chance: float

    @classmethod
    def of(cls, tries: Sequence[_Try]) -> _Side:
        return cls(
            len(tries),
            sum(each.refused for each in tries),
            sum(each.expected for each in tries),
            sum(each.expected * (1 - each.expected) for each in tries),
        )

    @property
    def surplus(self) -> float:
        """Share of the attempts that was refused beyond what warm environments would have."""
        return (self.refused - self.expected) / self.attempts


def shift_costs(
    attempts: Sequence[Attempt],
    expected: Sequence[float],
    history: Sequence[tuple[float, AliasState]],
    window: float = WINDOW_SECONDS,
) -> list[ShiftCost]:
    """Return the cost of every move of the alias that had enough traffic on both sides.

    `expected` has each attempt's chance of refusal (`warm_environments.expected_refusals`),
    `history` the alias's states with the moments (epoch seconds) from which they may have been
    served, the first state included.
    """
    tries = [
        _Try(attempt.at, attempt.refused, chance)
        for attempt, chance in zip(attempts, expected, strict=True)
        if attempt.direct
    ]
    moments = [at for at, _ in history[1:]]
    quiet = [each for each in tries if not any(at <= each.at < at + window for at in moments)]
    noise = dispersion(quiet)
    costs = []
    for (at, state), until in zip(history[1:], [*moments[1:], float("inf")], strict=True):
        end = min(at + window, until)
        since = _quiet_since(at, moments, window)
        before = _Side.of([each for each in quiet if since <= each.at < at])
        after = _Side.of([each for each in tries if at <= each.at < end])
        if min(before.attempts, after.attempts) >= MINIMUM_ATTEMPTS:
            costs.append(_cost(at, state, before, after, noise))
    return costs


def _quiet_since(at: float, moments: Sequence[float], window: float) -> float:
    """From when on there are twice `window` seconds before `at` that no earlier move disturbed."""
    left, end = 2 * window, at
    for moment in sorted((each for each in moments if each < at), reverse=True):
        quiet = max(0.0, end - (moment + window))
        if quiet >= left:
            break
        left, end = left - quiet, min(end, moment)
    return end - left


def together(costs: Sequence[ShiftCost]) -> Rise | None:
    """The mean rise over all shifts, better known than any single one's; None without any."""
    if not costs:
        return None
    rises = [cost.rise for cost in costs]
    error = sum(rise.error**2 for rise in rises) ** 0.5 / len(rises)
    return Rise(sum(rise.raised for rise in rises) / len(rises), error)


def over_budget(costs: Iterable[ShiftCost], budget: float = BUDGET) -> list[ShiftCost]:
    """The shifts that are proven to have raised the throttle share by more than the budget."""
    return [cost for cost in costs if cost.rise.judge(budget) == "over"]


def judge(costs: Sequence[ShiftCost], zero: float, budget: float = BUDGET) -> tuple[Verdict, str]:
    """The verdict on all shifts and one sentence; `zero` is the load's start in epoch seconds.

    Over is one that is proven so for itself; within are all of them together. Shifts that were not
    measured, or not well enough, are undecided.
    """
    allowed = f"the budget of {weight(budget).removesuffix(' %')} points"
    for cost in over_budget(costs, budget):
        where = ", ".join(f"version {v}: {weight(share)}" for v, share in cost.shares.items())
        said = f"the shift at {worded(cost.at - zero)} ({where}) raised the throttle share by "
        return "over", f"{said}{_points(cost.rise)}: over {allowed}"
    mean = together(costs)
    if mean is None:
        return "undecided", "no shift had enough traffic on both sides to be measured"
    said = f"{len(costs)} shifts raised the throttle share by {_points(mean)} on average"
    verdict = mean.judge(budget)
    words = {"within": f"within {allowed}", "over": f"over {allowed}"}
    return verdict, f"{said}: {words.get(verdict, f'neither within nor over {allowed}')}"


def _points(rise: Rise) -> str:
    return f"{points(rise.raised)} ({signed(rise.low)} to {signed(rise.high)})"


def dispersion(quiet: Sequence[_Try]) -> float:
    """How much more the refused of a second scatter than independent chances would; 1 if unknown.

    Taken from the seconds that no shift disturbed, one observation each: refusals come in bursts.
    """
    seconds: dict[int, list[_Try]] = {}
    for each in quiet:
        seconds.setdefault(int(each.at), []).append(each)
    sides = [_Side.of(tries) for tries in seconds.values()]
    chance = sum(side.chance for side in sides)
    if not chance:
        return 1.0
    bias = _Side.of(quiet).surplus
    squares = sum(((side.surplus - bias) * side.attempts) ** 2 for side in sides)
    return squares / chance


def _cost(at: float, state: AliasState, before: _Side, after: _Side, noise: float) -> ShiftCost:
    # Never below what a single refusal on either side makes.
    error = sum((noise * side.chance + 1) / side.attempts**2 for side in (before, after)) ** 0.5
    return ShiftCost(
        at,
        state.shares(),
        after.attempts,
        before.refused / before.attempts,
        after.refused / after.attempts,
        before.expected / before.attempts,
        after.expected / after.attempts,
        Rise(after.surplus - before.surplus, error),
    )
