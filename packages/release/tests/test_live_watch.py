"""The watch after a promotion: confirmed, taken back, or left to whoever looks next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.aws.cloudwatch import beside, count
from release.commands.canary import canary
from release.commands.drift import drift
from release.commands.live_watch import MARGIN, watch_live
from release.commands.promote import promote
from release.commands.rollback import end_canary, rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.commands.status import status
from release.errors import AliasChangedError, UnavailableError
from release.gate.judge import Request
from release.observation import Answers, Count, Period, Policy, Samples
from release.result import Exit, Result
from release.state import alias, ledger
from release.state.alias import Record, Watch
from release.tests.fakes import (
    OUTCOMES,
    OUTPUTS,
    START,
    FakeClock,
    FakeFunctions,
    FakeMonitoring,
    release_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.context import Release
    from release.outputs import Outputs

ANY = replace(OUTPUTS, candidate_version=None)
SECONDS = 600.0


class Killed(BaseException):
    """The process is gone."""


@dataclass
class After(FakeMonitoring):
    """What was promoted does well beside a canary, and fails so many of 100 afterwards."""

    failing: int = 0
    asked: list[Policy] = field(default_factory=list)

    def samples(self, policy: Policy, now: datetime) -> Samples:
        """Three minutes of each version."""
        if not policy.follows:
            return super().samples(policy, now)
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        self.asked.append(policy)
        period = Period(Count(100, self.failing), Count(100, 0))
        return Samples(300, 3 * self.failing, 12.5, 0, now, (period,) * 3)


@dataclass
class Scene:
    """Version 1 was live; version 2 was promoted, to be watched for ten minutes."""

    monitoring: After = field(default_factory=After)
    functions: FakeFunctions = field(default_factory=lambda: FakeFunctions("1", "2", "3"))
    clock: FakeClock = field(default_factory=FakeClock)
    said: list[str] = field(default_factory=list)
    outputs: Outputs = ANY

    @property
    def release(self) -> Release:
        """What the commands work on."""
        return release_of(
            self.functions, monitoring=self.monitoring, clock=self.clock,
            outputs=self.outputs,
            say=self.said.append,
        )  # fmt: skip

    def promote(self, version: str = "2", watch: float = SECONDS) -> None:
        """Make it live; nobody watches yet."""
        promote(self.release, version, reason="tried", watch=watch)

    def watch(self, *, abandoned: bool = False) -> Result:
        """Watch on."""
        return watch_live(self.release, poll=60, abandoned=abandoned)

    def rollout(self, version: str = "2") -> Result:
        """A canary of one step, and ten minutes afterwards."""
        gate = Request(version, bake=20, poll=10)
        return Rollout(self.release, RolloutRequest(version, (0.1,), gate, watch=SECONDS)).run()

    @property
    def live(self) -> str:
        """The version."""
        return alias.read(self.functions).version

    def is_due(self) -> bool:
        """Whether the alias says that a watch is."""
        return alias.read(self.functions).record.watch is not None


def test_a_rollout_watches_on_and_confirms() -> None:
    """Ten minutes after the promotion; then nothing is due any longer."""
    scene = Scene()
    result = scene.rollout()
    assert (result.exit, scene.live, scene.is_due()) == (Exit.DONE, "2", False)
    assert "Version 2 is confirmed: nothing in 600 s after its promotion" in result.message
    assert scene.clock.elapsed >= 20 + SECONDS
    assert {policy.live for policy in scene.monitoring.asked} == {"1"}


@pytest.mark.parametrize("steps", [(0.1,), ()])
def test_what_fails_after_its_promotion_is_taken_back(steps: tuple[float, ...]) -> None:
    """By every plan, without an alarm and without a person; the ledger says why."""
    scene = Scene(After(failing=10))
    wanted = RolloutRequest(
        "2", steps, Request("2", bake=20, poll=10), watch=SECONDS, reason="at once"
    )
    result = Rollout(scene.release, wanted).run()
    assert (result.exit, scene.live, scene.is_due()) == (Exit.FAIL, "1", False)
    newest = ledger.read(scene.functions, alias.read(scene.functions))[0]
    assert (newest.kind, newest.before, newest.version) == ("rollback", "2", "1")
    assert "30 of 300 invocations of the candidate failed, 0 of 300 of version 1" in str(
        newest.reason
    )
    assert scene.clock.elapsed < SECONDS


@pytest.mark.parametrize("steps", [(0.1,), ()])
def test_where_it_cannot_be_taken_back_each_run_says_what_is_live(steps: tuple[float, ...]) -> None:
    """Tried until the watch is over, and some minutes more; never "Nothing to promote", and 0."""
    scene = Scene(After(failing=10))

    def throttled() -> None:
        if scene.live == "2":
            raise UnavailableError("Rate exceeded.")

    scene.functions.before_write = throttled
    gate = Request("2", bake=20, poll=10)
    wanted = RolloutRequest("2", steps, gate, watch=SECONDS, reason="at once")
    for _ in range(2):
        result = Rollout(scene.release, wanted).run()
        assert (result.exit, scene.live, scene.is_due()) == (Exit.FAIL, "2", True)
        assert "it serves version 2. `nox -s rollback -- staging --version 1`" in result.message
        assert scene.clock.elapsed >= SECONDS
    scene.functions.before_write = None
    assert (Rollout(scene.release, wanted).run().exit, scene.live) == (Exit.FAIL, "1")


def test_an_alarm_takes_it_back() -> None:
    """A release alarm is enough, as before the promotion."""
    scene = Scene()
    scene.promote()
    scene.monitoring.states["throttles"] = "ALARM"
    assert (scene.watch().exit, scene.live) == (Exit.FAIL, "1")


def test_as_bad_as_the_version_before_is_no_reason_to_go_back() -> None:
    """Compared with what it replaced, not with nothing."""

    class Both(After):
        def samples(self, policy: Policy, now: datetime) -> Samples:  # noqa: ARG002
            period = Period(Count(100, 10), Count(100, 10))
            return Samples(300, 30, 12.5, 0, now, (period,) * 3)

    scene = Scene(Both())
    scene.promote()
    assert (scene.watch().exit, scene.live) == (Exit.DONE, "2")


@pytest.mark.parametrize("accepted", [None, "the new rule"])
def test_what_rejects_more_is_taken_back_unless_a_person_took_it(accepted: str | None) -> None:
    """A rejection is no error: the judge sees it after the promotion too, and knows who took it."""

    class Rejecting(After):
        def samples(self, policy: Policy, now: datetime) -> Samples:
            own = 30 if policy.follows else 0
            period = Period(
                Count(100, 0), Count(100, 0),
                candidate_answers=Answers(100, own, {"CURRENCY": own}),
                live_answers=Answers(100, 0, {}),
            )  # fmt: skip
            return Samples(310, 0, 12.5, 0, now, (period,) * 3)

    scene = Scene(Rejecting())
    scene.outputs = replace(ANY, outcomes=OUTCOMES)
    gate = Request("2", bake=20, poll=10, accept_rejections=accepted)
    wanted = RolloutRequest("2", (0.1,), gate, watch=SECONDS)
    result = Rollout(scene.release, wanted).run()
    ends = (Exit.DONE, "2") if accepted else (Exit.FAIL, "1")
    assert (result.exit, scene.live) == ends, result.message


def test_none_is_said() -> None:
    """Nobody believes to be watched who is not."""
    scene = Scene()
    gate = Request("2", bake=20, poll=10)
    result = Rollout(scene.release, RolloutRequest("2", (0.1,), gate)).run()
    assert (result.exit, scene.is_due()) == (Exit.DONE, False)
    assert "not watched any further" in result.message
    assert scene.watch().message.startswith("Nothing is to be watched")


@pytest.mark.parametrize("failing", [0, 10])
def test_the_job_died_after_the_promotion_and_the_next_look_finishes(failing: int) -> None:
    """Not while the job may live; then drift tells, and the look confirms or rolls back."""
    scene = Scene(After(failing=failing))

    def die() -> None:
        if scene.live == "2":
            raise Killed

    scene.functions.after_write = die
    with pytest.raises(Killed):
        scene.rollout()
    scene.functions.after_write = None
    assert (scene.live, scene.is_due()) == ("2", True)
    assert "watched until" in scene.watch(abandoned=True).message
    assert scene.is_due()
    assert "nobody has judged it" not in drift(scene.release).message
    scene.clock.elapsed += SECONDS + MARGIN + 60
    assert "nobody has judged it: `watch` does" in drift(scene.release).message
    result = scene.watch(abandoned=True)
    assert (result.exit, scene.live) == ((Exit.FAIL, "1") if failing else (Exit.DONE, "2"))
    assert not scene.is_due()
    assert "nobody has judged it" not in drift(scene.release).message


def test_what_comes_after_the_watch_is_not_judged() -> None:
    """The same answer whoever looks and whenever: an alarm of the morning after is a person's."""
    scene = Scene()
    scene.promote()
    scene.clock.elapsed += 8 * 3600
    morning = scene.clock.now() - timedelta(minutes=5)

    class Late(After):
        def alarms(self, names: object) -> object:  # type: ignore[override]
            found = super().alarms(names)  # type: ignore[arg-type]
            return tuple(replace(each, state="ALARM", changed_at=morning) for each in found)

    scene.monitoring = Late()
    assert (scene.watch().exit, scene.live) == (Exit.DONE, "2")
    assert {policy.until for policy in scene.monitoring.asked} == {
        START + timedelta(seconds=SECONDS)
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_during_the_automatic_rollback(when: str) -> None:
    """Right before its write or right after it: the next look ends with the version before."""
    scene = Scene(After(failing=10))
    scene.promote()

    def die() -> None:
        raise Killed

    setattr(scene.functions, f"{when}_write", die)
    with pytest.raises(Killed):
        scene.watch()
    setattr(scene.functions, f"{when}_write", None)
    scene.clock.elapsed += SECONDS + MARGIN + 60
    scene.watch(abandoned=True)
    seen = alias.read(scene.functions)
    assert (seen.version, seen.record.watch) == ("1", None)
    linked = ledger.read(scene.functions, seen)
    assert [entry.kind for entry in linked].count("rollback") == 1
    assert ledger.disagreement(seen, linked) is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_it_confirms(when: str) -> None:
    """Confirmed once, or once more."""
    scene = Scene()
    scene.promote()

    def die() -> None:
        raise Killed

    setattr(scene.functions, f"{when}_write", die)
    with pytest.raises(Killed):
        scene.watch()
    setattr(scene.functions, f"{when}_write", None)
    assert (scene.watch().exit, scene.live, scene.is_due()) == (Exit.DONE, "2", False)


OTHERS: dict[str, Callable[[Scene], object]] = {
    "a rollback": lambda scene: rollback(scene.release, "1"),
    "a canary": lambda scene: canary(scene.release, "3", 0.1),
    "a promotion": lambda scene: promote(scene.release, "3", reason="now"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_a_second_operator_does_ends_the_watch(what: str) -> None:
    """Theirs stands, though the version fails: no second rollback over it, and nothing is due."""
    scene = Scene()
    scene.promote()
    stood: list[object] = []

    def act() -> None:
        scene.clock.on_sleep = None
        OTHERS[what](scene)
        scene.monitoring.failing = 10
        stood.append(scene.functions.alias)

    scene.clock.on_sleep = act
    result = scene.watch()
    assert (result.exit, scene.functions.alias) == (Exit.FAIL, stood[0])
    assert "changed by somebody else" in result.message
    seen = alias.read(scene.functions)
    assert seen.record.watch is None or seen.version == "3"


def test_a_job_that_is_cancelled_leaves_the_watch_due() -> None:
    """Its clean-up writes the alias as it is: who looks next goes on."""
    scene = Scene()

    def cancel() -> None:
        if scene.live == "2":
            scene.clock.on_sleep = None
            raise KeyboardInterrupt

    scene.clock.on_sleep = cancel
    with pytest.raises(KeyboardInterrupt):
        scene.rollout()
    end_canary(scene.release, fence=True)
    assert (scene.live, scene.is_due()) == ("2", True)
    assert (scene.watch().exit, scene.live, scene.is_due()) == (Exit.DONE, "2", False)


def test_a_rollout_finishes_first_what_a_dead_one_left() -> None:
    """A version that fails is gone before its successor is tried, which then waits for a person."""
    scene = Scene(After(failing=10))
    scene.promote()
    result = scene.rollout("3")
    assert (result.exit, scene.live) == (Exit.FAIL, "1")
    other = Scene()
    other.promote()
    other.monitoring.watched_version = "3"  # the deployment pointed the alarms at it
    assert (other.rollout("3").exit, other.live, other.is_due()) == (Exit.DONE, "3", False)


def test_a_rollout_that_is_run_again_watches_on() -> None:
    """As it goes on with a canary."""
    scene = Scene()
    scene.promote()
    scene.clock.elapsed += 200
    result = scene.rollout()
    assert (result.exit, scene.is_due()) == (Exit.DONE, False)
    assert scene.clock.elapsed == SECONDS


def test_blind_is_inconclusive_and_stays_due() -> None:
    """Neither confirmed nor taken back."""
    scene = Scene()
    scene.promote()
    scene.monitoring.unavailable = True
    result = scene.watch()
    assert (result.exit, scene.live) == (Exit.INCONCLUSIVE, "2")
    assert result.remedy is not None
    assert "nox -s watch -- staging" in result.remedy
    assert scene.is_due()


def test_a_confirmation_whose_writes_are_throttled_is_insisted_on() -> None:
    """And where it stays impossible it is due still."""
    scene = Scene()
    scene.promote()
    calls: list[int] = []

    def throttled() -> None:
        calls.append(1)
        if len(calls) < 5:
            raise UnavailableError("Rate exceeded.")

    scene.functions.before_write = throttled
    assert (scene.watch().exit, scene.is_due()) == (Exit.DONE, False)


def test_a_lost_reply_of_the_confirmation_is_no_conflict() -> None:
    """The SDK repeats, and is refused for what the first request did."""
    scene = Scene()
    scene.promote()

    def lost() -> None:
        scene.functions.after_write = None
        raise AliasChangedError

    scene.functions.after_write = lost
    assert (scene.watch().exit, scene.is_due()) == (Exit.DONE, False)


def test_status_tells_of_the_watch() -> None:
    """Until when, and against which version."""
    scene = Scene()
    scene.promote()
    details = status(scene.release).details
    assert details["watchedUntil"] == "2026-03-01T12:10:00.000Z"
    assert details["watchedAgainst"] == "1"


@given(
    st.text(max_size=300),
    st.sampled_from([None, "0123456789ab"]),
    st.integers(1, 999_999),
    st.integers(0, 7200),
)
def test_the_record_holds_the_watch_whatever_the_reason(
    reason: str, commit: str | None, previous: int, seconds: int
) -> None:
    """256 characters are enough: the reason is cut instead."""
    noted = Watch("2026-03-01T12:00:00.000Z", seconds or 1)
    record = Record(
        str(previous), commit, "forced", reason, None, noted, entry="01234567", write="89abcdef"
    )
    text = alias.encode(record)
    assert len(text) <= alias.DESCRIPTION_LIMIT
    assert alias.decode(text).watch == noted


def test_the_nearest_periods_are_compared() -> None:
    """The last minute before the promotion with the first one after it; what is left is alone."""
    promoted = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
    minute = [promoted.replace(minute=30 + n, hour=11, second=0) for n in range(30)]
    after = [promoted + timedelta(minutes=n, seconds=30) for n in range(2)]
    series = {
        "invocations": {minute[0]: 7.0, after[0]: 10.0, after[1]: 20.0},
        "live_invocations": {minute[27]: 3.0, minute[28]: 2.0, minute[29]: 1.0, after[0]: 99.0},
        "live_errors": {minute[29]: 1.0},
    }
    policy = Policy("f", "production", "2", promoted, promoted, live="1", follows=True)
    samples = count(beside(series, promoted), policy)
    assert (samples.invocations, samples.newest) == (30, after[1])
    assert [(p.candidate.invocations, p.live) for p in samples.periods] == [
        (10, Count(1, 1)),
        (20, Count(2, 0)),
        (0, Count(3, 0)),
    ]


def test_2_a_poll_of_nothing() -> None:
    """One sentence."""
    with pytest.raises(UsageError, match="--poll must be above 0"):
        watch_live(Scene().release, poll=0)
