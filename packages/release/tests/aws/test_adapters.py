"""The adapters against a loopback server that answers as AWS refuses."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    UnauthorizedSSOTokenError,
)
from console.errors import UsageError

from release.aws.clients import translated
from release.aws.cloudwatch import count
from release.aws.lambda_functions import LambdaFunctions
from release.errors import AliasChangedError, LastingError, UnavailableError
from release.observation import Answers, Count, Period, Policy, Samples
from release.tests.fakes import ALIAS, FUNCTION, OUTCOMES, START

if TYPE_CHECKING:
    from collections.abc import Iterator


POLICY = Policy(FUNCTION, ALIAS, "2", START, START, live="1")


class _Server(HTTPServer):
    """Gives every request the same answer and keeps what was asked."""

    status = 200
    answer: tuple[str, dict[str, object]] = ("", {})
    headers: dict[str, str]
    asked: list[tuple[str, str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, self.rfile.read(length)))
        code, body = self.server.answer
        payload = json.dumps(body).encode()
        self.send_response(self.server.status)
        if code:
            self.send_header("x-amzn-ErrorType", code)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 (the names the server looks for)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    """A server on a free port."""
    running = _Server(("127.0.0.1", 0), _Handler)
    running.headers, running.asked = {}, []
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def functions(server: _Server, monkeypatch: pytest.MonkeyPatch) -> LambdaFunctions:
    """The adapter, talking to that server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    session = boto3.Session("key", "secret", region_name="us-east-1")
    return LambdaFunctions(session, "function", "production")


def refuse(server: _Server, status: int, code: str, message: str) -> None:
    """Answer everything with that error."""
    server.status = status
    server.answer = (code, {"message": message, "Message": message})


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "ExpiredTokenException", "sign in again"),
        (403, "UnrecognizedClientException", "sign in again"),
        (403, "AccessDeniedException", "use a role that may"),
        (400, "ValidationException", "AWS refused the request while reading the alias"),
    ],
)
def test_refusals_are_one_sentence(
    server: _Server, functions: LambdaFunctions, status: int, code: str, says: str
) -> None:
    """Credentials, permissions and the rest, each with what to do."""
    refuse(server, status, code, "No.")
    with pytest.raises(UnavailableError, match=says):
        functions.read_alias()
    assert len(server.asked) == 1


def test_a_missing_alias_is_named(server: _Server, functions: LambdaFunctions) -> None:
    """404 on GetAlias says which alias, where, and to deploy."""
    refuse(server, 404, "ResourceNotFoundException", "Cannot find alias arn: ...")
    with pytest.raises(
        UsageError, match=r"function:production does not exist in us-east-1: deploy"
    ):
        functions.read_alias()


def test_a_missing_version_is_none(server: _Server, functions: LambdaFunctions) -> None:
    """404 on a version is an answer."""
    refuse(server, 404, "ResourceNotFoundException", "Function not found: ...:function:9")
    assert functions.find_version("9") is None


def test_what_is_not_aws_is_told(server: _Server, functions: LambdaFunctions) -> None:
    """A proxy's answer, 200 and no alias, is one sentence and no traceback."""
    server.answer = ("", {"hello": "from a proxy"})
    with pytest.raises(UnavailableError, match="was not AWS"):
        functions.read_alias()
    with pytest.raises(UnavailableError, match="was not AWS"):
        functions.write_alias("2", {}, "{}", "r1")


@pytest.mark.parametrize(
    ("code", "lasting"),
    [
        ("ExpiredTokenException", True),
        ("AccessDeniedException", True),
        ("ServiceException", False),
        ("TooManyRequestsException", False),
    ],
)
def test_what_time_alone_does_not_mend_is_told_apart(code: str, *, lasting: bool) -> None:
    """Nobody polls on with credentials that have expired."""
    refused = ClientError({"Error": {"Code": code, "Message": "No."}}, "GetAlias")
    with pytest.raises(UnavailableError) as told, translated("reading"):
        raise refused
    assert isinstance(told.value, LastingError) is lasting


def test_credentials_that_ended_in_the_environment_are_one_sentence() -> None:
    """botocore has no error of its own for it."""
    ended = RuntimeError(
        "Credentials were refreshed, but the refreshed credentials are still expired."
    )
    with pytest.raises(LastingError, match="sign in again"), translated("reading"):
        raise ended


def test_a_changed_revision_is_told_apart(server: _Server, functions: LambdaFunctions) -> None:
    """412 is a lost compare-and-swap, and 409 a conflict with another change."""
    for status, code in ((412, "PreconditionFailed"), (409, "ResourceConflict")):
        refuse(server, status, f"{code}Exception", "The Revision Id provided does not match")
        with pytest.raises(AliasChangedError):
            functions.write_alias("2", {}, "{}", "r1")


def test_a_write_carries_everything(server: _Server, functions: LambdaFunctions) -> None:
    """Version, explicit (empty) weights, description and revision, in one request."""
    server.answer = ("", {"FunctionVersion": "2", "RevisionId": "r2", "Description": "{}"})
    assert functions.write_alias("2", {}, "{}", "r1").revision == "r2"
    [(method, path, body)] = server.asked
    assert (method, path) == ("PUT", "/2015-03-31/functions/function/aliases/production")
    assert json.loads(body) == {
        "FunctionVersion": "2",
        "Description": "{}",
        "RoutingConfig": {"AdditionalVersionWeights": {}},
        "RevisionId": "r1",
    }


def test_a_throttled_invocation_is_not_repeated(
    server: _Server, functions: LambdaFunctions
) -> None:
    """429 comes back at once: the pace is the caller's."""
    refuse(server, 429, "TooManyRequestsException", "Rate Exceeded.")
    assert functions.invoke("2", b"{}").throttled
    assert len(server.asked) == 1


def test_an_unreadable_event_is_about_that_event(
    server: _Server, functions: LambdaFunctions
) -> None:
    """One poisonous dead message does not end a redrive."""
    refuse(server, 400, "InvalidRequestContentException", "Could not parse request body into json")
    assert "Could not parse" in (functions.invoke("2", b"{").error or "")


def test_a_denied_invocation_ends_the_command(server: _Server, functions: LambdaFunctions) -> None:
    """What concerns every invocation is no verdict on one event."""
    refuse(server, 403, "AccessDeniedException", "not authorized")
    with pytest.raises(UnavailableError, match="denied access while invoking function:2"):
        functions.invoke("2", b"{}")


def test_a_function_error_is_an_error(server: _Server, functions: LambdaFunctions) -> None:
    """Status 200 with X-Amz-Function-Error is a failure of the function."""
    server.headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Executed-Version": "2"}
    server.answer = ("", {"errorType": "KeyError", "errorMessage": "'sku'"})
    run = functions.invoke("2", b"{}")
    assert (run.error, run.executed_version) == ("Unhandled: KeyError: 'sku'", "2")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NoCredentialsError(), "no AWS credentials"),
        (NoRegionError(), "AWS_REGION"),
        (UnauthorizedSSOTokenError(), "sign in again"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "cannot be reached"),
    ],
)
def test_what_fails_before_aws_answers(error: Exception, says: str) -> None:
    """No credentials, no region, no endpoint: one sentence each."""
    with pytest.raises(UnavailableError, match=says) as told, translated("reading"):
        raise error
    assert "\n" not in str(told.value)


def test_samples_leave_out_the_period_in_which_the_canary_began() -> None:
    """A point stamped before the canary's start is partly older than it."""
    begun, later = START - timedelta(seconds=30), START + timedelta(seconds=30)
    series = {
        "invocations": {begun: 100.0, later: 40.0, later + timedelta(seconds=60): 0.0},
        "errors": {begun: 9.0, later: 1.0},
        "duration": {begun: 900.0, later: 80.5},
        "throttles": {later: 2.0},
    }
    periods = (Period(Count(40, 1), Count(), 80.5), Period())
    assert count(series, POLICY) == Samples(40, 1, 80.5, 2, later, periods)


def test_the_live_version_is_set_beside_the_candidate_period_by_period() -> None:
    """What happened in the same period stands together; what did not happen is 0 or None."""
    later, last = START + timedelta(seconds=60), START + timedelta(seconds=120)
    series = {
        "invocations": {later: 40.0},
        "live_invocations": {later: 90.0, last: 80.0},
        "live_errors": {later: 1.0, last: 0.0},
        "live_duration": {last: 70.0},
    }
    samples = count(series, POLICY)
    assert samples.periods == (
        Period(Count(40), Count(90, 1)),
        Period(Count(), Count(80), None, 70.0),
    )
    assert (samples.live, samples.live_p99_ms) == (Count(170, 1), 70.0)


def test_answers_are_set_beside_each_other_too() -> None:
    """Every outcome is an answer, and a reason's number is that of its place in the declaration."""
    later = START + timedelta(seconds=60)
    series = {
        "confirmed": {later: 30.0},
        "duplicate": {later: 4.0},
        "rejected": {later: 6.0},
        "reason_1": {later: 5.0},
        "live_confirmed": {later: 90.0},
    }
    (period,) = count(series, replace(POLICY, outcomes=OUTCOMES)).periods
    assert period.candidate_answers == Answers(40, 6, {"TOO_LATE": 5})
    assert period.live_answers == Answers(90, 0, {})


def test_no_series_is_no_sample() -> None:
    """A candidate that nobody called has no metrics at all."""
    assert count({}, POLICY) == Samples(0, 0, None, 0, None)
