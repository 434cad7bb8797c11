"""The comparison of the engines finds faults: each breakage of ours meets ours as it is.

The same lives, with Pulumi's engine in the place of the second, are `nox -s engines`.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from engine import deployment
from engine.deletion import Graph
from engine.differential.compare import DisagreementError, Life
from engine.differential.differences import differences
from engine.differential.engines import Ours
from engine.differential.world import Worlds
from engine.monitor import Monitor
from engine.state import State
from engine.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from engine.state import Kept


LIVES = 25
STEPS = 12
_apply, _settle, _levels = Steps.apply, State.settle, Graph.levels


def _without(option: str, value: object) -> Callable[..., Any]:
    """Return an `apply` that takes no notice of an option."""

    def apply(self: Steps, urn: str, goal: Any, **options: Any) -> Any:
        return _apply(self, urn, replace(goal, **{option: value}), **options)

    return apply


def _settled_and_done_with(
    self: State, urn: str, record: Any, was: str, *, stands_for: bool = False
) -> None:
    del stands_for
    _settle(self, urn, record, was)


@contextlib.contextmanager
def _unnoted(*_: object) -> Iterator[None]:
    yield


def _complete(self: State, urn: str, record: Any, was: str, *, stands_for: bool = False) -> None:
    _settle(self, urn, replace(record, errors=[]), was, stands_for=stands_for)


def _until_protected(self: Graph, doomed: Iterable[Kept]) -> list[list[Kept]]:
    found: list[list[Kept]] = []
    for level in _levels(self, doomed):
        found.append([])
        for kept in level:
            found[-1].append(kept)
            if kept.record.protect and not kept.record.replaced:
                return found
    return found


BREAKAGES: dict[str, tuple[object, str, Any]] = {
    "ignored changes are made": (Steps, "apply", _without("ignored", [])),
    "a fault of the last time is forgotten": (State, "settle", _complete),
    "what was replaced stays": (State, "settle", _settled_and_done_with),
    "dependants of what goes first stay": (Steps, "_replaced_with", lambda *_: []),
    "an alias is not looked for": (Monitor, "_aliases", lambda *_: []),
    "a parent's alias is not its children's": (
        Monitor,
        "_aliases",
        lambda self, request: [self._alias(request, alias) for alias in request.aliases],
    ),
    "protection is taken away": (deployment, "refuse_protected", lambda _: None),
    "what is protected stops all the rest": (Graph, "levels", _until_protected),
    "what something protected needs goes": (Graph, "needed", lambda *_: set()),
    "what is retained goes": (Steps, "apply", _without("retain_on_delete", value=False)),
    "what needs another outlives it": (Graph, "levels", lambda *given: _levels(*given)[::-1]),
    "nothing says what was begun": (State, "during", _unnoted),
    "a change by hand stays": (deployment, "_take_over", lambda *_: []),
    "a program's own replacements are updates": (Steps, "apply", _without("replace_on", [])),
}


class Broken(Ours):
    """Our engine with a fault in it."""

    fault: tuple[object, str, Any]

    @contextlib.contextmanager
    def _broken(self) -> Iterator[None]:
        with mock.patch.object(*self.fault):
            yield

    def __getattribute__(self, name: str) -> Any:
        """Do what a life asks for with the fault in place."""
        found = super().__getattribute__(name)
        if name not in ("up", "preview", "drift", "destroy", "forget_pending"):
            return found
        return self._broken()(found)


def test_what_two_aws_hold_otherwise_is_named() -> None:
    """By resource and argument; what only one has too."""
    ours = {"Queue a": {"size": 1, "label": "x"}, "Queue b": {}}
    real = {"Queue a": {"size": 2, "label": "x"}, "Queue c": {}}
    assert differences(ours, real) == [
        "Queue a.size: ours 1, Pulumi's 2",
        "Queue b: only ours left it",
        "Queue c: only Pulumi left it",
    ]
    assert differences(ours, ours) == []


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_is_found(tmp_path: Path, name: str) -> None:
    """Within a few lives, as the counts of `nox -s engines` are worth something only then."""
    worlds = Worlds()
    found = None
    with worlds.provided():
        for seed in range(1, LIVES):
            broken = Broken(worlds, tmp_path / "broken", f"s{seed}")
            broken.fault = BREAKAGES[name]
            try:
                Life(seed, broken, Ours(worlds, tmp_path / "whole", f"s{seed}")).live(STEPS)
            except DisagreementError as error:
                found = error
                break
    print(name, found and str(found).splitlines()[0])
    assert found, f"not found in the lives of seeds 1 to {LIVES - 1}"
