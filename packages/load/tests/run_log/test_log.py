from dataclasses import replace
from pathlib import Path

import pytest
from console.errors import UsageError

from load.run_log import log as ledger
from load.run_log.log import Attempt, Entry, Ledger, Part, Run
from load.scenarios import Stage

ENTRY = Entry("a-1", "d1", "order", "sync", 1.5)
ATTEMPT = Attempt(
    "a-1", "order", "sync", 1.5, 1.6, 1.75, "confirmed", None, 200, "3", "request", "r1"
)
RUN = Run("r", "smoke", 1, 5.0, 10.0, (Stage(10.0, 5.0),), "f", "production", 5, 100.0)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Orders, attempts and the run survive the way to disk and back."""
    books = Ledger(tmp_path / "new" / "ledger")
    books.sending(ENTRY)
    books.done(ATTEMPT)
    ledger.write(books.directory / ledger.RUN, ledger.record(RUN))
    books.describe(Part(0, 110.0, True, 0.5, 0.2, 3))
    books.close()
    ended = replace(RUN, ended_at=110.0, sent_all=True, cpu_seconds=0.5, cpu_share=0.2, backlog=3)
    assert list(ledger.entries(books.directory)) == [ENTRY]
    assert list(ledger.attempts(books.directory)) == [ATTEMPT]
    assert ledger.run(books.directory) == ended


def test_an_order_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """Each line can be read as soon as it is written, with the books still open."""
    books = Ledger(tmp_path)
    books.sending(ENTRY)
    assert list(ledger.entries(tmp_path)) == [ENTRY]
    books.close()


def test_a_line_cut_off_is_left_out(tmp_path: Path) -> None:
    """A sender that died while writing leaves its whole lines readable."""
    books = Ledger(tmp_path)
    books.sending(ENTRY)
    books.close()
    with (tmp_path / ledger.ORDERS).open("a") as file:
        file.write('{"orderId": "half')
    assert list(ledger.entries(tmp_path)) == [ENTRY]


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    """Books that are there already are not opened."""
    Ledger(tmp_path).close()
    with pytest.raises(FileExistsError):
        Ledger(tmp_path)


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "{}\n"])
def test_a_broken_run_is_refused(tmp_path: Path, text: str) -> None:
    """A directory without a readable run is bad input, not a crash."""
    (tmp_path / ledger.RUN).write_text(text)
    with pytest.raises(UsageError, match="no readable run"):
        ledger.run(tmp_path)


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "{}\n"])
def test_a_broken_ledger_is_refused(tmp_path: Path, text: str) -> None:
    """A whole line that is none of ours is bad input, not a crash."""
    (tmp_path / ledger.ORDERS).write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        list(ledger.entries(tmp_path))
