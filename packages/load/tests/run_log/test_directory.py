from pathlib import Path

import pytest
from console.errors import UsageError

from load.run_log.directory import BYTES_PER_EVENT, dated, make_room, make_writable
from load.run_log.log import RunLog


def test_a_directory_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    """Before anything is sent, in one sentence."""
    make_room(tmp_path / "new")
    RunLog(tmp_path / "new").close()
    with pytest.raises(UsageError, match=r"already holds a run; give --run-log a new directory\.$"):
        make_room(tmp_path / "new")


def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    """A file is no directory."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        make_writable(tmp_path / "file" / "run log")


def test_a_disk_that_will_be_full_is_refused_before_the_load(tmp_path: Path) -> None:
    """The run's events are counted against what the disk has left."""
    make_room(tmp_path, 10_000, lambda _: 10_000 * BYTES_PER_EVENT)
    with pytest.raises(
        UsageError, match=r"about 10,000 events takes 15.0 MB and .* has 1.0 MB left"
    ):
        make_room(tmp_path, 10_000, lambda _: 1_000_000)


def test_each_run_gets_a_directory_and_the_last_is_found(tmp_path: Path) -> None:
    """Two in one second as well."""
    made = [
        dated(tmp_path / "runs", 0.0),
        dated(tmp_path / "runs", 0.5),
        dated(tmp_path / "runs", 60),
    ]
    assert [place.name for place in made] == [
        "19700101T000000Z",
        "19700101T000000Z-2",
        "19700101T000100Z",
    ]
    assert (tmp_path / "runs" / "latest").resolve() == made[-1].resolve()
    for place in made:
        make_room(place)
