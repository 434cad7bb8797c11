"""An alias that somebody deleted: what each command says, and how `rollback` brings it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st
from service.names import Names

from release.cli.main import main
from release.commands.drift import drift
from release.commands.promote import promote
from release.commands.rollback import end_canary, rollback
from release.errors import NoAliasError, UnavailableError
from release.result import Exit
from release.state import alias, ledger
from release.state.ledger import Entry
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, release_of

if TYPE_CHECKING:
    from pathlib import Path

    from release.tests.conftest import Stack

ANY = replace(OUTPUTS, candidate_version=None)


def lost(*promoted: str) -> FakeFunctions:
    """A function whose alias served those versions, one after the other, and then was deleted."""
    functions = FakeFunctions("1", "2", "3")
    clock = FakeClock()
    for version in promoted:
        clock.sleep(1)
        promote(
            release_of(functions, outputs=ANY, clock=clock),
            version,
            commit="a" * 39 + version,
            reason="next",
        )
    functions.alias, functions.writes = None, 0
    return functions


def later() -> FakeClock:
    """A clock a minute on."""
    clock = FakeClock()
    clock.sleep(60)
    return clock


def test_it_serves_again_what_was_live() -> None:
    """One call; version, commit and the way back are the ledger's, and both agree again."""
    functions = lost("2", "3")
    result = rollback(release_of(functions, outputs=ANY, clock=later()), reason="deleted by hand")
    seen = alias.read(functions)
    assert (seen.version, seen.weights, functions.writes) == ("3", {}, 1)
    assert (seen.record.previous, seen.record.commit) == ("2", "a" * 12)
    linked = ledger.read(functions, seen)
    assert [entry.verdict for entry in linked] == ["restored", "forced", "forced"]
    assert linked[0].reason == "deleted by hand"
    assert ledger.disagreement(seen, linked) is None
    assert "serves version 3 again" in result.message
    assert result.details["restored"] is True


def test_to_a_version_or_a_commit_on_request() -> None:
    """Whoever names one is believed; what was live before becomes the way back."""
    for named in ({"version": "2"}, {"commit": "a" * 39 + "2"}):
        functions = lost("2", "3")
        rollback(release_of(functions, outputs=ANY, clock=later()), **named)
        seen = alias.read(functions)
        expected = ("2", "3") if "version" in named else ("3", "2")
        assert (seen.version, seen.record.previous) == expected


def test_what_was_rolled_back_from_stays_refused() -> None:
    """The ledger's memory survives the alias."""
    functions = lost("2", "3")
    rollback(release_of(functions, outputs=ANY, clock=later()), "3")
    clock = later()
    clock.sleep(60)
    rollback(release_of(functions, outputs=ANY, clock=clock), "2")
    functions.alias = None
    clock.sleep(60)
    rollback(release_of(functions, outputs=ANY, clock=clock))
    seen = alias.read(functions)
    assert seen.version == "2"
    assert set(ledger.left_versions(ledger.read(functions, seen))) == {"3"}


def test_a_stack_that_was_never_released_is_to_be_deployed() -> None:
    """Nobody knows what to serve, and the sentence is the old one; nothing is written."""
    functions = lost()
    with pytest.raises(NoAliasError, match="does not exist"):
        rollback(release_of(functions, outputs=ANY))
    assert (functions.alias, functions.ledger) == (None, {})
    assert rollback(release_of(functions, outputs=ANY), "1").exit is Exit.DONE
    assert alias.read(functions).version == "1"


def test_a_version_that_is_gone_is_refused() -> None:
    """Before anything is written."""
    functions = lost("2")
    with pytest.raises(UsageError, match="no version 9"):
        rollback(release_of(functions, outputs=ANY, clock=later()), "9")
    assert functions.alias is None


def test_a_deployment_that_made_it_meanwhile_is_not_overwritten() -> None:
    """The alias that is there stands, and the sentence says to look."""
    functions = lost("2")

    def deployed() -> None:
        functions.before_write = None
        functions.create_alias("3", "made by the deployment")

    functions.before_write = deployed
    with pytest.raises(UnavailableError, match="come back"):
        rollback(release_of(functions, outputs=ANY, clock=later()))
    assert alias.read(functions).version == "3"


def test_it_does_not_wait_for_the_ledger() -> None:
    """An entry that cannot be written does not keep events refused."""
    functions = lost("2")
    functions.no_ledger = True
    rollback(release_of(functions, outputs=ANY, clock=later()))
    seen = alias.read(functions)
    assert seen.version == "2"
    assert ledger.disagreement(seen, ledger.read(functions, seen)) is None


@given(st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=6))
def test_whatever_was_promoted_last_is_served_again(versions: list[str]) -> None:
    """For every history, repetitions included."""
    functions = FakeFunctions("1", "2", "3")
    clock = FakeClock()
    for version in versions:
        clock.sleep(1)
        promote(release_of(functions, outputs=ANY, clock=clock), version, reason="next")
    before, functions.alias = alias.read(functions), None
    clock.sleep(1)
    if before.record.entry is None:  # version 1 was live from the start: nothing is on record
        with pytest.raises(NoAliasError):
            rollback(release_of(functions, outputs=ANY, clock=clock))
        return
    rollback(release_of(functions, outputs=ANY, clock=clock))
    after = alias.read(functions)
    assert (after.version, after.record.previous) == (before.version, before.record.previous)


def test_drift_names_it() -> None:
    """A finding like any other: status 1."""
    result = drift(release_of(lost("2"), outputs=ANY))
    assert result.exit is Exit.FAIL
    assert "does not exist" in result.message


def test_cleaning_up_makes_no_alias() -> None:
    """Only a rollback that somebody asked for does."""
    with pytest.raises(NoAliasError):
        end_canary(release_of(lost("2"), outputs=ANY))


def test_the_newest_entry_counts_even_if_it_was_never_committed() -> None:
    """A promotion that died between entry and alias is the last decision on record."""
    functions = lost("2")
    (head,) = (each.name for each in functions.ledger.values())
    ledger.write(functions, Entry("3", "promote", "2027-01-01T00:00:00.000Z", parent=head))
    rollback(release_of(functions, outputs=ANY, clock=later()))
    assert alias.read(functions).version == "3"


@pytest.mark.usefixtures("emulated_aws")
def test_on_lambda_without_an_outputs_file(
    stack: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A machine that knows the stack's name alone finds what is left and brings the alias back."""
    monkeypatch.setattr(Names, "function", property(lambda _: stack.function))
    functions = boto3.client("lambda")
    path = str(tmp_path / "outputs.json")
    assert main(["--outputs", path, "discover", "--stack", "any"]) == 0
    assert main(["--outputs", path, "promote", "--version", "2", "--reason", "first"]) == 0
    functions.delete_alias(FunctionName=stack.function, Name="production")
    (tmp_path / "outputs.json").unlink()
    assert main(["--outputs", path, "discover", "--stack", "any"]) == 0
    assert main(["--outputs", path, "status"]) == 2
    assert "`rollback`" in capsys.readouterr().err
    assert main(["--outputs", path, "drift"]) == 1
    assert main(["--outputs", path, "rollback"]) == 0
    found = functions.get_alias(FunctionName=stack.function, Name="production")
    assert found["FunctionVersion"] == "2"
    assert main(["--outputs", path, "ledger"]) == 0
    assert main(["--outputs", path, "rollback", "--version", "1"]) == 0
