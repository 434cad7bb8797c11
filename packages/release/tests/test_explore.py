"""A short exploration, and that it finds what is taken back: `nox -s explore` is the long one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from release.tests.explore import __main__ as explore
from release.tests.explore.commands import SCENARIOS
from release.tests.explore.faults import FAULTS
from release.tests.explore.groups import GROUPS
from release.tests.explore.undone import MENDS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_call_meets_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report counts what was explored, and nothing is wrong."""
    monkeypatch.setattr(explore, "REPORT", tmp_path / "explore" / "report.json")
    assert explore.main(["rollback", "promote", "gate of a bad one", "prune", "2-rollbacks"]) == 0
    report = json.loads(explore.REPORT.read_text())
    assert (report["commands"], report["groups"], report["violations"]) == (4, 1, 0)
    assert report["trials"] == len(FAULTS) * report["calls"]
    assert report["schedules"] - report["trials"] > report["states"] > 100
    assert {"UpdateAlias", "CreateAlias", "DescribeAlarms"} <= set(report["operations"])


@pytest.mark.parametrize("name", MENDS)
def test_a_mend_that_is_taken_back_is_missed(name: str) -> None:
    """What finds nothing without a mend checks nothing."""
    mend = MENDS[name]
    touched = [each for each in SCENARIOS if each.name in mend.scenarios]
    met = [each for each in GROUPS if each.name in mend.groups]
    found = [*explore.all_of(touched, name), *explore.all_at_once(met, name)]
    assert any(each["wrong"] for each in found)


def test_a_schedule_is_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Both rollbacks read the alias before either writes it: the later one finds its goal served.
    A schedule that is none is refused."""
    assert explore.main(["--schedule", "2-rollbacks:a6b30"]) == 2
    assert "command b has ended" in capsys.readouterr().err
    assert explore.main(["--schedule", "2-rollbacks:a1b1a6b3"]) == 0
    told = capsys.readouterr()
    assert told.out.count("UpdateAlias → 2") == 1
    assert told.out.count("ended with 0: production serves version 2 alone") == 2


def test_every_order_is_counted_once() -> None:
    """Of two commands whose calls all concern each other: as many as there are ways to merge."""
    group = next(each for each in GROUPS if each.name == "gate+deployer")
    found = explore.meet(group)
    assert found["wrong"] == []
    assert 1 < found["ends"] < found["schedules"] < found["states"]


def test_a_command_that_is_none_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(SystemExit) as ended:
        explore.main(["roll back"])
    assert ended.value.code == 2
