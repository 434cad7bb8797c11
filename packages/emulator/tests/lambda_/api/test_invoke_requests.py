"""Invoke's requests over a socket: names, headers, states, and what is refused before a run."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from emulator.tests.observed import at_least, messages, tail
from emulator.tests.running import RUNTIME, wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

LARGE = b'{"custom": {"k": "' + b"x" * 2679 + b'"}}'
"""A client context whose base64 is just above the limit."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def refusal(emulator: RunningEmulator, **parameters: Any) -> tuple[int, str, str]:
    """Status, code and text of a refused Invoke."""
    with pytest.raises(ClientError) as caught:
        emulator.client("lambda").invoke(**parameters)
    response: Any = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def raw(
    emulator: RunningEmulator, path: str, **headers: str
) -> tuple[int, dict[str, str], dict[str, str]]:
    """A signed POST with headers that an SDK would not send; status, headers and JSON body."""
    url = emulator.environment["AWS_ENDPOINT_URL"] + path
    signed = AWSRequest(method="POST", url=url, data=b"{}", headers=headers)
    keys = emulator.environment["AWS_ACCESS_KEY_ID"], emulator.environment["AWS_SECRET_ACCESS_KEY"]
    SigV4Auth(Credentials(*keys), "lambda", "us-east-1").add_auth(signed)
    session = URLLib3Session()
    try:
        response = session.send(signed.prepare())
        return response.status_code, dict(response.headers), json.loads(response.content)
    finally:
        session.close()


@pytest.mark.behaviour("I2", "I3", "E29")
@pytest.mark.parametrize(
    ("reference", "qualifier", "version", "suffix"),
    [
        ("{name}", None, "$LATEST", ""),
        ("{name}", "$LATEST", "$LATEST", ":$LATEST"),
        ("{name}:1", None, "1", ":1"),
        ("{name}:live", "live", "1", ":live"),
        ("123456789012:function:{name}", "live", "1", ":live"),
        ("123456789012:function:{name}", None, "$LATEST", ""),
        (ARN + "{name}", None, "$LATEST", ""),
        (ARN + "{name}:live", None, "1", ":live"),
    ],
)
def test_every_form_of_a_name_leads_to_the_function(
    emulator: RunningEmulator,
    versatile: str,
    reference: str,
    qualifier: str | None,
    version: str,
    suffix: str,
) -> None:
    """Name, partial and full ARN, the qualifier inside or beside: the handler sees it as called."""
    settings = {"Qualifier": qualifier} if qualifier else {}
    reply = emulator.invoke(reference.format(name=versatile), **settings)
    assert (reply.version, reply.payload["version"]) == (version, version)
    assert reply.payload["arn"] == f"{ARN}{versatile}{suffix}"


@pytest.mark.behaviour("I4", "I25", "I26", "I27", "I29", "I30")
@pytest.mark.parametrize(
    ("reference", "qualifier", "status", "code", "text"),
    [
        ("{name}:1", "live", 400, "InvalidParameterValueException", "The derived qualifier from"),
        ("absent", None, 404, "ResourceNotFoundException", "function:absent:$LATEST"),
        ("absent", "live", 404, "ResourceNotFoundException", "function:absent:live"),
        ("{name}", "absent", 404, "ResourceNotFoundException", "{name}:absent"),
        ("{name}", "77", 404, "ResourceNotFoundException", "{name}:77"),
        ("{name}", "$latest", 404, "ResourceNotFoundException", "{name}:$latest"),
        (
            ARN.replace("us-east-1", "eu-west-1") + "{name}",
            None,
            404,
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
        ("a?b", None, 400, "ValidationException", "1 validation error detected: Value 'a?b' at"),
        ("a?b", "c d", 400, "ValidationException", "2 validation errors detected: "),
        ("{name}", "q" * 129, 400, "ValidationException", "have length less than or equal to 128"),
        ("{name}", "q" * 128, 404, "ResourceNotFoundException", "q" * 128),
    ],
)
def test_what_a_name_does_not_lead_to_is_refused_in_aws_words(
    emulator: RunningEmulator,
    versatile: str,
    reference: str,
    qualifier: str | None,
    status: int,
    code: str,
    text: str,
) -> None:
    """Status, code and text of wrong names, as recorded from Lambda."""
    parameters: dict[str, Any] = {"FunctionName": reference.format(name=versatile)}
    if qualifier:
        parameters["Qualifier"] = qualifier
    seen = refusal(emulator, **parameters)
    assert seen[:2] == (status, code)
    assert text.format(name=versatile) in seen[2]


@pytest.mark.behaviour("I10")
@pytest.mark.parametrize(
    ("given", "status"), [("not-a-uuid", 400), ("5ae5e3ef-6f5c-4b3b-9d0e-0a4c0a6d4c11", 200)]
)
def test_a_callers_request_id_must_be_a_uuid(
    emulator: RunningEmulator, versatile: str, given: str, status: int
) -> None:
    """A malformed `x-amzn-RequestId` is an InvalidRequestContentException."""
    path = f"/2015-03-31/functions/{versatile}/invocations"
    seen, headers, _ = raw(emulator, path, **{"x-amzn-RequestId": given})
    assert seen == status
    if status == 400:
        assert headers["x-amzn-ErrorType"] == "InvalidRequestContentException"


@pytest.mark.behaviour("I9", "I23")
def test_replies_carry_the_headers_of_lambda(emulator: RunningEmulator, versatile: str) -> None:
    """Trace, remapped length and content type on success; the code in a header on refusal."""
    reply = emulator.invoke(versatile)
    assert reply.headers["x-amzn-remapped-content-length"] == "0"
    trace = reply.headers["x-amzn-trace-id"]
    assert re.fullmatch(r"root=1-[0-9a-f]{8}-[0-9a-f]{24};.*sampled=[01]", trace, re.IGNORECASE)
    accepted = emulator.invoke(versatile, InvocationType="Event")
    assert accepted.headers["x-amzn-remapped-content-length"] == "0"
    _, headers, body = raw(emulator, "/2015-03-31/functions/absent/invocations")
    assert headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert body["Type"] == "User"
    assert body["Message"].startswith("Function not found: ")


@pytest.mark.behaviour("I14")
def test_the_operation_before_event_still_answers(emulator: RunningEmulator) -> None:
    """InvokeAsync: 202 with the status in the body, and the function runs; 256 KB at most."""
    name = emulator.deploy("def handler(event, context): print('ran', event['n'])")
    client = emulator.client("lambda")
    reply = client.invoke_async(FunctionName=name, InvokeArgs=io.BytesIO(b'{"n": 1}'))
    assert (reply["ResponseMetadata"]["HTTPStatusCode"], reply["Status"]) == (202, 202)
    assert wait_until(lambda: at_least(messages(emulator, name, "ran"), 1)) == ["ran 1"]
    with pytest.raises(ClientError) as caught:
        client.invoke_async(FunctionName=name, InvokeArgs=io.BytesIO(b'"' + b"x" * 262_144 + b'"'))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.behaviour("I36", "V1")
def test_a_function_that_is_being_created_cannot_be_called(emulator: RunningEmulator) -> None:
    """409 with the state, until it is Active."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    created = emulator.client("lambda").create_function(
        FunctionName="fresh",
        Runtime=RUNTIME,
        Handler="app.handler",
        Role=emulator.role(),
        Code={"ZipFile": buffer.getvalue()},
    )
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    seen = refusal(emulator, FunctionName="fresh")
    assert seen[:2] == (409, "ResourceConflictException")
    assert seen[2].endswith("The function is currently in the following state: Pending")
    emulator.settled("fresh")
    assert emulator.invoke("fresh").payload == 1


@pytest.mark.behaviour("I5")
@pytest.mark.parametrize(
    "context", ["?", base64.b64encode(b"[1]").decode(), base64.b64encode(LARGE).decode()]
)
def test_a_client_context_that_is_no_small_object_is_refused(
    emulator: RunningEmulator, versatile: str, context: str
) -> None:
    """It has to be base64 of a JSON object, 3,583 bytes at most."""
    seen = refusal(emulator, FunctionName=versatile, ClientContext=context)
    assert seen[:2] == (400, "InvalidRequestContentException")
    allowed = base64.b64encode(LARGE[:-18] + b'"}}').decode()
    assert len(allowed) <= 3583
    assert emulator.invoke(versatile, ClientContext=allowed).error is None


@pytest.mark.behaviour("I39", "I38")
def test_a_raised_exception_comes_with_its_stack(emulator: RunningEmulator, versatile: str) -> None:
    """Class, text, request id, and one formatted frame for each entry of the stack."""
    reply = emulator.invoke(versatile, {"do": "raise", "message": "no"})
    assert (reply.error, reply.payload["requestId"]) == ("Unhandled", reply.request_id)
    assert list(reply.payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    (frame,) = reply.payload["stackTrace"]
    assert frame.startswith('  File "')
    assert "in handler\n" in frame


@pytest.mark.behaviour("I49")
def test_a_module_named_like_a_builtin_is_reported(emulator: RunningEmulator) -> None:
    """The runtime refuses a handler's module that the interpreter has built in."""
    name = emulator.deploy(
        {"sys.py": "def handler(event, context): return 1"}, Handler="sys.handler"
    )
    assert emulator.invoke(name).payload["errorType"] == "Runtime.BuiltInModuleConflict"


@pytest.mark.behaviour("I6", "I13")
def test_the_log_tail_ends_with_the_report(emulator: RunningEmulator, versatile: str) -> None:
    """What comes back is the end of this invocation's log."""
    log = tail(emulator.invoke(versatile, LogType="Tail").log)
    assert log.splitlines()[-1].startswith("REPORT RequestId: ")
