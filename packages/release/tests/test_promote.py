"""The command `promote`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from console.errors import UsageError

from release.aws.lambda_functions import Version
from release.commands.canary import canary
from release.commands.promote import promote
from release.result import Exit
from release.state import alias
from release.tests.fakes import FakeFunctions, release_of


def with_canary(verdict: str | None) -> FakeFunctions:
    """Version 1 live, version 2 its canary, judged thus."""
    functions = FakeFunctions("1", "2", "3")
    canary(release_of(functions), "2", 0.25)
    if verdict is not None:
        alias.record_verdict(functions, alias.read(functions), verdict)
    functions.writes = 0
    return functions


def test_a_canary_that_passed_goes_live_in_one_write() -> None:
    """Version, no weights, previous, commit and verdict, all by one UpdateAlias."""
    functions = with_canary("pass")
    result = promote(release_of(functions), "2", commit="0123456789abcdef")
    seen = alias.read(functions)
    assert result.exit is Exit.DONE
    assert functions.writes == 1
    assert (seen.version, seen.weights) == ("2", {})
    assert (seen.record.previous, seen.record.commit) == ("1", "0123456789ab")
    assert seen.record.verdict == "pass"


def test_again_changes_nothing() -> None:
    """Promoting what is live converges."""
    functions = with_canary("pass")
    promote(release_of(functions), "2")
    result = promote(release_of(functions), "2")
    assert (result.exit, result.details["changed"]) == (Exit.DONE, False)
    assert functions.writes == 1
    assert alias.read(functions).record.previous == "1"


@pytest.mark.parametrize("verdict", [None, "fail", "inconclusive"])
def test_a_canary_that_did_not_pass_is_refused(verdict: str | None) -> None:
    """Inconclusive never promotes, nor does a gate that never ran."""
    functions = with_canary(verdict)
    with pytest.raises(UsageError, match="gate has not passed version 2"):
        promote(release_of(functions), "2")
    assert functions.writes == 0


def test_a_version_that_is_no_canary_is_refused() -> None:
    """Only what was watched goes live."""
    functions = with_canary("pass")
    with pytest.raises(UsageError, match="neither live nor the canary"):
        promote(release_of(functions), "3")
    assert functions.writes == 0


def test_a_verdict_does_not_outlive_its_canary() -> None:
    """After the canary was taken back, its old pass opens nothing."""
    functions = with_canary("pass")
    alias.end_canary(functions, alias.read(functions), "pass")
    with pytest.raises(UsageError, match="neither live nor the canary"):
        promote(release_of(functions), "2")


def test_a_reason_breaks_the_glass_and_is_recorded() -> None:
    """Forced promotions say so on the alias."""
    functions = with_canary(None)
    promote(release_of(functions), "3", reason="hotfix for the price rounding")
    record = alias.read(functions).record
    assert (record.verdict, record.reason) == ("forced", "hotfix for the price rounding")


def test_a_blank_reason_is_none() -> None:
    """Break-glass needs words."""
    with pytest.raises(UsageError, match="neither live"):
        promote(release_of(with_canary(None)), "3", reason="  ")


def test_even_a_reason_does_not_make_foreign_code_live() -> None:
    """The candidate must be what was built, glass or no glass."""
    functions = with_canary("pass")
    functions.versions["2"] = Version("2", "tampered", "Active")
    with pytest.raises(UsageError, match="holds code tampered"):
        promote(release_of(functions), "2", reason="urgent")


def test_a_live_version_does_not_end_another_canary() -> None:
    """Promoting the live version while another is canary is refused, not half-done."""
    functions = with_canary(None)
    with pytest.raises(UsageError, match="2 is its canary"):
        promote(release_of(functions), "1")
    assert alias.read(functions).weights == {"2": 0.25}


def test_weights_that_a_killed_promotion_left_are_cleared() -> None:
    """Run again after dying before Lambda's own weights were gone, it converges."""
    functions = with_canary("pass")
    promote(release_of(functions), "2", commit="0123456")
    assert functions.alias is not None
    functions.alias = replace(functions.alias, weights={"1": 0.5})
    result = promote(release_of(functions), "2")
    seen = alias.read(functions)
    assert result.exit is Exit.DONE
    assert (seen.weights, seen.record.previous, seen.record.commit) == ({}, "1", "0123456")


def test_a_commit_must_be_one() -> None:
    """What the alias records is a commit or nothing."""
    with pytest.raises(UsageError, match="is no commit"):
        promote(release_of(with_canary("pass")), "2", commit="main")
