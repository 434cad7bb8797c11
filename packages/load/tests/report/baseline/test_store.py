"""Which runs become a baseline."""

import json
from pathlib import Path
from typing import Any

import pytest
from console.errors import UsageError

from load.report.baseline import store
from load.report.baseline.record import load, made, record
from load.tests.report.sample import summary

MADE = {"commit": "c0", "machine": "m", "versions": {}}
DEPLOYED = {"codeSha256": "abc=", "memoryMb": 512}


def a_record(began: float = 1.0, verdict: str = "pass", **run: Any) -> dict[str, Any]:
    """Return the record of a run that began then."""
    found = summary(verdict=verdict)
    found["run"] |= {"startedAt": began, "runId": f"r{began:g}", **run}
    return record(found, DEPLOYED, MADE)


def test_a_record_says_what_was_run_and_what_came_of_it() -> None:
    """Commit, artifact, configuration, seed and machine stand beside the figures."""
    found = a_record(seed=9)
    assert (found["commit"], found["artifact"], found["machine"]) == ("c0", "abc=", "m")
    assert found["seed"] == 9
    assert found["configuration"]["memoryMb"] == 512
    assert found["figures"]["slotTime"] == pytest.approx(80)


def test_only_passed_runs_enter(tmp_path: Path) -> None:
    """Anything else is not kept, and what somebody put there all the same is not used."""
    for verdict in ("fail", "invalid", "inconclusive"):
        assert store.keep(tmp_path, a_record(verdict=verdict)) is None
    place = store.keep(tmp_path, a_record())
    assert place is not None
    place.with_name("forged.json").write_text(json.dumps(a_record(2.0, "fail")))
    assert [found["runId"] for found in store.before(tmp_path, a_record(9.0))] == ["r1"]


def test_the_last_five_before_it_are_compared(tmp_path: Path) -> None:
    """Neither the run itself nor a later one, also when an old run is judged again."""
    for began in range(1, 9):
        store.keep(tmp_path, a_record(float(began)))
    found = store.before(tmp_path, a_record(8.0))
    assert [one["runId"] for one in found] == ["r3", "r4", "r5", "r6", "r7"]


@pytest.mark.parametrize(
    "other",
    [{"peakRate": 1.0}, {"concurrency": 7}, {"function": "f"}, {"duration": 3.0}, {"workers": 4}],
)
def test_another_configuration_is_another_baseline(tmp_path: Path, other: dict[str, Any]) -> None:
    """Only like is compared with like; the seed may differ."""
    store.keep(tmp_path, a_record(1.0, **other))
    store.keep(tmp_path, a_record(2.0, seed=77))
    assert [one["runId"] for one in store.before(tmp_path, a_record(3.0))] == ["r2"]


def test_a_broken_file_is_passed_over(tmp_path: Path) -> None:
    """A file cut off or of an older layout does not stop a load."""
    place = store.keep(tmp_path, a_record())
    assert place is not None
    place.with_name("cut.json").write_text('{"schema": 1, ')
    place.with_name("old.json").write_text('{"schema": 0}')
    place.with_name("list.json").write_text("[]")
    assert len(store.before(tmp_path, a_record(2.0))) == 1


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Figures survive the file exactly, or configurations would never be equal."""
    found = a_record(duration=0.1 + 0.2)
    place = store.keep(tmp_path, found)
    assert place is not None
    assert load(place) == found


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """One sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be kept"):
        store.keep(tmp_path / "file", a_record())


def test_outside_of_git_there_is_no_commit(tmp_path: Path) -> None:
    """An unknown commit is unknown."""
    assert made(tmp_path)["commit"] is None
    assert "cores" in made(tmp_path)["machine"]
