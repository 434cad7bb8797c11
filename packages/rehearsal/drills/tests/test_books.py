"""The callers' books are what the load test reads, and an answer means the same to both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from load.run_log import log as ledger
from load.run_log.classify import Reply
from load.run_log.classify import judge as loadtest_judge
from load.scenarios import SCENARIOS

from rehearsal.drills.books import Books, run
from rehearsal.drills.callers import judge

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS = {"lambdaFunctionName": "f", "lambdaAliasName": "production", "reservedConcurrency": 5}
ORDER = {"orderId": "a", "digest": "d", "kind": "order", "invocation": "sync", "intendedAt": 1.0}
ATTEMPT: dict[str, Any] = {
    "orderId": "a",
    "kind": "order",
    "invocation": "sync",
    "intendedAt": 1.0,
    "sentAt": 1.1,
    "doneAt": 1.2,
    "outcome": "confirmed",
    "reason": "",
    "status": 200,
    "executedVersion": "1",
    "requestId": "r",
    "resultDigest": "e",
    "dueAt": 0.0,
    "tried": 1,
}


def test_the_load_test_reads_the_books(tmp_path: Path) -> None:
    """Orders, attempts and the run, whole."""
    books = Books(tmp_path / "orders")
    books.sending(ORDER)
    books.answered(ATTEMPT)
    books.close(run("drill", 20.0, OUTPUTS, 1.0, 3.0))
    [entry] = ledger.entries(books.directory)
    [attempt] = ledger.attempts(books.directory)
    found = ledger.run(books.directory)
    assert entry.order_id == attempt.order_id == "a"
    assert attempt.outcome == "confirmed"
    assert found.scenario in SCENARIOS
    assert found.sent_all
    assert found.stages[0].seconds == 2.0


@pytest.mark.parametrize(
    ("status", "error", "document"),
    [
        (200, None, {"status": "confirmed"}),
        (200, None, {"status": "rejected", "reasons": [{"code": "X"}]}),
        (200, None, {"status": "odd"}),
        (200, "Unhandled", {"errorType": "RuntimeError"}),
        (202, None, None),
        (429, None, {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}),
        (500, None, {"message": "Internal"}),
    ],
)
def test_an_answer_means_what_the_load_test_takes_it_for(
    status: int, error: str | None, document: Any
) -> None:
    """The outcomes are the same, so that the reconciliation counts what happened."""
    body = b"" if document is None else json.dumps(document).encode()
    headers = {} if error is None else {"X-Amz-Function-Error": error}
    assert judge(status, headers, body)[0] == loadtest_judge(Reply(status, body, error)).outcome
