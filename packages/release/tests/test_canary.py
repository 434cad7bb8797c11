"""The command `canary`: what gets traffic, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from console.errors import UsageError

from release.aws.lambda_functions import Version
from release.commands.canary import canary
from release.result import Exit
from release.state import alias, ledger
from release.tests.fakes import OUTPUTS, FakeFunctions, release_of


def test_gives_the_candidate_its_weight_and_notes_the_start() -> None:
    """The live version stays the alias's primary; the description says since when."""
    functions = FakeFunctions()
    result = canary(release_of(functions), "2", 0.25)
    seen = alias.read(functions)
    assert result.exit is Exit.DONE
    assert (seen.version, seen.weights) == ("1", {"2": 0.25})
    assert seen.record.candidate is not None
    assert seen.record.candidate.since == "2026-03-01T12:00:00.000Z" == result.details["since"]


def test_another_weight_restarts_the_analysis() -> None:
    """A verdict belongs to one canary: stepping its weight takes the verdict away."""
    functions = FakeFunctions()
    canary(release_of(functions), "2", 0.1)
    alias.record_verdict(functions, alias.read(functions), "pass")
    canary(release_of(functions), "2", 0.5)
    candidate = alias.read(functions).record.candidate
    assert candidate is not None
    assert candidate.verdict is None


def test_a_live_candidate_is_nothing_to_promote() -> None:
    """A merge that changes nothing ends cleanly and writes nothing."""
    functions = FakeFunctions(live="2")
    result = canary(release_of(functions), "2", 0.25)
    assert result.exit is Exit.DONE
    assert "Nothing to promote" in result.message
    assert functions.writes == 0


@pytest.mark.parametrize(
    ("version", "weight", "says"),
    [
        ("9", 0.25, "has no version 9"),
        ("$LATEST", 0.25, "LATEST changes with every deployment"),
        ("two", 0.25, "no version number"),
        ("02", 0.25, "no version number"),
        ("2", 1.5, "share from 0 to 1"),
        ("2", -0.1, "share from 0 to 1"),
        ("2", float("nan"), "share from 0 to 1"),
    ],
)
def test_refuses_what_cannot_be_a_canary(version: str, weight: float, says: str) -> None:
    """One sentence, and the alias is not touched."""
    functions = FakeFunctions()
    with pytest.raises(UsageError, match=says):
        canary(release_of(functions), version, weight)
    assert functions.writes == 0


def test_refuses_code_that_is_not_what_was_built() -> None:
    """The version's CodeSha256 must be the deployed artifact's."""
    functions = FakeFunctions()
    functions.versions["2"] = Version("2", "tampered", "Active")
    with pytest.raises(UsageError, match="holds code tampered, not the deployed artifact's sha-2"):
        canary(release_of(functions), "2", 0.25)
    assert functions.writes == 0


def test_refuses_a_candidate_of_unknown_digest() -> None:
    """Without codeSha256 in the outputs nothing proves what the candidate holds."""
    with pytest.raises(UsageError, match="lack codeSha256"):
        canary(release_of(FakeFunctions(), outputs=replace(OUTPUTS, code_sha256=None)), "2", 0.25)


def test_refuses_a_version_that_cannot_run_yet() -> None:
    """A version that is still Pending gets no traffic."""
    functions = FakeFunctions()
    functions.versions["2"] = Version("2", "sha-2", "Pending")
    with pytest.raises(UsageError, match="Pending"):
        canary(release_of(functions), "2", 0.25)


def test_refuses_without_an_alias() -> None:
    """A missing alias is told, not made."""
    with pytest.raises(UsageError, match="does not exist"):
        canary(release_of(FakeFunctions(live=None)), "2", 0.25)


def test_a_write_by_somebody_else_stands() -> None:
    """Losing the compare-and-swap is a fail without effect."""
    functions = FakeFunctions()
    functions.before_write = functions.touch
    result = canary(release_of(functions), "2", 0.25)
    assert result.exit is Exit.FAIL
    assert alias.read(functions).weights == {}


def test_all_the_traffic_needs_a_reason() -> None:
    """A weight of 1 is a promotion that nobody judged; the ledger keeps why."""
    functions = FakeFunctions()
    with pytest.raises(UsageError, match="which no gate has judged"):
        canary(release_of(functions), "2", 1.0)
    assert functions.writes == 0
    assert canary(release_of(functions), "2", 1.0, "version 1 is down").exit is Exit.DONE
    (entry,) = ledger.read(functions, alias.read(functions))
    assert (entry.kind, entry.version, entry.reason) == ("canary", "2", "version 1 is down")


def test_no_canary_is_replaced_unseen() -> None:
    """Somebody watches it: the second one is told what to do, or says why."""
    functions = FakeFunctions("1", "2", "3")
    release = release_of(functions, outputs=replace(OUTPUTS, candidate_version=None))
    canary(release, "2", 0.1)
    with pytest.raises(UsageError, match="Version 2 is the canary of production: end that first"):
        canary(release, "3", 0.1)
    assert alias.read(functions).weights == {"2": 0.1}
    result = canary(release, "3", 0.1, "3 mends it")
    assert "The canary of version 2 has ended." in result.message
    seen = alias.read(functions)
    assert seen.weights == {"3": 0.1}
    assert ledger.read(functions, seen)[0].reason == "3 mends it"
