"""The command `rollout`: every step of a release, and going on where it was killed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from reporting import amounts

from release.aws.lambda_functions import Invocation
from release.aws.report_line import Report
from release.commands.canary import canary
from release.commands.rollback import end_canary, rollback
from release.commands.rollout import Rollout, RolloutRequest, remaining
from release.gate.judge import Request
from release.plans import PLANS
from release.result import Exit, Result
from release.state import alias, ledger
from release.tests.fakes import (
    OUTPUTS,
    START,
    FakeClock,
    FakeFunctions,
    FakeMonitoring,
    release_of,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from release.observation import Alarm

ROLLOUT = RolloutRequest(
    "2", PLANS["stepped"], Request("2", bake=20, poll=10), commit="0123456789abcdef"
)


class Scene:
    """Version 1 live, version 2 to be rolled out."""

    def __init__(self) -> None:
        self.functions = FakeFunctions("1", "2", "3")
        self.monitoring = FakeMonitoring()
        self.clock = FakeClock()
        self.said: list[str] = []

    def run(self, request: RolloutRequest = ROLLOUT) -> Result:
        """Roll out."""
        outputs = replace(OUTPUTS, reserved_concurrency=5)
        return Rollout(
            release_of(
                self.functions,
                monitoring=self.monitoring,
                outputs=outputs,
                clock=self.clock,
                say=self.said.append,
            ),
            request,
        ).run()

    @property
    def served(self) -> tuple[str, dict[str, float]]:
        """Version and weights."""
        seen = alias.read(self.functions)
        return seen.version, dict(seen.weights)

    @property
    def kinds(self) -> list[str]:
        """The ledger, oldest first."""
        linked = ledger.read(self.functions, alias.read(self.functions))
        return [entry.kind for entry in reversed(linked)]


def test_a_plan_is_watched_at_every_step() -> None:
    """Three gates, one promotion, no weights left."""
    scene = Scene()
    result = scene.run()
    assert result.exit is Exit.DONE
    assert scene.served == ("2", {})
    assert scene.kinds == ["gate", "gate", "gate", "promote"]
    steps = result.details["steps"]
    assert isinstance(steps, list)
    assert len(steps) == 6  # smoke, three watched shares, warming, promotion


def test_running_it_again_has_nothing_to_do() -> None:
    """After a merge that changed nothing it ends cleanly."""
    scene = Scene()
    scene.run()
    assert scene.run().details["changed"] is False


def test_a_fail_ends_it_with_the_alias_put_back() -> None:
    """No later step runs."""
    scene = Scene()
    scene.monitoring.states["errors"] = "ALARM"
    assert scene.run().exit is Exit.FAIL
    assert scene.served == ("1", {})
    assert scene.kinds == ["gate"]


def test_too_few_samples_end_it_inconclusively() -> None:
    """Inconclusive never promotes."""
    scene = Scene()
    scene.monitoring.invocations = 3
    assert scene.run().exit is Exit.INCONCLUSIVE
    assert scene.served == ("1", {})


def test_synthetic_traffic_makes_good_for_a_quiet_hour() -> None:
    """Synthetic traffic to the candidate, then the promotion."""
    scene = Scene()
    scene.monitoring.invocations = 0
    gate = replace(ROLLOUT.gate, on_inconclusive="synthetic")
    result = scene.run(replace(ROLLOUT, steps=(0.1,), gate=gate))
    assert result.exit is Exit.DONE
    assert scene.served == ("2", {})


def test_a_failing_smoke_test_ends_it_before_any_traffic() -> None:
    """The alias is never written."""
    scene = Scene()
    scene.functions.answer = lambda qualifier, _: Invocation(None, qualifier, "it broke")
    assert scene.run().exit is Exit.FAIL
    assert scene.functions.writes == 0


def test_a_slow_cold_start_ends_it() -> None:
    """It would hold live traffic's concurrency for as long."""
    scene = Scene()
    good = scene.functions.answer
    slow = Report(90, 512, 7000.0)
    scene.functions.answer = lambda qualifier, payload: replace(
        good(qualifier, payload), report=slow
    )
    result = scene.run()
    assert result.exit is Exit.FAIL
    assert "a cold start took 7,000 ms" in result.message


@pytest.mark.parametrize(
    ("weight", "verdict", "left"),
    [
        (None, None, (0.1, 0.25, 0.5)),
        (0.1, None, (0.1, 0.25, 0.5)),
        (0.25, None, (0.25, 0.5)),
        (0.25, "pass", (0.5,)),
        (0.25, "inconclusive", (0.25, 0.5)),
        (0.5, "pass", ()),
    ],
)
def test_it_goes_on_where_it_was_killed(
    weight: float | None, verdict: str | None, left: tuple[float, ...]
) -> None:
    """A step is watched again unless the gate has passed it."""
    functions = FakeFunctions("1", "2")
    if weight is not None:
        canary(release_of(functions), "2", weight)
    if verdict is not None:
        alias.record_verdict(functions, alias.read(functions), verdict)
    assert remaining(ROLLOUT.steps, alias.read(functions), "2") == left


def test_an_unjudged_canary_is_watched_on() -> None:
    """Its samples count from when it began, not from when the rollout was run again."""
    scene = Scene()
    canary(release_of(scene.functions, clock=scene.clock), "2", 0.1)
    began = alias.read(scene.functions).record.candidate
    since: list[str] = []

    def note() -> None:
        candidate = alias.read(scene.functions).record.candidate
        since.append(candidate.since if candidate else "")

    scene.clock.on_sleep = note
    scene.run(replace(ROLLOUT, steps=(0.1,)))
    assert began is not None
    assert set(since) == {began.since}


def test_what_was_rolled_back_from_needs_a_reason() -> None:
    """The next merge does not undo a rollback."""
    scene = Scene()
    scene.run()
    rollback(release_of(scene.functions, clock=scene.clock))
    held = scene.run()
    assert (held.exit, held.details["held"], scene.served) == (Exit.DONE, True, ("1", {}))
    assert "rolled back from" in held.message
    assert scene.run(replace(ROLLOUT, reason="mended the table")).exit is Exit.DONE


def clean_up(scene: Scene) -> None:
    """What a workflow does when its job was cancelled."""
    end_canary(release_of(scene.functions, clock=scene.clock), fence=True)


def test_a_rollout_that_outlives_its_job_begins_no_canary() -> None:
    """Its job was cancelled during the smoke test, cleaned up, and found nothing to end."""
    scene = Scene()
    good = scene.functions.answer

    def answer(qualifier: str, payload: bytes) -> Invocation:
        scene.functions.answer = good
        clean_up(scene)
        return good(qualifier, payload)

    scene.functions.answer = answer
    result = scene.run()
    assert (result.exit, result.details["conflict"]) == (Exit.FAIL, True)
    assert scene.served == ("1", {})
    assert scene.functions.writes == 1


@pytest.mark.parametrize("at", range(1, 7))
def test_a_rollout_does_nothing_once_its_job_has_cleaned_up(at: int) -> None:
    """Whichever wait it happens in: no weight, no promotion, no verdict after it."""
    scene = Scene()
    waits: list[int] = []

    def sleep() -> None:
        waits.append(1)
        if len(waits) == at:
            clean_up(scene)
            waits.append(scene.functions.writes)

    scene.clock.on_sleep = sleep
    result = scene.run()
    assert result.exit is not Exit.DONE
    assert scene.functions.writes == waits[at]
    assert scene.served == ("1", {})


def test_a_rollout_does_not_end_another_s_canary() -> None:
    """Its own smoke test fails after its job has cleaned up and a newer one has begun."""
    scene = Scene()

    def answer(qualifier: str, _: bytes) -> Invocation:
        if scene.functions.writes == 0:
            canary(release_of(scene.functions, clock=scene.clock), "3", 0.1)
        return Invocation(None, qualifier, "it broke")

    scene.functions.answer = answer
    assert scene.run().exit is Exit.FAIL
    assert scene.served == ("1", {"3": 0.1})


@pytest.mark.parametrize(
    ("plan", "within", "fits"),
    [
        ("canary", 920, True),
        ("canary", 919, False),
        ("linear", 2759, False),
        ("linear", 2760, True),
    ],
)
def test_what_may_take_longer_than_there_is_time_is_refused(
    plan: str, within: float, fits: bool
) -> None:
    """Before the canary: a job that ends in the middle leaves it to nobody."""
    scene = Scene()
    gate = replace(ROLLOUT.gate, on_inconclusive="synthetic", patience=900)
    request = replace(ROLLOUT, steps=PLANS[plan], gate=gate, within=within)
    if fits:
        assert scene.run(request).exit is Exit.DONE
        return
    with pytest.raises(UsageError, match=f"there are {amounts.number(within)} s: shorten"):
        scene.run(request)
    assert scene.functions.writes == 0


def test_ctrl_c_ends_the_canary() -> None:
    """Nothing is left unwatched."""
    scene = Scene()

    def interrupt() -> None:
        raise KeyboardInterrupt

    scene.clock.on_sleep = interrupt
    assert scene.run().exit is Exit.INCONCLUSIVE
    assert scene.served == ("1", {})


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (replace(ROLLOUT, steps=(0.5, 0.1)), "must rise"),
        (replace(ROLLOUT, steps=(0.0,)), "between 0 and 1"),
        (replace(ROLLOUT, steps=(1.0,)), "between 0 and 1"),
        (replace(ROLLOUT, steps=()), "say why with --reason"),
        (replace(ROLLOUT, version="9"), "no version 9"),
    ],
)
def test_refuses_what_makes_no_sense(wanted: RolloutRequest, says: str) -> None:
    """One sentence, and nothing changed."""
    scene = Scene()
    with pytest.raises(UsageError, match=says):
        scene.run(wanted)
    assert scene.functions.writes == 0


GLASS = replace(ROLLOUT, steps=(), reason="the old version loses events")


def test_all_at_once_records_its_reason() -> None:
    """One write, no gate, and a word for it in the ledger."""
    scene = Scene()
    assert scene.run(GLASS).exit is Exit.DONE
    assert scene.served == ("2", {})
    seen = alias.read(scene.functions)
    assert seen.record.verdict == "forced"
    assert ledger.read(scene.functions, seen)[0].reason == GLASS.reason


@pytest.mark.parametrize("state", ["ALARM", "ABSENT", "UNREADABLE"])
def test_all_at_once_obeys_alarms_before(state: str) -> None:
    """What is not known to be quiet forbids it."""
    scene = Scene()
    scene.monitoring.states["errors"] = state  # type: ignore[assignment]
    with pytest.raises(UsageError, match="all-at-once is refused while an alarm is up"):
        scene.run(GLASS)
    assert scene.functions.writes == 0


def test_all_at_once_obeys_alarms_after() -> None:
    """The first alarm of its own rolls it back."""

    class Later(FakeMonitoring):
        def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
            self.polls += 1
            moment: datetime = START.replace(second=5)
            state = self.polls > 2
            return tuple(watching(name, "2", "ALARM" if state else "OK", moment) for name in names)

    scene = Scene()
    scene.monitoring = Later()
    result = scene.run(GLASS)
    assert result.exit is Exit.FAIL
    assert "rolled back to version 1" in result.message
    assert scene.served == ("1", {})
    assert scene.kinds == ["promote", "rollback"]
