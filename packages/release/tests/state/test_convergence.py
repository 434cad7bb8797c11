"""Killed at any write and run again, each command converges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import rollback
from release.gate.judge import Request, judge
from release.state import alias
from release.tests.fakes import FakeClock, FakeFunctions, release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[FakeFunctions], object]


class Killed(BaseException):
    """The process is gone."""


def gate(functions: FakeFunctions) -> object:
    """One poll that passes."""
    request = Request("2", bake=0, poll=1)
    clock = FakeClock()
    return judge(release_of(functions, clock=clock), request)


STEPS: dict[str, Step] = {
    "canary": lambda functions: canary(release_of(functions), "2", 0.25),
    "gate": gate,
    "promote": lambda functions: promote(release_of(functions), "2"),
    "rollback": lambda functions: rollback(release_of(functions), "1"),
}
ENDS = {
    "canary": ("1", {"2": 0.25}),
    "gate": ("1", {"2": 0.25}),
    "promote": ("2", {}),
    "rollback": ("1", {}),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("killed", STEPS)
def test_killed_at_its_write_and_run_again(killed: str, when: str) -> None:
    """Dead right before or right after UpdateAlias, the alias is whole, and a rerun gets there."""
    functions = FakeFunctions()
    for name, step in STEPS.items():
        if name == killed:
            break
        step(functions)

    def die() -> None:
        functions.before_write = functions.after_write = None
        raise Killed

    setattr(functions, f"{when}_write", die)
    with pytest.raises(Killed):
        STEPS[killed](functions)
    STEPS[killed](functions)
    seen = alias.read(functions)
    assert (seen.version, seen.weights) == ENDS[killed]
