import json

import pytest

from load.run_log.classify import Judged, Reply, judge
from load.send.events import content_digest

CONFIRMED = {"status": "confirmed", "orderId": "a", "total": "39.98"}
REJECTED = {"status": "rejected", "orderId": "a", "reasons": [{"code": "X"}, {"code": "Y"}]}


def reply(status: int, document: object, function_error: str | None = None) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, json.dumps(document).encode(), function_error)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (reply(200, CONFIRMED), Judged("confirmed", None, content_digest(CONFIRMED))),
        (reply(200, REJECTED), Judged("rejected", "X,Y", content_digest(REJECTED))),
        (Reply(202), Judged("accepted")),
        (
            reply(429, {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}),
            Judged("throttled", "ReservedFunctionConcurrentInvocationLimitExceeded"),
        ),
        (
            reply(429, {"Reason": "CallerRateLimitExceeded"}),
            Judged("throttled", "CallerRateLimitExceeded"),
        ),
        (reply(429, {}), Judged("throttled", "unknown")),
        (
            reply(200, {"errorType": "KeyError"}, "Unhandled"),
            Judged("functionError", "KeyError"),
        ),
        (Reply(200, b"oops", "Unhandled"), Judged("functionError", "Unhandled")),
        (reply(200, {"status": "new"}), Judged("functionError", "UnknownResult")),
        (reply(200, None), Judged("functionError", "UnknownResult")),
        (reply(403, {"message": "Expired"}), Judged("transportError", "HTTP 403 Expired")),
        (reply(404, {"Message": "Missing"}), Judged("transportError", "HTTP 404 Missing")),
        (Reply(502, b"<html>"), Judged("transportError", "HTTP 502")),
        (Reply(0, error="reset"), Judged("transportError", "reset")),
    ],
)
def test_a_reply_is_judged_by_what_it_says(given: Reply, expected: Judged) -> None:
    """Every kind of reply has its one outcome, with a reason to count by."""
    assert judge(given) == expected


def test_a_throttle_is_no_failure() -> None:
    """Refusals are counted apart: they are expected above capacity."""
    assert not judge(reply(429, {})).failed
    assert judge(reply(200, {}, "Unhandled")).failed
    assert judge(Reply(0)).failed


def test_equal_results_have_equal_digests_whatever_the_order_of_their_keys() -> None:
    """A repeat's answer is compared by content, not by its spelling."""
    turned = dict(reversed(CONFIRMED.items()))
    assert judge(reply(200, CONFIRMED)) == judge(reply(200, turned))
