"""Replies that are lost, writes that are refused: the alias tells what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.errors import AliasChangedError, LastingError, UnavailableError, UnfinishedError
from release.gate.judge import Request, judge
from release.result import Exit, Result
from release.state import alias, ledger
from release.tests.fakes import (
    OUTPUTS,
    FakeClock,
    FakeFunctions,
    FakeMonitoring,
    Wrapped,
    release_of,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from release.aws.lambda_functions import Functions, Invocation
    from release.observation import Alarm
    from release.stored import StoredAlias, StoredEntry

ANY = replace(OUTPUTS, candidate_version=None)
THROTTLED = UnavailableError("AWS throttled the request.")
EXPIRED = LastingError("AWS refused the credentials: sign in again.")


class Repeated(Wrapped):
    """Each write is made, its reply lost, and its repeat refused."""

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Twice with one revision."""
        self.inner.write_alias(version, weights, description, revision)
        return self.inner.write_alias(version, weights, description, revision)

    def create_alias(self, version: str, description: str) -> StoredAlias:
        """Twice under one name."""
        self.inner.create_alias(version, description)
        return self.inner.create_alias(version, description)

    def add_entry(self, entry: StoredEntry) -> None:
        """Twice under one name."""
        self.inner.add_entry(entry)
        self.inner.add_entry(entry)


@dataclass
class Failing(Wrapped):
    """Raises on the calls of a method that `fails` picks by their number, from 0 on."""

    inner: Functions
    method: str
    fails: Callable[[int], Exception | None]
    after: bool = False
    """Whether the call is made all the same."""
    calls: int = field(default=0)

    def __getattribute__(self, name: str) -> object:
        found: object = super().__getattribute__(name)
        if name != super().__getattribute__("method"):
            return found

        def call(*arguments: object) -> object:
            error, self.calls = self.fails(self.calls), self.calls + 1
            if error is not None and not self.after:
                raise error
            answer = found(*arguments)  # type: ignore[operator]
            if error is not None:
                raise error
            return answer

        return call


def always(error: Exception) -> Callable[[int], Exception]:
    """Every call."""
    return lambda _: error


def first(number: int, error: Exception) -> Callable[[int], Exception | None]:
    """So many calls."""
    return lambda call: error if call < number else None


def promoted(*versions: str) -> FakeFunctions:
    """Each of the versions went live, the last one is."""
    functions = FakeFunctions("1", "2", "3")
    for version in versions:
        promote(release_of(functions, outputs=ANY), version, reason="first")
    return functions


def gate(
    functions: Functions, monitoring: FakeMonitoring | None = None, clock: FakeClock | None = None
) -> Result:
    """Two polls."""
    request = Request("2", bake=20, poll=10)
    seen = monitoring or FakeMonitoring()
    return judge(release_of(functions, monitoring=seen, clock=clock or FakeClock()), request)


def served(functions: FakeFunctions) -> tuple[str, dict[str, float]]:
    """Version and weights, of an alias that agrees with its ledger."""
    seen = alias.read(functions)
    assert ledger.disagreement(seen, ledger.read(functions, seen)) is None
    return seen.version, dict(seen.weights)


def roll_out(
    functions: Functions,
    monitoring: FakeMonitoring | None = None,
    steps: tuple[float, ...] = (0.1,),
    clock: FakeClock | None = None,
) -> Result:
    """Version 2, two polls a step."""
    wanted = RolloutRequest("2", steps, Request("2", bake=20, poll=10), reason="now")
    seen = monitoring or FakeMonitoring()
    return Rollout(release_of(functions, monitoring=seen, clock=clock or FakeClock()), wanted).run()


def test_every_command_survives_lost_replies() -> None:
    """Canary, gate, promotion and rollback end as if nothing had happened."""
    functions = FakeFunctions("1", "2", "3")
    lossy, clock = Repeated(functions), FakeClock()
    assert canary(release_of(lossy, clock=clock), "2", 0.5).exit is Exit.DONE
    assert gate(lossy, clock=clock).exit is Exit.DONE
    assert promote(release_of(lossy, clock=clock), "2").exit is Exit.DONE
    assert served(functions) == ("2", {})
    clock.sleep(1)
    assert rollback(release_of(lossy, clock=clock)).exit is Exit.DONE
    assert served(functions) == ("1", {})
    functions.alias = None
    assert rollback(release_of(lossy, clock=clock)).exit is Exit.DONE
    assert served(functions) == ("1", {})


def test_a_gate_whose_replies_are_lost_still_ends_a_bad_canary() -> None:
    """It failed: that is no change by somebody else."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)
    result = gate(Repeated(functions), FakeMonitoring(errors=136))
    assert (result.exit, result.details["restored"]) == (Exit.FAIL, True)
    assert served(functions) == ("1", {})


def test_a_write_that_was_made_but_not_answered_is_done() -> None:
    """A timeout is no refusal."""
    functions = promoted("2")
    lossy = Failing(functions, "write_alias", always(THROTTLED), after=True)
    assert rollback(release_of(lossy)).exit is Exit.DONE
    assert served(functions) == ("1", {})


def test_a_write_that_was_not_made_is_refused() -> None:
    """Nothing was changed, and somebody else's write is told apart."""
    functions = promoted("2")
    for error in (THROTTLED, AliasChangedError()):
        with pytest.raises(type(error)):
            alias.record_verdict(
                Failing(functions, "write_alias", always(error)), alias.read(functions), "pass"
            )
    seen = alias.read(functions)
    functions.touch()
    with pytest.raises(AliasChangedError):
        alias.record_verdict(functions, seen, "pass")


def test_a_write_that_nobody_can_confirm_is_unfinished() -> None:
    """Neither done nor refused: the sentence says that it is not known."""
    functions = promoted("2")
    seen = alias.read(functions)
    store = Failing(functions, "write_alias", always(THROTTLED))
    blind = Failing(store, "read_alias", always(THROTTLED))
    with pytest.raises(UnfinishedError, match="is not known"):
        alias.record_verdict(blind, seen, "pass")


def test_a_rollback_that_was_not_confirmed_says_so_and_its_repeat_goes_no_further() -> None:
    """GetAlias is throttled after the write: moved, not confirmed; again changes nothing."""
    functions = promoted("2", "3")
    blind = Failing(functions, "read_alias", lambda call: THROTTLED if call >= 2 else None)
    with pytest.raises(UnfinishedError, match=r"moved to version 2, not confirmed.*--version 2"):
        rollback(release_of(blind))
    assert served(functions) == ("2", {})
    with pytest.raises(UsageError, match="rolled back already"):
        rollback(release_of(functions))
    assert rollback(release_of(functions), "2").details["changed"] is False
    assert served(functions) == ("2", {})


def test_a_reading_that_is_throttled_for_a_moment_is_repeated() -> None:
    """One lost confirmation is no lost rollback."""
    functions = promoted("2")
    flicker = Failing(functions, "read_alias", lambda call: THROTTLED if call == 2 else None)
    assert rollback(release_of(flicker)).exit is Exit.DONE


@pytest.mark.parametrize("method", ["add_entry", "entries", "find_version"])
@pytest.mark.parametrize("after", [False, True])
def test_a_rollback_waits_for_nothing_but_the_alias(method: str, *, after: bool) -> None:
    """Whatever becomes of the ledger, the alias moves."""
    functions = promoted("2")
    broken = Failing(functions, method, always(THROTTLED), after=after)
    assert rollback(release_of(broken)).exit is Exit.DONE
    assert alias.read(functions).version == "1"


def test_a_fail_is_put_back_however_long_aws_refuses() -> None:
    """UpdateAlias is throttled for a while: the canary does not stay unwatched."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)
    result = gate(
        Failing(functions, "write_alias", first(20, THROTTLED)), FakeMonitoring(errors=136)
    )
    assert (result.exit, result.details["restored"]) == (Exit.FAIL, True)
    assert served(functions) == ("1", {})


def test_a_pass_that_is_never_recorded_ends_the_canary() -> None:
    """Nobody can promote it, and nobody watches it."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)
    clock = FakeClock()

    def fails(_: int) -> Exception | None:
        return THROTTLED if clock.elapsed < 325 else None

    result = gate(Failing(functions, "write_alias", fails), clock=clock)
    assert (result.exit, result.details["restored"]) == (Exit.INCONCLUSIVE, True)
    assert "could not be recorded" in result.message
    assert served(functions) == ("1", {})


def test_expired_credentials_end_the_watch_at_once() -> None:
    """No later look could read more; it does not poll until its patience ends."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)
    clock = FakeClock()

    class Expired(FakeMonitoring):
        def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
            raise EXPIRED from ZeroDivisionError(names)

    result = gate(functions, Expired(), clock)
    assert (result.exit, clock.elapsed) == (Exit.INCONCLUSIVE, 0)
    assert "sign in again" in result.message
    assert served(functions) == ("1", {})


def test_whatever_breaks_the_watch_ends_the_canary() -> None:
    """Not only Ctrl-C."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)

    class Broken(FakeMonitoring):
        def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
            raise ZeroDivisionError(names)

    result = gate(functions, Broken())
    assert result.exit is Exit.INCONCLUSIVE
    assert "the watch broke (ZeroDivisionError" in result.message
    assert served(functions) == ("1", {})


def test_one_lost_connection_among_synthetic_events_is_no_sample() -> None:
    """The next event is sent; the canary is watched on."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.5)
    answer, sent = functions.answer, iter([False, True])

    def lost(qualifier: str, payload: bytes) -> Invocation:
        if next(sent, False):
            raise THROTTLED
        return answer(qualifier, payload)

    functions.answer = lost
    request = Request("2", bake=20, poll=10, on_inconclusive="synthetic")
    result = judge(release_of(functions, monitoring=FakeMonitoring(invocations=0)), request)
    assert result.exit is Exit.DONE


@pytest.mark.parametrize("error", [THROTTLED, EXPIRED, ZeroDivisionError("unforeseen")])
def test_a_rollout_that_is_stopped_after_its_gate_leaves_no_canary(error: Exception) -> None:
    """Reads are throttled once the gate has passed: the canary ends, and 2 would be a lie."""
    functions = FakeFunctions("1", "2", "3")

    def fails(_: int) -> Exception | None:
        candidate = alias.read(functions).record.candidate
        return error if candidate and candidate.verdict == "pass" else None

    store = Failing(functions, "find_version", fails)
    with pytest.raises(UnfinishedError, match="canary was ended"):
        roll_out(store)
    assert served(functions) == ("1", {})


def test_a_rollout_all_at_once_goes_on_rolling_back() -> None:
    """Throttled far more often than an SDK repeats: it does not leave the bad version."""
    functions = FakeFunctions("1", "2", "3")
    store = Failing(functions, "write_alias", lambda call: THROTTLED if 0 < call < 30 else None)
    result = roll_out(store, Rising(), ())
    assert (result.exit, watched(result)["restored"]) == (Exit.FAIL, True)
    assert served(functions) == ("1", {})


def test_a_rollout_all_at_once_that_cannot_go_back_names_what_is_live() -> None:
    """Exit 1 and the command."""
    functions = FakeFunctions("1", "2", "3")
    store = Failing(functions, "write_alias", lambda call: THROTTLED if call else None)
    result = roll_out(store, Rising(), ())
    assert (result.exit, watched(result)["restored"]) == (Exit.FAIL, False)
    assert "serves version 2" in result.message
    assert "--version 1" in result.message


@pytest.mark.parametrize("error", [THROTTLED, EXPIRED])
def test_a_rollout_all_at_once_that_sees_no_alarm_is_inconclusive(error: Exception) -> None:
    """Unreadable is not quiet."""
    functions = FakeFunctions("1", "2", "3")

    class Blind(FakeMonitoring):
        def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
            self.polls += 1
            if self.polls > 1:
                raise error
            return super().alarms(names)

    result = roll_out(functions, Blind(), ())
    assert result.exit is Exit.INCONCLUSIVE
    assert "Version 2 is live, and nobody knows how it does" in result.message


def watched(result: Result) -> dict[str, object]:
    """What the watch after the promotion says."""
    found = result.details["watch"]
    assert isinstance(found, dict)
    return found


class Rising(FakeMonitoring):
    """Quiet before the shift, an alarm after it."""

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """In ALARM from the second look on."""
        self.polls += 1
        return tuple(watching(name, "2", "ALARM" if self.polls > 1 else "OK") for name in names)
