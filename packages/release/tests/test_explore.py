"""A short exploration, and that it finds what is taken back: `nox -s explore` is the long one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from release.tests.explore import __main__ as explore
from release.tests.explore.commands import SCENARIOS
from release.tests.explore.faults import FAULTS
from release.tests.explore.undone import MENDS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_call_meets_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report counts what was explored, and nothing is wrong."""
    monkeypatch.setattr(explore, "REPORT", tmp_path / "explore" / "report.json")
    assert explore.main(["rollback", "promote", "gate of a bad one", "prune"]) == 0
    report = json.loads(explore.REPORT.read_text())
    assert (report["commands"], report["violations"]) == (4, 0)
    assert report["schedules"] == len(FAULTS) * report["calls"]
    assert {"UpdateAlias", "CreateAlias", "DescribeAlarms"} <= set(report["operations"])


@pytest.mark.parametrize("name", MENDS)
def test_a_mend_that_is_taken_back_is_missed(name: str) -> None:
    """What finds nothing without a mend checks nothing."""
    mend = MENDS[name]
    touched = [each for each in SCENARIOS if each.name in mend.scenarios]
    assert any(trial["wrong"] for trial in explore.all_of(touched, name))


def test_a_command_that_is_none_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(SystemExit) as ended:
        explore.main(["roll back"])
    assert ended.value.code == 2
