from dataclasses import replace
from pathlib import Path

import pytest
from console.errors import UsageError

from load.model.arrivals import Stage
from load.model.retries import ONCE
from load.run_log import log
from load.run_log.log import Attempt, Entry, Part, Run, RunLog

ENTRY = Entry("a-1", "d1", "new", "sync", 1.5)
ATTEMPT = Attempt(
    "a-1", "new", "sync", 1.5, 1.6, 1.75, "confirmed", None, 200, "3", "request", "r1"
)
RUN = Run(
    "r",
    "smoke",
    1,
    5.0,
    10.0,
    (Stage(10.0, 5.0),),
    ONCE,
    "local",
    "order_processor",
    "f",
    "production",
    5,
    100.0,
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Events, attempts and the run survive the way to disk and back."""
    run_log = RunLog(tmp_path / "new" / "run log")
    run_log.sending(ENTRY)
    run_log.done(ATTEMPT)
    log.write(run_log.directory / log.RUN, log.record(RUN))
    run_log.describe(Part(0, 110.0, True, 0.5, 0.2, 3))
    run_log.close()
    ended = replace(RUN, ended_at=110.0, sent_all=True, cpu_seconds=0.5, cpu_share=0.2, backlog=3)
    assert list(log.entries(run_log.directory)) == [ENTRY]
    assert list(log.attempts(run_log.directory)) == [ATTEMPT]
    assert log.run(run_log.directory) == ended


def test_an_event_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """Each line can be read as soon as it is written, with the run log still open."""
    run_log = RunLog(tmp_path)
    run_log.sending(ENTRY)
    assert list(log.entries(tmp_path)) == [ENTRY]
    run_log.close()


def test_a_line_cut_off_is_left_out(tmp_path: Path) -> None:
    """A sender that died while writing leaves its whole lines readable."""
    run_log = RunLog(tmp_path)
    run_log.sending(ENTRY)
    run_log.close()
    with (tmp_path / log.EVENTS).open("a") as file:
        file.write('{"orderId": "half')
    assert list(log.entries(tmp_path)) == [ENTRY]


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    """The run log that are there already are not opened."""
    RunLog(tmp_path).close()
    with pytest.raises(FileExistsError):
        RunLog(tmp_path)


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "{}\n"])
def test_a_broken_run_is_refused(tmp_path: Path, text: str) -> None:
    """A directory without a readable run is bad input, not a crash."""
    (tmp_path / log.RUN).write_text(text)
    with pytest.raises(UsageError, match="no readable run"):
        log.run(tmp_path)


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "{}\n"])
def test_a_broken_run_log_is_refused(tmp_path: Path, text: str) -> None:
    """A whole line that is none of ours is bad input, not a crash."""
    (tmp_path / log.EVENTS).write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        list(log.entries(tmp_path))
