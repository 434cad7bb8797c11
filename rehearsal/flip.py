"""What a flip of the alias costs live traffic: the rise of its throttle share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rehearsal.alias import AliasState

BUDGET = 0.05
"""Share of live traffic's requests by which a flip may raise the refused ones."""

WINDOW_SECONDS = 5.0
"""On either side of a flip: longer than a cold start, shorter than the load's next step."""


@dataclass(frozen=True, slots=True)
class FlipCost:
    """One change of the alias: shares of the requests refused just before and just after it.

    `expected_before` and `expected_after` are what the load alone makes of them (Erlang's loss
    formula, second by second), so that a rising load is not blamed on the flip; None if unknown.
    """

    second: float
    weights: Mapping[str, float]
    before: float
    after: float
    expected_before: float | None = None
    expected_after: float | None = None

    @property
    def raised(self) -> float:
        """By how much the flip raised the share, at least 0."""
        rise = self.after - self.before
        if self.expected_before is not None and self.expected_after is not None:
            rise -= self.expected_after - self.expected_before
        return max(0.0, rise)


def flip_costs(
    series: Sequence[Mapping[str, float | None]],
    history: Iterable[tuple[float, AliasState]],
    zero: float,
    window: float = WINDOW_SECONDS,
) -> list[FlipCost]:
    """The cost of every change of the alias that fell into the load.

    `series` is the load's, by the second: `second`, `attempts`, `throttled` and, where it is
    known, `predictedShare`; `history` the alias's, as (epoch seconds, state), its first state
    included; `zero` the load's start in epoch seconds. A change without traffic on both sides has
    no cost that could be measured, and is left out.
    """
    costs = []
    for at, state in list(history)[1:]:
        moment = at - zero
        before = _Side.of(series, moment - window, moment)
        after = _Side.of(series, moment, moment + window)
        if before is not None and after is not None:
            costs.append(
                FlipCost(
                    moment,
                    state.shares(),
                    before.share,
                    after.share,
                    before.expected,
                    after.expected,
                )
            )
    return costs


def over_budget(costs: Iterable[FlipCost], budget: float = BUDGET) -> list[FlipCost]:
    """The flips that raised the throttle share by more than the budget."""
    return [cost for cost in costs if cost.raised > budget]


@dataclass(frozen=True, slots=True)
class _Side:
    share: float
    expected: float | None

    @classmethod
    def of(
        cls, series: Sequence[Mapping[str, float | None]], begin: float, end: float
    ) -> _Side | None:
        points = [p for p in series if begin <= (p["second"] or 0.0) < end and p["attempts"]]
        attempts = sum(point["attempts"] or 0.0 for point in points)
        if not attempts:
            return None
        throttled = sum(point["throttled"] or 0.0 for point in points)
        predicted = [(p["attempts"] or 0.0, p.get("predictedShare")) for p in points]
        known = [(weight, share) for weight, share in predicted if share is not None]
        expected = (
            sum(weight * share for weight, share in known) / attempts
            if len(known) == len(points)
            else None
        )
        return cls(throttled / attempts, expected)
