"""Plans: at which shares of the traffic a candidate is watched before it gets all of it.

Words and shapes are CodeDeploy's:
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TrafficRoutingConfig.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

Shares = tuple[float, ...]


def time_based_canary(percentage: int) -> Shares:
    """One step, then everything."""
    return (percentage / 100,)


def time_based_linear(percentage: int) -> Shares:
    """Equal increments, each after the same bake time."""
    return tuple(step / 100 for step in range(percentage, 100, percentage))


PLANS: Mapping[str, Shares] = {
    "canary": time_based_canary(10),
    "linear": time_based_linear(25),
    "stepped": (0.1, 0.25, 0.5),
    "all-at-once": (),
}
SHIPPED = "canary"
"""The plan of a stack that names none."""


def shares(name: str | None) -> Shares:
    """The shares of a stack's plan, 0 to 1; UsageError for one that there is not."""
    found = PLANS.get(name or SHIPPED)
    if found is None:
        raise UsageError(f"The stack's plan is {name!r}: choose one of {', '.join(PLANS)}.")
    return found
