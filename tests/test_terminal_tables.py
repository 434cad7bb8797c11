"""Every table on the terminal fits one of 80 columns, with the longest names there are."""

import io
from collections.abc import Iterable
from typing import Any

import pytest
from load.planning import sources
from load.planning import text as planned
from load.planning.plan import Question, plan
from load.report.terminal import lines
from load.tests.report.sample import summary
from rehearsal.drills import report as drills
from rehearsal.drills.tests.test_report import GOOD
from rehearsal.drills.tests.test_report import document as drilled
from rehearsal.journal import INDENT, Journal
from rehearsal.report import terminal as rehearsed
from rehearsal.report.model import Gate, Step
from rehearsal.tests.report_sample import document
from rehearsal.trials.trial import Trial
from rehearsal.trials.trial import table as trials
from release.commands import status
from release.gate.power import WORLDS, Power
from release.gate.power import table as powers
from reporting import terminal

from bench.emulator import throttling
from bench.handler import report as handler
from bench.handler.figures import figures
from services.order_processor.tests.test_bench import _measured

COLUMNS = 80
# Lambda's longest name of a function, and what hangs on it.
FUNCTION = "order-processing-" + "x" * 47
LONG = "word " * 60
ENTRY: dict[str, object] = {
    "entry": "0123abcd", "at": "2030-01-02T03:04:05.678Z", "kind": "promote", "from": "10000",
    "to": "10001", "verdict": "inconclusive", "commit": "c0" * 20, "pullRequest": "123456",
    "who": "a" * 39, "reason": LONG, "codeSha256": "q8" * 21 + "Q=",
    "figures": {
        "samples": 1_000_000, "errors": 999_999, "live_samples": 9_999_999, "live_errors": 1,
        "throttles": 1, "p99_ms": 15_000, "live_p99_ms": 14_999,
    },
}  # fmt: skip
STATUS: dict[str, object] = {
    "function": FUNCTION, "alias": "production", "version": "10001", "weights": {"10002": 0.125},
    "reason": LONG, "commit": "c0" * 20, "lastCanarySince": "2030-01-02T03:04:05.678Z",
    "alarms": [{"name": f"{FUNCTION}-errors", "state": "INSUFFICIENT_DATA"}],
    "ledger": [ENTRY, ENTRY],
}  # fmt: skip


def _rehearsal() -> str:
    alarm = {"name": f"{FUNCTION}-errors", "state": "INSUFFICIENT_DATA"}
    steps = (Step("Build and deploy a changed version 2 " * 3, "skipped", 1234.5, LONG),)
    gate = Gate("inconclusive", 1_000_000, (alarm, alarm), 299, LONG)
    return rehearsed.render(document(steps=steps, gate=gate, headline=LONG, why=LONG), COLUMNS)


def _journal() -> str:
    told = io.StringIO()
    journal = Journal(1, told)
    with journal.step("Deploy") as seen:
        seen.text = LONG
    return told.getvalue()


def _cells() -> Iterable[throttling.Cell]:
    for concurrency, load in throttling.CELLS:
        yield throttling.Cell(
            concurrency, load, 0.5, 1234.5, 1_000_000, 0.1234, 0.12, 0.1, 0.2, 0.123, 1234.5
        )


def _plan() -> str:
    slot = sources.Measured(0.08, 0.002, LONG, FUNCTION, 5, 512)
    return planned.render(plan(Question(900.0, 0.0001, 512), slot, LONG), COLUMNS)


TRIAL = Trial("no-longer-idempotent", False, 1, "10001", False, "smoke", LONG, 123_456, 1234.5)
LOAD = {
    "sendLag": {"p99": 1234.5, "backlog": 1_000_000},
    "recoverySeconds": 1234.5,
    "drainSeconds": None,
}
TABLES: dict[str, Any] = {
    "status": lambda: status.table(STATUS, COLUMNS),
    "ledger": lambda: status.ledger_table([ENTRY], COLUMNS),
    "rehearse": _rehearsal,
    "rehearse, its steps": _journal,
    "drill": lambda: drills.table(drilled(GOOD), COLUMNS),
    "load": lambda: "\n".join(lines(summary(reasons=[LONG], **LOAD), COLUMNS)),
    "plan": _plan,
    "gate_power": lambda: powers([Power(w.name, 1, 1.0, 0.1234, 0.5, 1e6, 1e3) for w in WORLDS]),
    "bad_releases": lambda: trials([TRIAL]),
    "bench_handler": lambda: handler.text(figures(_measured(None))),
    "throttling": lambda: throttling.table(throttling.Plan(60.0, 1), list(_cells())),
}


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_fits_eighty_columns(name: str) -> None:
    """With the longest names, sentences and figures."""
    text = TABLES[name]()
    assert text.strip()
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []


def test_what_somebody_copies_is_never_cut() -> None:
    """Names and reasons are whole, and in one piece; commit and digest are told by their heads."""
    text = status.table(STATUS, COLUMNS)
    assert FUNCTION in text
    assert f"{FUNCTION}-errors" in text
    assert text.count("word") == 3 * 60
    assert f"commit {'c0' * 6}" in text
    assert "code sha256 abcdabcdabcd" not in text
    assert "…" not in text


def test_a_digest_is_the_same_text_everywhere() -> None:
    """Base64 as Lambda has it, and hexadecimal as the manifest has it, are shown alike."""
    from base64 import b64encode
    from hashlib import sha256

    from reporting.amounts import digest, whole

    found = sha256(b"a zip").digest()
    as_lambda = b64encode(found).decode()
    assert digest(as_lambda) == digest(found.hex()) == found.hex()[:12]
    assert whole(as_lambda) == found.hex()
    assert f"code sha256 {found.hex()[:12]}" in status.ledger_table(
        [ENTRY | {"codeSha256": as_lambda}], COLUMNS
    )


def test_a_table_that_cannot_fit_is_told_row_by_row() -> None:
    """Rather than broken: a heading and its cell a line, every word whole."""
    head, row = [f"column{at}" for at in range(9)], ["y" * 12] * 9
    told = list(terminal.table(head, [row, row], COLUMNS))
    assert told[0] == f"column0  {'y' * 12}"
    assert len(told) == 19


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_sentences_are_wrapped_for_a_terminal_alone() -> None:
    """A log keeps a sentence on its line, so that what reads it finds it whole."""
    assert terminal.shown(LONG, io.StringIO()) == LONG
    wrapped = terminal.shown(LONG, Terminal())
    assert max(map(len, wrapped.splitlines())) <= COLUMNS
    assert wrapped.split() == LONG.split()


def test_what_a_child_said_is_not_broken_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that the rehearsal runs is told how much narrower its lines are shown."""
    told = io.StringIO()
    monkeypatch.setenv("COLUMNS", str(COLUMNS - INDENT))
    said = lines(summary(reasons=[LONG], **LOAD))
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    for line in said:
        Journal(1, told).tell(line)
    assert [line[INDENT:] for line in told.getvalue().splitlines()] == said
