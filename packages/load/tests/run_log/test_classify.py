import json

import pytest

from load.run_log.classify import Classified, Reply, classify
from load.run_log.digests import content_digest
from load.tests.running import PROBES

CONFIRMED = {"status": "confirmed", "orderId": "a", "total": "39.98"}
REJECTED = {"status": "rejected", "orderId": "a", "reasons": [{"code": "X"}, {"code": "Y"}]}


def reply(status: int, document: object, function_error: str | None = None) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, json.dumps(document).encode(), function_error)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (reply(200, CONFIRMED), Classified("confirmed", None, content_digest(CONFIRMED))),
        (reply(200, REJECTED), Classified("rejected", "X,Y", content_digest(REJECTED))),
        (Reply(202), Classified("accepted")),
        (
            reply(429, {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}),
            Classified("throttled", "ReservedFunctionConcurrentInvocationLimitExceeded"),
        ),
        (
            reply(429, {"Reason": "CallerRateLimitExceeded"}),
            Classified("throttled", "CallerRateLimitExceeded"),
        ),
        (reply(429, {}), Classified("throttled", "unknown")),
        (
            reply(200, {"errorType": "KeyError"}, "Unhandled"),
            Classified("functionError", "KeyError"),
        ),
        (Reply(200, b"oops", "Unhandled"), Classified("functionError", "Unhandled")),
        (reply(200, {"status": "new"}), Classified("functionError", "UnknownResult")),
        (reply(200, None), Classified("functionError", "UnknownResult")),
        (reply(403, {"message": "Expired"}), Classified("transportError", "HTTP 403 Expired")),
        (reply(404, {"Message": "Missing"}), Classified("transportError", "HTTP 404 Missing")),
        (Reply(502, b"<html>"), Classified("transportError", "HTTP 502")),
        (Reply(0, error="reset"), Classified("transportError", "reset")),
    ],
)
def test_a_reply_is_judged_by_what_it_says(given: Reply, expected: Classified) -> None:
    """Every kind of reply has its one outcome, with a reason to count by."""
    assert classify(given, PROBES) == expected


def test_a_throttle_is_no_failure() -> None:
    """Refusals are counted apart: they are expected above capacity."""
    assert not classify(reply(429, {}), PROBES).failed
    assert classify(reply(200, {}, "Unhandled"), PROBES).failed
    assert classify(Reply(0), PROBES).failed


def test_equal_results_have_equal_digests_whatever_the_order_of_their_keys() -> None:
    """A repeat's answer is compared by content, not by its spelling."""
    turned = dict(reversed(CONFIRMED.items()))
    assert classify(reply(200, CONFIRMED), PROBES) == classify(reply(200, turned), PROBES)


@pytest.mark.parametrize(
    "body", [b"[" * 3_000, b'{"status":"confirmed","n":' + b"9" * 5_000 + b"}"]
)
def test_an_answer_that_python_cannot_read_is_an_error_of_the_function(body: bytes) -> None:
    """And nothing that ends the run."""
    assert classify(Reply(200, body), PROBES) == Classified("functionError", "UnknownResult")


def test_an_answer_with_half_a_character_is_an_error_of_the_function() -> None:
    """Its digest could not be compared with that of a repeat."""
    body = b'{"status":"confirmed","note":"\\ud83d"}'
    assert classify(Reply(200, body), PROBES) == Classified("functionError", "UnknownResult")
