"""The watch behind `gate`: pace, restoration, and keeping out of others' way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from console.errors import UsageError

from release.commands.canary import canary
from release.commands.rollback import end_canary
from release.gate.judge import Request, judge
from release.result import Exit, Result
from release.state import alias
from release.tests.fakes import START, FakeClock, FakeFunctions, FakeMonitoring, release_of

REQUEST = Request("2", bake=60.0, poll=10.0)


class Scene:
    """A canary of version 2 beside version 1, and what watches it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.functions = FakeFunctions("1", "2", "3")
        self.monitoring = FakeMonitoring()
        self.said: list[str] = []
        canary(release_of(self.functions, clock=self.clock), "2", 0.25)

    def judge(self, request: Request = REQUEST) -> Result:
        """Run the gate."""
        return judge(
            release_of(
                self.functions, monitoring=self.monitoring, clock=self.clock, say=self.said.append
            ),
            request,
        )

    @property
    def weights(self) -> dict[str, float]:
        """The alias's weights now."""
        return dict(alias.read(self.functions).weights)

    @property
    def verdict(self) -> str | None:
        """What the alias says of the last canary."""
        candidate = alias.read(self.functions).record.candidate
        return candidate.verdict if candidate else None


def test_a_pass_takes_the_whole_bake_time_and_leaves_the_canary() -> None:
    """Polls at its pace to the end; the pass is on record for `promote`."""
    scene = Scene()
    result = scene.judge()
    assert result.exit is Exit.DONE
    assert scene.clock.elapsed == 60.0
    assert scene.monitoring.polls == 7 == len(scene.said) == result.details["polls"]
    assert (scene.weights, scene.verdict) == ({"2": 0.25}, "pass")


def test_a_fail_restores_at_once() -> None:
    """The first bad poll ends it, in one write, by nobody's hand."""
    scene = Scene()

    def alarm_later() -> None:
        if scene.clock.elapsed >= 20:
            scene.monitoring.states["errors"] = "ALARM"

    scene.clock.on_sleep = alarm_later
    writes = scene.functions.writes
    result = scene.judge()
    assert result.exit is Exit.FAIL
    assert scene.clock.elapsed == 20.0
    assert scene.functions.writes == writes + 1
    assert (scene.weights, scene.verdict) == ({}, "fail")
    assert result.details["restored"] is True
    assert alias.read(scene.functions).version == "1"


def test_too_few_samples_are_inconclusive_and_restore_at_the_end() -> None:
    """When nobody watches any longer the canary does not stay."""
    scene = Scene()
    scene.monitoring.invocations = 298
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert scene.clock.elapsed == 60.0
    assert (scene.weights, scene.verdict) == ({}, "inconclusive")


@pytest.mark.parametrize("errors", [0, 300])
def test_reporting_only_leaves_the_traffic(errors: int) -> None:
    """With --on-fail report the verdict is noted, so that `promote` refuses; no more."""
    scene = Scene()
    scene.monitoring.invocations, scene.monitoring.errors = 298, errors
    result = scene.judge(replace(REQUEST, restore=False))
    assert result.exit is (Exit.FAIL if errors else Exit.INCONCLUSIVE)
    assert scene.weights == {"2": 0.25}
    assert scene.verdict == result.details["decision"]
    assert "still sends traffic" in result.message


def test_unreadable_monitoring_is_inconclusive() -> None:
    """What cannot be read is never a pass."""
    scene = Scene()
    scene.monitoring.unavailable = True
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert result.details["samples"] is None
    assert scene.weights == {}


def test_monitoring_that_comes_back_still_passes() -> None:
    """One unreadable poll decides nothing: the last one does."""
    scene = Scene()
    scene.monitoring.unavailable = True

    def mend() -> None:
        scene.monitoring.unavailable = False

    scene.clock.on_sleep = mend
    assert scene.judge().exit is Exit.DONE


def test_a_rollback_meanwhile_aborts_the_watch() -> None:
    """A changed revision ends the watch; the alias stays as the other left it."""
    scene = Scene()

    def roll_back() -> None:
        scene.clock.on_sleep = None
        end_canary(release_of(scene.functions, clock=scene.clock))

    scene.clock.on_sleep = roll_back
    scene.monitoring.states["errors"] = "OK"
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert result.details["aborted"] is True
    assert scene.clock.elapsed == 10.0


@pytest.mark.parametrize("state", ["OK", "ALARM"])
def test_a_change_between_the_last_look_and_the_write_is_respected(state: str) -> None:
    """Neither the pass nor the restoration overwrites somebody else's write."""
    scene = Scene()
    if state == "ALARM":
        scene.monitoring.states["errors"] = "ALARM"
    scene.functions.before_write = scene.functions.touch
    writes = scene.functions.writes
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert result.details["aborted"] is True
    assert scene.functions.writes == writes
    assert scene.weights == {"2": 0.25}


def test_ctrl_c_puts_the_alias_back() -> None:
    """An interrupted watch leaves no unwatched canary behind."""
    scene = Scene()

    def interrupt() -> None:
        raise KeyboardInterrupt

    scene.clock.on_sleep = interrupt
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert "interrupted" in result.message
    assert scene.weights == {}


def test_a_fail_that_cannot_be_restored_stays_a_fail_and_says_so() -> None:
    """The verdict stands even if AWS is gone when the alias should be put back."""
    scene = Scene()
    scene.monitoring.states["errors"] = "ALARM"

    def cut() -> None:
        scene.functions.unavailable = True

    scene.functions.before_write = cut
    result = scene.judge()
    assert result.exit is Exit.FAIL
    assert result.details["restored"] is False
    assert "could not be written" in result.message


def test_a_pass_that_cannot_be_recorded_is_none() -> None:
    """`promote` would not find it, so the gate does not claim it; the canary is named."""
    scene = Scene()

    def cut() -> None:
        scene.functions.unavailable = True

    scene.functions.before_write = cut
    result = scene.judge()
    assert result.exit is Exit.INCONCLUSIVE
    assert "the verdict pass could not be recorded" in result.message
    assert "still sends traffic to version 2" in result.message
    assert "--canary-only" in (result.remedy or "")


def test_a_poll_that_cannot_read_the_alias_goes_on() -> None:
    """A moment without the control plane is no proof that somebody changed the alias."""
    scene = Scene()

    def flicker() -> None:
        scene.functions.unavailable = scene.clock.elapsed == 10.0

    scene.clock.on_sleep = flicker
    assert scene.judge().exit is Exit.DONE


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (replace(REQUEST, version="3"), "not the canary"),
        (replace(REQUEST, version="1"), "not the canary"),
        (replace(REQUEST, version="$LATEST"), "LATEST"),
        (replace(REQUEST, minimum_samples=0), "at least 1"),
        (replace(REQUEST, poll=0), "--poll"),
        (replace(REQUEST, bake=-1), "--bake"),
        (replace(REQUEST, maximum_error_share=2), "share"),
    ],
)
def test_refuses_what_makes_no_sense(request_: Request, says: str) -> None:
    """One sentence, and no poll."""
    scene = Scene()
    with pytest.raises(UsageError, match=says):
        scene.judge(request_)
    assert scene.monitoring.polls == 0


def test_a_live_version_is_nothing_to_judge() -> None:
    """After a merge that changed nothing the gate ends cleanly, claiming no pass."""
    scene = Scene()
    end_canary(release_of(scene.functions, clock=scene.clock))
    result = scene.judge(replace(REQUEST, version="1"))
    assert result.exit is Exit.DONE
    assert result.details["decision"] == "nothing to promote"


def test_samples_count_from_the_later_of_canary_and_request() -> None:
    """--since may shorten the window, never reach back before the canary."""
    for offset, expected in ((-600, 0), (5, 5)):
        scene = Scene()
        result = scene.judge(replace(REQUEST, since=START + timedelta(seconds=offset)))
        assert result.details["since"] == f"2026-03-01T12:00:0{expected}.000Z"


def test_a_canary_of_unknown_age_needs_since() -> None:
    """Weights set by hand say nothing of when they were."""
    scene = Scene()
    assert scene.functions.alias is not None
    scene.functions.alias = replace(scene.functions.alias, description="by hand")
    with pytest.raises(UsageError, match="--since"):
        scene.judge()
    assert scene.judge(replace(REQUEST, since=START)).exit is Exit.DONE
