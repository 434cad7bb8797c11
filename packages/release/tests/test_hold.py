"""A commit that was rolled back from holds its service until it is reverted, mended or lifted."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from release import commits
from release.commands import hold
from release.commands.promote import promote
from release.commands.prune import prune
from release.commands.rollback import rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.commands.status import status
from release.errors import AliasChangedError
from release.gate.judge import Request
from release.result import Exit, Result
from release.state import alias, ledger
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, FakeMonitoring, release_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from release.context import Release

ANY = replace(OUTPUTS, candidate_version=None)


class Killed(BaseException):
    """The process is gone."""


class Repository:
    """A repository of one branch."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """What git says."""
        who = ("-c", "user.name=mona", "-c", "user.email=mona@example.invalid")
        command = ["git", "-C", str(self.place), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str = "A change") -> str:
        """One more commit."""
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


class Scene:
    """Version 1 of a good commit and 2 of a bad one were live; 3 is of what was merged since."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.functions = FakeFunctions("0", "1", "2", "3", live="0")
        self.good, self.bad = repository.commit("Good"), repository.commit("Bad")
        promote(self.release, "1", commit=self.good, reason="first")
        promote(self.release, "2", commit=self.bad, reason="second")
        rollback(self.release, reason="it loses events")

    @property
    def release(self) -> Release:
        """What the commands work on."""
        monitoring = FakeMonitoring(watched_version="3")
        return release_of(self.functions, monitoring=monitoring, clock=FakeClock(), outputs=ANY)

    def rollout(self, commit: str | None, version: str = "3", reason: str | None = None) -> Result:
        """Release what was merged."""
        gate = Request(version, bake=20, poll=10)
        wanted = RolloutRequest(version, (0.1,), gate, commit=commit, reason=reason)
        return Rollout(self.release, wanted).run()

    @property
    def live(self) -> str:
        """The version."""
        return alias.read(self.functions).version


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """With a repository of its own."""
    repository = Repository(tmp_path / "repository")
    monkeypatch.setenv("GIT_DIR", str(repository.place / ".git"))
    return Scene(repository)


def test_the_next_merge_of_any_code_is_held(scene: Scene) -> None:
    """It has the commit that was rolled back from below it."""
    with pytest.raises(UsageError, match=r"Held: commit .* version 2 was rolled back") as refusal:
        scene.rollout(scene.repository.commit("Something else"))
    assert "it loses events" in str(refusal.value)
    assert "nox -s release_hold -- staging --lift --reason TEXT" in str(refusal.value)
    assert scene.live == "1"


def test_a_merge_that_changes_nothing_ends_well_and_says_held(scene: Scene) -> None:
    """The same code as version 2."""
    scene.functions.versions["3"] = replace(scene.functions.versions["3"], code_sha256="sha-2")
    result = scene.rollout(scene.repository.commit("Say it shorter"))
    assert (result.exit, result.details["held"], scene.live) == (Exit.DONE, True, "1")
    assert result.message.startswith("Held: ")
    assert result.change is not None
    assert result.change.verdict == "held"


@pytest.mark.parametrize(
    "message",
    [
        'Revert "Bad"\n\nThis reverts commit {bad}.',
        "Round up\n\nIt rounded down.\n\nFixes: {bad}",
        "Round up\n\nFixes: {short}",
    ],
)
def test_a_revert_and_a_fix_that_names_it_go_through(scene: Scene, message: str) -> None:
    """And so does what is merged after them."""
    scene.repository.commit(message.format(bad=scene.bad, short=scene.bad[:10]))
    result = scene.rollout(scene.repository.commit("Something else"))
    assert (result.exit, scene.live) == (Exit.DONE, "3")


@pytest.mark.parametrize(
    "message",
    ["This reverts commit {good}.", "It fixes: {bad}", "See {bad}", "Fixes: 0123456789ab"],
)
def test_what_names_another_commit_is_held(scene: Scene, message: str) -> None:
    """A guess is not enough."""
    found = scene.repository.commit(f"A change\n\n{message.format(bad=scene.bad, good=scene.good)}")
    with pytest.raises(UsageError, match="Held"):
        scene.rollout(found)


def test_a_revert_that_was_reverted_counts_for_nothing(scene: Scene) -> None:
    """The bad commit is back."""
    back = scene.repository.commit(f"This reverts commit {scene.bad}.")
    found = scene.repository.commit(f"This reverts commit {back}.")
    with pytest.raises(UsageError, match="Held"):
        scene.rollout(found)


def test_a_revert_of_one_that_came_with_it_goes_through(scene: Scene) -> None:
    """Two were merged and released as one: the culprit is the first."""
    culprit, released = (scene.repository.commit(each) for each in ("Worse", "Fine"))
    found = scene.repository.commit(f"This reverts commit {culprit}.")
    assert not commits.holds(found, released[:12], scene.bad[:12])
    assert commits.holds(found, released[:12], None)


def test_a_branch_without_it_goes_through(scene: Scene) -> None:
    """A fix made from the good commit holds nothing of it."""
    scene.repository.git("checkout", "--quiet", "-b", "other", scene.good)
    assert scene.rollout(scene.repository.commit("Elsewhere")).exit is Exit.DONE


def test_where_history_is_missing_nobody_guesses(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, for a clone that is cut and for a commit that nobody has."""
    found = scene.repository.commit("Something else")
    cut, whole = tmp_path / "cut", scene.repository.place
    scene.repository.git("clone", "--quiet", "--depth=1", f"file://{whole}", str(cut))
    for commit, place in ((found, cut), ("1" * 40, whole), (found, tmp_path)):
        monkeypatch.setenv("GIT_DIR", str(place / ".git"))
        with pytest.raises(UsageError, match="fetch the whole history") as refusal:
            commits.holds(commit, scene.bad)
        assert "\n" not in str(refusal.value)


def test_a_release_of_no_commit_is_held(scene: Scene) -> None:
    """Nobody can tell."""
    with pytest.raises(UsageError, match="of which commit this release is nobody says"):
        scene.rollout(None)


def test_lifted_with_a_reason_it_goes_on(scene: Scene) -> None:
    """In the ledger, with who did it; the very code that was rolled back from may go, too."""
    found = scene.repository.commit("Something else")
    with pytest.raises(UsageError, match="Say why with --reason"):
        hold.lift(scene.release, " ")
    assert hold.lift(scene.release, "it was the table").exit is Exit.DONE
    newest = ledger.read(scene.functions, alias.read(scene.functions))[0]
    assert (newest.kind, newest.reason, newest.version) == ("lift", "it was the table", "1")
    assert scene.rollout(found).exit is Exit.DONE
    assert hold.lift(scene.release, "again").message == "Nothing is held."


def test_the_same_code_goes_after_a_lift(scene: Scene) -> None:
    """Version 2 itself."""
    hold.lift(scene.release, "it was the table")
    scene.functions.versions["3"] = replace(scene.functions.versions["3"], code_sha256="sha-2")
    assert (scene.rollout(scene.bad).exit, scene.live) == (Exit.DONE, "3")


def test_a_rollback_never_goes_to_what_was_lifted(scene: Scene) -> None:
    """Lifting is no word on the version that was left."""
    hold.lift(scene.release, "it was the table")
    promote(scene.release, "3", reason="third")
    assert rollback(scene.release).details["to"] == "1"


def test_a_reason_releases_once(scene: Scene) -> None:
    """The hold stays for the next one."""
    assert scene.rollout(scene.repository.commit("Now"), reason="it is urgent").exit is Exit.DONE
    assert len(hold.find(ledger.read(scene.functions, alias.read(scene.functions)))) == 1


def test_shown_and_in_the_status(scene: Scene) -> None:
    """Which commit, since when, by whom and why."""
    shown = hold.show(scene.release)
    assert scene.bad[:12] in shown.message
    assert "it loses events" in shown.message
    assert scene.bad[:12] in str(status(scene.release).details["held"])
    hold.lift(scene.release, "mended")
    assert hold.show(scene.release).message == "production: nothing is held."
    assert status(scene.release).details["held"] is None


def test_set_by_hand(scene: Scene) -> None:
    """Freezes the stack: every later merge holds the live version's commit."""
    hold.lift(scene.release, "mended")
    assert hold.put(scene.release, None, "the peak season").exit is Exit.DONE
    assert "held already" in hold.put(scene.release, None, "again").message
    with pytest.raises(UsageError, match=r"it was set .* the peak season"):
        scene.rollout(scene.repository.commit("Something else"))


def test_the_commit_live_again_is_held_no_longer(scene: Scene) -> None:
    """Somebody went forward to it, with a reason."""
    rollback(scene.release, "2", reason="it was the table")
    assert hold.find(ledger.read(scene.functions, alias.read(scene.functions))) == []


def test_pruning_forgets_no_hold(scene: Scene) -> None:
    """Nor which commit it is about, however many candidates were refused since."""
    for _ in range(5):
        seen = alias.read(scene.functions)
        entry = ledger.Entry("3", "gate", "2026-03-01T12:00:00Z", parent=seen.record.entry)
        alias.record_verdict(scene.functions, seen, "fail", ledger.write(scene.functions, entry))
    prune(scene.release, 2)
    with pytest.raises(UsageError, match="Held"):
        scene.rollout(scene.repository.commit("Something else"))


def test_not_during_a_canary(scene: Scene) -> None:
    """The gate would take the note for somebody else's change."""
    seen = alias.read(scene.functions)
    alias.start_canary(scene.functions, seen, alias.Candidate("3", "2026-03-01T12:00:00Z"), 0.1)
    with pytest.raises(UsageError, match="has a canary"):
        hold.lift(scene.release, "mended")


STEPS: dict[str, Callable[[Scene], object]] = {
    "set": lambda scene: hold.put(scene.release, "0123456789ab", "frozen"),
    "lift": lambda scene: hold.lift(scene.release, "mended"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_its_write_and_run_again(scene: Scene, step: str, when: str) -> None:
    """What is live stays, and a repeat gets there once."""

    def die() -> None:
        raise Killed

    setattr(scene.functions, f"{when}_write", die)
    with pytest.raises(Killed):
        STEPS[step](scene)
    setattr(scene.functions, f"{when}_write", None)
    STEPS[step](scene)
    seen = alias.read(scene.functions)
    linked = ledger.read(scene.functions, seen)
    kinds = [entry.kind for entry in linked]
    assert (seen.version, kinds.count("hold") + kinds.count("lift")) == ("1", 1)
    assert ledger.disagreement(seen, linked) is None


def test_a_lost_reply_is_no_conflict(scene: Scene) -> None:
    """The SDK repeats, and is refused for what the first request did."""

    def lost() -> None:
        scene.functions.after_write = None
        raise AliasChangedError

    scene.functions.after_write = lost
    assert hold.lift(scene.release, "mended").exit is Exit.DONE
