"""Which version may follow the live one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.aws.clock import to_text
from release.aws.lambda_functions import Invocation
from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.gate.judge import Request, judge
from release.result import Exit
from release.state import alias
from release.state.alias import Candidate
from release.state.succession import is_older
from release.tests.fakes import OUTPUTS, START, FakeFunctions, FakeMonitoring, release_of

if TYPE_CHECKING:
    from release.result import Result

ANY = replace(OUTPUTS, candidate_version=None)


def live(*versions: str) -> FakeFunctions:
    """Versions 1 to 9, of which these went live, one after the other."""
    functions = FakeFunctions(*"123456789")
    for version in versions:
        promote(release_of(functions, outputs=ANY), version, reason="a release")
    return functions


def rollout(functions: FakeFunctions, version: str, reason: str | None = None) -> Result:
    """The everyday plan."""
    wanted = RolloutRequest(version, (0.1,), Request(version, bake=20, poll=10), reason=reason)
    monitoring = FakeMonitoring(watched_version=version)
    return Rollout(release_of(functions, monitoring=monitoring, outputs=ANY), wanted).run()


def gate(functions: FakeFunctions, version: str) -> Result:
    """A gate that passes."""
    request = Request(version, bake=20, poll=10)
    monitoring = FakeMonitoring(watched_version=version)
    return judge(release_of(functions, monitoring=monitoring, outputs=ANY), request)


def test_a_release_that_was_overtaken_is_refused() -> None:
    """Version 3 finishes after version 4 went live: one sentence that says both ways out."""
    functions = live("2", "4")
    writes = functions.writes
    with pytest.raises(UsageError, match="older than version 4"):
        canary(release_of(functions, outputs=ANY), "3", 0.1)
    with pytest.raises(UsageError) as refused:
        rollout(functions, "3")
    assert str(refused.value) == (
        "Version 3 is older than version 4, which production serves: go back with "
        "`rollback --version 3`, or say why not with --reason TEXT."
    )
    assert functions.writes == writes


def test_it_is_refused_before_anything_is_tried() -> None:
    """Not even a synthetic event is sent to a version that may not follow."""
    functions = live("2", "4")
    sent: list[str] = []

    def answer(qualifier: str, _: bytes) -> Invocation:
        sent.append(qualifier)
        return Invocation(None)

    functions.answer = answer
    with pytest.raises(UsageError, match="older than version 4"):
        rollout(functions, "3")
    assert sent == []


def test_a_release_that_is_overtaken_on_the_way_is_refused() -> None:
    """Its canary had passed when another version broke the glass."""
    functions = live("2")
    canary(release_of(functions, outputs=ANY), "3", 0.1)
    gate(functions, "3")
    promote(release_of(functions, outputs=ANY), "4", reason="events fail")
    with pytest.raises(UsageError, match="neither live nor the canary"):
        promote(release_of(functions, outputs=ANY), "3")
    with pytest.raises(UsageError, match="older than version 4"):
        rollout(functions, "3")
    assert alias.read(functions).version == "4"


def test_a_pass_alone_makes_no_older_version_live() -> None:
    """A canary that nobody gave a reason for is none to promote, however it came about."""
    functions = live("2", "4")
    alias.start_canary(functions, alias.read(functions), Candidate("3", to_text(START)), 0.1)
    gate(functions, "3")
    with pytest.raises(UsageError, match="older than version 4"):
        promote(release_of(functions, outputs=ANY), "3")


def test_nor_one_that_was_rolled_back_from() -> None:
    """The same for what did harm before."""
    functions = live("2", "3")
    rollback(release_of(functions, outputs=ANY))
    alias.start_canary(functions, alias.read(functions), Candidate("3", to_text(START)), 0.1)
    gate(functions, "3")
    with pytest.raises(UsageError, match="rolled back from"):
        promote(release_of(functions, outputs=ANY), "3")


def test_a_reason_that_was_given_with_the_canary_is_enough() -> None:
    """Step by step as in one command: it need not be said twice, and the gate is asked as ever."""
    functions = live("2", "4")
    canary(release_of(functions, outputs=ANY), "3", 0.1, "4 loses events")
    gate(functions, "3")
    assert promote(release_of(functions, outputs=ANY), "3").details["to"] == "3"
    functions = live("2", "4")
    assert rollout(functions, "3", "4 loses events").exit is Exit.DONE
    assert alias.read(functions).record.verdict == "pass"


def test_a_reason_does_not_outlive_the_next_move() -> None:
    """It was about one canary, not for ever."""
    functions = live("2", "4")
    canary(release_of(functions, outputs=ANY), "3", 0.1, "4 loses events")
    promote(release_of(functions, outputs=ANY), "5", reason="a better idea")
    alias.start_canary(functions, alias.read(functions), Candidate("3", to_text(START)), 0.1)
    gate(functions, "3")
    with pytest.raises(UsageError, match="older than version 5"):
        promote(release_of(functions, outputs=ANY), "3")


def test_after_a_rollback_the_next_merge_goes_live() -> None:
    """A new version, of other code, needs no reason; nor does a revert to old code."""
    functions = live("2", "3")
    rollback(release_of(functions, outputs=ANY))
    held = rollout(functions, "3")
    assert (held.details["held"], alias.read(functions).version) == (True, "2")
    assert rollout(functions, "4").exit is Exit.DONE
    functions = live("2", "3")
    rollback(release_of(functions, outputs=ANY))
    functions.versions["4"] = replace(functions.versions["4"], code_sha256="sha-2")
    assert rollout(functions, "4").exit is Exit.DONE


def test_going_forward_again_condemns_nothing() -> None:
    """Who rolls back by mistake and returns has not rolled back from the older version."""
    functions = live("2", "3")
    rollback(release_of(functions, outputs=ANY))
    rollback(release_of(functions, outputs=ANY), "3", reason="it was not its fault")
    functions.versions["4"] = replace(functions.versions["4"], code_sha256="sha-2")
    assert rollout(functions, "4").exit is Exit.DONE


@given(st.lists(st.integers(1, 9).map(str), max_size=8))
def test_without_a_reason_the_live_version_only_rises(versions: list[str]) -> None:
    """Whatever finishes in whatever order."""
    functions, seen = live(), [1]
    for version in versions:
        try:
            rollout(functions, version)
        except UsageError:
            assert int(version) < seen[-1]
        seen.append(int(alias.read(functions).version))
    assert seen == sorted(seen)
    assert seen[-1] == max([1, *map(int, versions)])


def test_numbers_are_compared_as_numbers() -> None:
    """Version 10 is newer than 9, and $LATEST is no number."""
    assert is_older("9", "10")
    assert not is_older("10", "9")
    assert not is_older("9", "9")
    assert not is_older("9", "$LATEST")
