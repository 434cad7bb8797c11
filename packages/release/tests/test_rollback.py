"""The command `rollback`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import choose, end_canary, rollback
from release.errors import UnavailableError
from release.result import summarise
from release.state import alias, ledger
from release.state.alias import Record
from release.state.ledger import Figures
from release.tests.fakes import OUTPUTS, FakeFunctions, Wrapped, release_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from release.stored import StoredEntry

ANY = replace(OUTPUTS, candidate_version=None)


def promoted() -> FakeFunctions:
    """Version 2 live, version 1 before it."""
    functions = FakeFunctions("1", "2", "3")
    promote(release_of(functions), "2", reason="first")
    functions.writes = 0
    return functions


def test_returns_to_the_previous_version_in_one_write() -> None:
    """One UpdateAlias, no weights, and the time it took."""
    functions = promoted()
    result = rollback(release_of(functions))
    seen = alias.read(functions)
    assert functions.writes == 1
    assert (seen.version, seen.weights, seen.record.previous) == ("1", {}, "2")
    assert result.details["seconds"] == 0.0


def test_twice_neither_undoes_itself_nor_goes_further() -> None:
    """A repeat is no wish to leave the version that the first one went back to: that is named."""
    functions = promoted()
    promote(release_of(functions, outputs=ANY), "3", reason="second")
    rollback(release_of(functions, outputs=ANY))
    with pytest.raises(UsageError, match=r"from version 3 to 2.*--version 1"):
        rollback(release_of(functions, outputs=ANY))
    assert alias.read(functions).version == "2"
    rollback(release_of(functions, outputs=ANY), "1")
    with pytest.raises(UsageError, match="no good version before 1"):
        rollback(release_of(functions, outputs=ANY))
    rollback(release_of(functions, outputs=ANY), "3", reason="it was not its fault")
    seen = alias.read(functions)
    assert (seen.version, seen.record.previous) == ("3", "1")


def test_a_good_version_is_found_behind_a_bad_one() -> None:
    """The previous one was rolled back from earlier; the ledger knows the one before it."""
    functions = FakeFunctions(*"12345")
    for version in "23":
        promote(release_of(functions, outputs=ANY), version, reason="next")
    rollback(release_of(functions, outputs=ANY))
    promote(release_of(functions, outputs=ANY), "4", reason="mended")
    rollback(release_of(functions, outputs=ANY))
    assert alias.read(functions).version == "2"
    with pytest.raises(UsageError, match="--version 1"):
        rollback(release_of(functions, outputs=ANY))


def judged(functions: FakeFunctions, version: str, verdict: str, figures: Figures) -> None:
    """A gate's word on a candidate, as the ledger has it."""
    seen = alias.read(functions)
    entry = ledger.Entry(
        version, "gate", "2026-03-01T12:00:00Z", before=seen.version, verdict=verdict,
        parent=seen.record.entry, figures=figures,
    )  # fmt: skip
    alias.record_verdict(functions, seen, verdict, ledger.write(functions, entry))


@pytest.mark.parametrize(("live_errors", "target"), [(180, "2"), (91, "2"), (90, "3"), (0, "3")])
def test_a_version_that_the_ledger_shows_failing_is_skipped(live_errors: int, target: str) -> None:
    """Most of its answers were errors when the gate saw it beside its successor: that is said."""
    functions = FakeFunctions(*"12345")
    for version in "234":
        canary(release_of(functions, outputs=ANY), version, 0.1)
        errors = live_errors if version == "4" else 0
        judged(functions, version, "pass", Figures(310, 0, 180, errors, 0, 12, 12))
        promote(release_of(functions, outputs=ANY), version)
    result = rollback(release_of(functions, outputs=ANY))
    assert alias.read(functions).version == target
    said = f"Version 3 was skipped: {live_errors} of its last 180 invocations failed."
    assert (said in result.message) == (target == "2")
    remarks = result.details["remarks"]
    assert isinstance(remarks, list)
    assert remarks[:-1] == ([said] if target == "2" else [])


def test_without_a_ledger_the_alias_knows_the_previous_version() -> None:
    """It is urgent and does not wait; what the alias itself says was left is left all the same."""
    functions = promoted()
    functions.no_ledger = True
    functions.ledger.clear()
    rollback(release_of(functions))
    assert alias.read(functions).version == "1"
    assert rollback(release_of(functions)).details["changed"] is False
    with pytest.raises(UsageError, match="no good version before 1"):
        choose(alias.read(functions), (), OUTPUTS)


def test_what_the_ledger_lacks_is_told_and_added() -> None:
    """The alias moved without the ledger: `drift` says so, a repeat mends it."""
    functions = promoted()
    functions.no_ledger = True
    result = rollback(release_of(functions))
    assert "not be written: `nox -s rollback -- staging --version 1` does so" in result.message
    seen = alias.read(functions)
    told = ledger.disagreement(seen, ledger.read(functions, seen))
    assert "the rollback from version 2 to 1 could not be written" in (told or "")
    functions.no_ledger = False
    rollback(release_of(functions))
    seen = alias.read(functions)
    assert ledger.disagreement(seen, ledger.read(functions, seen)) is None
    assert seen.version == "1"


def test_a_ledger_that_cannot_be_read_stops_no_rollback() -> None:
    """The same."""

    class Illegible(Wrapped):
        def entries(self) -> Sequence[StoredEntry]:
            raise UnavailableError("AWS denied access while reading the ledger.")

    functions = promoted()
    rollback(release_of(Illegible(functions)))
    assert alias.read(functions).version == "1"
    rollback(release_of(Illegible(functions)), "2")
    assert alias.read(functions).version == "2"


def test_what_is_live_again_has_its_commit_again() -> None:
    """Alias and ledger say from which commit, as its promotion did."""
    functions = FakeFunctions("1", "2", "3")
    for version in "23":
        commit = version * 40
        promote(release_of(functions, outputs=ANY), version, commit=commit, reason="next")
    rollback(release_of(functions, outputs=ANY))
    seen = alias.read(functions)
    assert (seen.version, seen.record.commit) == ("2", "2" * 12)
    assert ledger.read(functions, seen)[0].commit == "2" * 12


def test_during_a_canary_both_are_done() -> None:
    """The live version is left, and the canary ends with the same write; that is said."""
    functions = promoted()
    canary(release_of(functions), "3", 0.25)
    functions.writes = 0
    result = rollback(release_of(functions))
    seen = alias.read(functions)
    assert (seen.version, seen.weights, seen.record.previous) == ("1", {}, "2")
    assert (functions.writes, result.details["endedCanary"]) == (1, "3")
    assert "serves version 1 alone (before: 2 with canary 3)" in result.message


def test_a_canary_on_a_first_version_ends_by_its_name_only() -> None:
    """There is nothing to go back to: nothing is done by halves, and the way out is named."""
    functions = FakeFunctions("1", "2")
    canary(release_of(functions), "2", 0.25)
    functions.writes = 0
    with pytest.raises(UsageError, match=r"no good version before 1.*version 2, ends by --canary"):
        rollback(release_of(functions))
    assert functions.writes == 0


def test_a_repeat_during_a_new_canary_goes_no_further() -> None:
    """The live version has been gone back to already; both ways on are named."""
    functions = promoted()
    promote(release_of(functions, outputs=ANY), "3", reason="second")
    rollback(release_of(functions, outputs=ANY))
    canary(release_of(functions, outputs=ANY), "3", 0.1, "once more")
    with pytest.raises(UsageError, match=r"--version 1. Its canary, version 3, ends by --canary"):
        rollback(release_of(functions, outputs=ANY))
    assert alias.read(functions).weights == {"3": 0.1}


@pytest.mark.parametrize(
    ("verdict", "says"), [(None, "was never judged good"), ("inconclusive", "was never judged"),
                          ("fail", "is known to be bad")],
)  # fmt: skip
def test_what_nobody_takes_for_good_needs_a_reason(verdict: str | None, says: str) -> None:
    """It was never live, and no gate passed it: with a reason it is done, and the ledger has it."""
    functions = promoted()
    if verdict:
        canary(release_of(functions, outputs=ANY), "3", 0.1)
        judged(functions, "3", verdict, Figures(310, 0, 180, 0, 0, 12, 12))
        end_canary(release_of(functions, outputs=ANY))
    functions.writes = 0
    with pytest.raises(UsageError, match=f"Version 3 {says}.*--reason"):
        rollback(release_of(functions, outputs=ANY), "3", reason=" ")
    assert functions.writes == 0
    rollback(release_of(functions, outputs=ANY), "3", reason="the only one that works")
    seen = alias.read(functions)
    assert seen.version == "3"
    assert ledger.read(functions, seen)[0].reason == "the only one that works"


def test_what_the_gate_passed_needs_no_reason() -> None:
    """Nor does what was live."""
    functions = promoted()
    canary(release_of(functions, outputs=ANY), "3", 0.1)
    judged(functions, "3", "pass", Figures(310, 0, 180, 0, 0, 12, 12))
    rollback(release_of(functions, outputs=ANY), "3")
    assert alias.read(functions).version == "3"


def test_what_a_rollback_left_as_it_was_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each of its two kinds, in the job's summary as well."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    functions = promoted()
    canary(release_of(functions, outputs=ANY), "3", 0.1)
    ended = end_canary(release_of(functions, outputs=ANY))
    assert "serves version 2 alone (before: 2 with canary 3)" in ended.message
    left = "Not changed: version 2, which was live already; `nox -s rollback -- staging` leaves it"
    assert left in ended.message
    assert ended.change is not None
    summarise("rollback", ended.change)
    assert left in summary.read_text()
    assert "Not changed: what is merged" in rollback(release_of(functions, outputs=ANY)).message


def test_to_a_named_version_it_clears_a_canary_too() -> None:
    """A version on request gets all the traffic."""
    functions = promoted()
    canary(release_of(functions), "3", 0.25)
    rollback(release_of(functions), "1")
    seen = alias.read(functions)
    assert (seen.version, seen.weights) == ("1", {})


def test_to_what_is_served_already_it_writes_nothing() -> None:
    """Running it again converges."""
    functions = promoted()
    assert rollback(release_of(functions), "2").details["changed"] is False
    assert functions.writes == 0


@pytest.mark.parametrize(
    ("version", "says"), [("9", "no version 9"), ("$LATEST", "LATEST"), ("v1", "no version number")]
)
def test_refuses_what_cannot_be_served(version: str, says: str) -> None:
    """One sentence, no write."""
    functions = promoted()
    with pytest.raises(UsageError, match=says):
        rollback(release_of(functions), version)
    assert functions.writes == 0


@pytest.mark.parametrize("record", [None, Record(), Record(previous="1")])
def test_without_a_previous_version_it_says_so(record: Record | None) -> None:
    """A first release, a foreign description, or a record of itself: a version must be named."""
    with pytest.raises(UsageError, match="no good version before 1"):
        rollback(release_of(FakeFunctions(record=record)))


def test_a_racing_write_does_not_stop_it() -> None:
    """It is urgent: after a lost compare-and-swap it reads again and writes its target."""
    functions = promoted()
    races = iter([functions.touch, functions.touch])
    functions.before_write = lambda: next(races, lambda: None)()
    rollback(release_of(functions))
    assert alias.read(functions).version == "1"


def test_two_at_once_do_not_undo_each_other() -> None:
    """The loser finds its target served and is content, instead of toggling back."""
    functions = promoted()

    def other() -> None:
        functions.before_write = None
        rollback(release_of(functions))

    functions.before_write = other
    rollback(release_of(functions))
    assert alias.read(functions).version == "1"
    assert functions.writes == 1


def test_endless_races_end() -> None:
    """Its patience is bounded."""
    functions = promoted()
    functions.before_write = functions.touch
    with pytest.raises(UnavailableError, match="too fast"):
        rollback(release_of(functions))


def test_ending_only_a_canary_leaves_the_live_version() -> None:
    """The weights go, the live version and its way back stay."""
    functions = promoted()
    canary(release_of(functions), "3", 0.25)
    result = end_canary(release_of(functions))
    seen = alias.read(functions)
    assert (seen.version, seen.weights, seen.record.previous) == ("2", {}, "1")
    assert (result.details["changed"], result.details["endedCanary"]) == (True, "3")


def test_without_a_canary_there_is_none_to_end() -> None:
    """A clean-up step after a release that went well does nothing."""
    functions = promoted()
    assert end_canary(release_of(functions)).details["changed"] is False
    assert (alias.read(functions).version, functions.writes) == ("2", 0)


def test_ending_a_canary_does_not_undo_a_racing_promotion() -> None:
    """The canary that went live in between is live; there is nothing left to end."""
    functions = promoted()
    canary(release_of(functions), "3", 0.25)

    def other() -> None:
        functions.before_write = None
        promote(release_of(functions), "3", reason="race")

    functions.before_write = other
    end_canary(release_of(functions))
    assert alias.read(functions).version == "3"
