"""A deployment that is killed, and what brings the stack back."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from console.checkout import IMPORTED_FROM
from engine import plugin

if TYPE_CHECKING:
    from pathlib import Path

    from infra.tests.pulumi.team import Team

KINDS = {
    "Role", "RolePolicy", "RolePolicyAttachment", "LogGroup", "Queue", "Table", "Function",
    "Alias", "FunctionEventInvokeConfig", "MetricAlarm", "Dashboard",
}  # fmt: skip


class Killer:
    """Kills the CLI of one deployment around a call to AWS."""

    def __init__(self, team: Team, place: Path) -> None:
        self._team, self._place = team, place / "killing"
        self._place.mkdir()
        path = self._place / plugin.NAME
        module = "infra.tests.pulumi.killing"
        run = f'PYTHONPATH="{IMPORTED_FROM}" exec "{sys.executable}" -m {module} "$@"'
        path.write_text(f"#!/bin/sh\n{run}\n", "utf-8")
        path.chmod(0o755)

    def run(self, when: str, *verb: str) -> tuple[int, str, list[str]]:
        """Return status, words, and the calls around which it was killed, if it came so far."""
        note = self._place / "killed"
        note.unlink(missing_ok=True)
        path = f"{self._place}:{self._team.environment['PATH']}"
        status, said = self._team.run(
            *(verb or ("deploy",)), PATH=path, KILL_AT=when, KILLED=str(note)
        )
        return status, said, note.read_text("utf-8").splitlines() if note.exists() else []

    def until_done(self, *verb: str) -> list[str]:
        """Kill and recover until nothing is left to be killed; return what was pending."""
        pending: list[str] = []
        again = 0
        for _ in range(40):
            status, said, calls = self.run(f"wave:{max(0, again - 1)}", *verb)
            if not calls:
                assert status == 0, said
                return pending
            assert status == 1, said
            said = self._team.must("recover", "--yes")
            assert "Locked: " in said
            now = [line for line in said.splitlines() if line.startswith("Pending: ")]
            # A function's change begins anew each time: let it get a call further than the last.
            again = again + 1 if any(" Function " in line for line in now) else 0
            pending += now
        raise AssertionError(f"it never came to an end: {calls}")


@pytest.fixture
def killer(team: Team, tmp_path: Path) -> Killer:
    """Return who kills the team's deployments."""
    return Killer(team, tmp_path)


def test_a_creation_killed_after_every_call_is_completed(team: Team, killer: Killer) -> None:
    """Each resource in turn is made and not recorded; nothing is lost, doubled or deleted."""
    pending = killer.until_done()
    created = {line.split()[2] for line in pending if line.startswith("Pending: creating")}
    assert created == KINDS
    assert "nothing is pending" in team.must("recover")
    assert "0 changed" in team.must("deploy")
    team.must("drift")
    # No version but the one that is complete: half a function was never published.
    version = team.outputs["candidateVersion"]
    published = team.client("lambda").get_function_configuration(
        FunctionName=team.function, Qualifier=version
    )
    assert published["CodeSha256"] == team.outputs["codeSha256"]


@pytest.mark.parametrize("number", [1, 9])
def test_what_was_never_made_is_forgotten(team: Team, killer: Killer, number: int) -> None:
    """A pending creation of which AWS knows nothing: the next deployment makes it."""
    _, _, [call] = killer.run(f"before:{number}")
    said = team.must("recover", "--yes")
    assert ": AWS has none" in said, call
    team.must("deploy")
    team.must("drift")


def test_an_update_killed_after_every_call_is_completed(team: Team, killer: Killer) -> None:
    """Also where the function was changed, and not yet published."""
    team.must("deploy")
    team.configure(memoryMb=256, logRetentionDays=14, releaseDurationMs=2000)
    pending = killer.until_done()
    assert any(line.startswith("Pending: updating Function") for line in pending)
    team.must("deploy")
    published = team.client("lambda").get_function_configuration(
        FunctionName=team.function, Qualifier=team.outputs["candidateVersion"]
    )
    assert published["MemorySize"] == 256
    team.must("drift")


def test_a_version_whose_publication_was_refused_is_published_after_all(
    team: Team, killer: Killer
) -> None:
    """The provider records the change as done; a deployment alone would publish nothing."""
    team.must("deploy")
    team.configure(memoryMb=256)
    status, _, calls = killer.run("refuse:PublishVersion")
    assert (status, calls) == (1, ["PublishVersion"])
    status, said = team.run("deploy")
    assert status == 2
    assert "updating Function processor" in said
    team.must("recover", "--yes")
    team.must("deploy")
    assert team.outputs["candidateVersion"] == "2"
    assert "nothing is pending" in team.must("recover")
    team.must("drift")


def test_a_deletion_killed_after_every_call_is_completed(team: Team, killer: Killer) -> None:
    """What is gone is forgotten; the stack can be deployed anew."""
    team.must("deploy")
    pending = killer.until_done("destroy", "--yes")
    assert {line.split()[2] for line in pending if line.startswith("Pending: deleting")} == KINDS
    assert "create  Table orders" in team.must("deploy")
    team.must("drift")


def test_who_is_not_there_to_ask_is_not_asked(team: Team, killer: Killer) -> None:
    """Nothing is changed without --yes; until then a deployment says what to do, and AWS stays."""
    killer.run("wave:0")
    before = {path: path.read_bytes() for path in team.backend.rglob("*.json")}
    status, said = team.run("recover")
    assert status == 2
    assert "say --yes" in said
    assert {path: path.read_bytes() for path in team.backend.rglob("*.json")} == before
    status, said = team.run("deploy")
    assert status == 1  # it is locked as well
    assert f"nox -s recover -- {team.name}" in said
    team.must("recover", "--yes")
    team.must("deploy")


def test_of_two_deployments_one_waits_its_turn(team: Team) -> None:
    """The second is told who holds the stack, and changes nothing."""
    first, second = team.start("deploy"), team.start("deploy")
    ends = [process.communicate(timeout=300) for process in (first, second)]
    statuses = sorted([first.returncode, second.returncode])
    if statuses != [0, 0]:  # one may have begun when the other was done
        assert statuses == [0, 1]
        refused = ends[0] if first.returncode else ends[1]
        assert "locked by 1 lock" in refused[1]
        assert f"nox -s recover -- {team.name}" in refused[1]
    team.must("deploy")
    team.must("drift")


def test_a_cancelled_deployment_ends_its_calls_and_leaves_no_lock(team: Team) -> None:
    """As GitHub cancels: SIGINT, and SIGTERM 7.5 seconds later."""
    process = team.start("deploy")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("create"):
            break
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert process.returncode in (0, 1)  # 0 where everything was under way already
    assert "not locked and nothing is pending" in team.must("recover")
    team.must("deploy")
    team.must("drift")
