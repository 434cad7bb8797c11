"""The history that the drill of a rollback makes is one that the release tool reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release import commits

from rehearsal.drills.history import History

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_merge_holds_what_came_before_it_and_a_revert_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another file or of the same one; what is merged after the revert is free as well."""
    history = History(tmp_path / "repository")
    monkeypatch.setenv("GIT_DIR", history.git_dir)
    good, bad, other = (history.merge(path) for path in ("service.py", "service.py", "other.py"))
    assert [commits.holds(each, bad) for each in (good, bad, other)] == [False, True, True]
    assert not commits.holds(history.revert(bad), bad)
    assert not commits.holds(history.merge("README.md"), bad)
