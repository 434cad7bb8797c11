"""Invoke: the three types, their headers and limits, and how errors look."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


@pytest.mark.behaviour("I1", "I6")
def test_a_synchronous_invoke_returns_the_result_and_the_executed_version(
    emulator: RunningEmulator, versatile: str
) -> None:
    """I1, I6 (botocore Lambda model): 200, the payload, and a number for the version."""
    reply = emulator.invoke(versatile, {"n": 1}, Qualifier="live")
    assert (reply.status, reply.version, reply.error) == (200, "1", None)
    assert reply.payload["event"] == {"n": 1}
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.behaviour("E27", "I8")
def test_the_request_id_is_the_same_in_reply_context_and_log(
    emulator: RunningEmulator, versatile: str
) -> None:
    """I8 (recorded): x-amzn-RequestId equals the id of context, START, END and REPORT."""
    reply = emulator.invoke(versatile, LogType="Tail")
    assert reply.payload["requestId"] == reply.request_id
    log = _log(reply.log)
    assert f"START RequestId: {reply.request_id} Version: $LATEST\n" in log
    assert f"\nEND RequestId: {reply.request_id}\n" in log
    assert f"\nREPORT RequestId: {reply.request_id}\tDuration: " in log


@pytest.mark.behaviour("E27", "E29")
@pytest.mark.parametrize(
    ("qualifier", "version", "suffix"),
    [("live", "1", ":live"), ("1", "1", ":1"), (None, "$LATEST", "")],
)
def test_the_invoked_arn_is_the_one_called(
    emulator: RunningEmulator, versatile: str, qualifier: str | None, version: str, suffix: str
) -> None:
    """E29 (Lambda Developer Guide, configuration-aliases): the alias stays in the ARN."""
    settings = {"Qualifier": qualifier} if qualifier else {}
    payload = emulator.invoke(versatile, **settings).payload
    assert payload["version"] == version
    assert payload["arn"].endswith(f":function:{versatile}{suffix}")


@pytest.mark.behaviour("I2")
def test_a_function_can_be_named_by_its_arn_and_qualifier(
    emulator: RunningEmulator, versatile: str
) -> None:
    """I2 (botocore Lambda model): a full ARN with a qualifier."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{versatile}:live"
    assert emulator.invoke(arn).version == "1"


@pytest.mark.behaviour("V27", "V36")
def test_a_weighted_alias_runs_both_versions(emulator: RunningEmulator) -> None:
    """V27, V35 (configuring-alias-routing): an independent draw per request."""
    name = emulator.deploy("def handler(event, context): return context.function_version")
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="second")
    emulator.settled(name)
    client.publish_version(FunctionName=name)
    client.create_alias(
        FunctionName=name,
        Name="canary",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    replies = [emulator.invoke(name, Qualifier="canary", LogType="Tail") for _ in range(100)]
    assert all(reply.payload == reply.version for reply in replies)
    assert all(f" Version: {reply.version}\n" in _log(reply.log) for reply in replies)
    assert 10 <= sum(reply.version == "2" for reply in replies) <= 42


@pytest.mark.behaviour("I11")
def test_a_handler_that_returns_nothing_yields_null(
    emulator: RunningEmulator, versatile: str
) -> None:
    """I11 (recorded)."""
    reply = emulator.client("lambda").invoke(FunctionName=versatile, Payload='{"do": "none"}')
    assert reply["Payload"].read() == b"null"


@pytest.mark.behaviour("I12")
def test_an_absent_payload_is_an_empty_object(emulator: RunningEmulator, versatile: str) -> None:
    """I12 (recorded for asynchronous invocations)."""
    reply = emulator.client("lambda").invoke(FunctionName=versatile)
    assert json.loads(reply["Payload"].read())["event"] == {}


@pytest.mark.behaviour("I1", "I7")
def test_a_dry_run_runs_nothing(emulator: RunningEmulator, versatile: str) -> None:
    """I1, I7 (recorded): 204, empty, no executed version."""
    before = emulator.invoke(versatile).payload["count"]
    reply = emulator.invoke(versatile, InvocationType="DryRun")
    assert (reply.status, reply.payload, reply.version) == (204, None, None)
    assert emulator.invoke(versatile).payload["count"] == before + 1


@pytest.mark.behaviour("I1", "I7", "A1")
def test_an_event_is_accepted_without_a_body_or_a_version(
    emulator: RunningEmulator, versatile: str
) -> None:
    """I1, I7 (recorded): 202."""
    reply = emulator.invoke(versatile, InvocationType="Event", Qualifier="live")
    assert (reply.status, reply.payload, reply.version) == (202, None, None)


@pytest.mark.behaviour("I6", "I13")
def test_the_log_tail_is_the_last_four_kilobytes(emulator: RunningEmulator, versatile: str) -> None:
    """I6, I13 (botocore Lambda model): 4 KB from the end, and only when asked for."""
    event = {"do": "print", "text": "y" * 6000}
    log = emulator.invoke(versatile, event, LogType="Tail").log
    assert log is not None
    assert len(base64.b64decode(log)) == 4096
    assert "REPORT" in _log(log)
    assert emulator.invoke(versatile, event).log is None


@pytest.mark.behaviour("I5", "E27", "E43")
def test_the_client_context_reaches_the_handler(emulator: RunningEmulator, versatile: str) -> None:
    """I5, E43: base64 JSON for the caller, plain JSON for the runtime."""
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    assert emulator.invoke(versatile, ClientContext=context).payload["client"] == {"k": "v"}


@pytest.mark.behaviour("E27")
def test_the_remaining_time_is_the_functions_timeout(
    emulator: RunningEmulator, versatile: str
) -> None:
    """E27: the deadline counts from the start of the invocation."""
    assert 1000 < emulator.invoke(versatile).payload["remaining"] <= 2000


@pytest.mark.behaviour("I20", "I21", "I38", "I39", "I41", "I43", "I44", "I50", "E41")
@pytest.mark.parametrize(
    ("event", "error_type", "message"),
    [
        ({"do": "raise", "message": "no"}, "ValueError", "no"),
        (
            {"do": "unserialisable"},
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        (
            {"do": "sysexit", "code": 0},
            "Runtime.ExitError",
            "RequestId: {id} Error: Runtime exited without providing a reason",
        ),
        (
            {"do": "exit", "code": 5},
            "Runtime.ExitError",
            "RequestId: {id} Error: Runtime exited with error: exit status 5",
        ),
        (
            {"do": "kill"},
            "Runtime.ExitError",
            "RequestId: {id} Error: Runtime exited with error: signal: killed",
        ),
        (
            {"do": "sleep", "seconds": 30},
            "Sandbox.Timedout",
            "RequestId: {id} Error: Task timed out after 2.00 seconds",
        ),
        (
            {"do": "big", "bytes": 6_291_557},
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ],
)
def test_a_function_error_is_a_200_with_a_typed_payload(
    emulator: RunningEmulator, versatile: str, event: dict[str, Any], error_type: str, message: str
) -> None:
    """I20, I38-I44, I50 (recorded; awslambdaric): `Unhandled`, errorType, errorMessage."""
    reply = emulator.invoke(versatile, event)
    assert (reply.status, reply.error) == (200, "Unhandled")
    assert reply.payload["errorType"] == error_type
    assert reply.payload["errorMessage"] == message.format(id=reply.request_id)
    assert emulator.invoke(versatile).error is None


@pytest.mark.behaviour("I20")
def test_a_response_of_exactly_the_limit_passes(emulator: RunningEmulator, versatile: str) -> None:
    """I20: 6,291,556 bytes is still accepted."""
    reply = emulator.invoke(versatile, {"do": "big", "bytes": 6_291_556})
    assert reply.error is None
    assert len(reply.payload) == 6_291_554


@pytest.mark.behaviour("I40", "I46", "I47", "I48", "I49", "E40", "M6")
@pytest.mark.parametrize(
    ("files", "handler", "error_type", "message"),
    [
        (
            {"app.py": "import absent"},
            "app.handler",
            "Runtime.ImportModuleError",
            "No module named",
        ),
        ({"app.py": ""}, "app.handler", "Runtime.HandlerNotFound", "'handler' missing on module"),
        ({"app.py": ""}, "nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot'"),
        ({"app.py": "def"}, "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in"),
        ({"app.py": "1 / 0"}, "app.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_failed_init_is_reported_without_a_request_id(
    emulator: RunningEmulator, files: dict[str, str], handler: str, error_type: str, message: str
) -> None:
    """I40, I46-I49 (awslambdaric): the error of the import, `requestId` empty."""
    name = emulator.deploy(files, Handler=handler)
    reply = emulator.invoke(name, LogType="Tail")
    assert (reply.error, reply.payload["errorType"]) == ("Unhandled", error_type)
    assert message in reply.payload["errorMessage"]
    assert reply.payload["requestId"] == ""
    assert f"Phase: init\tStatus: error\tError Type: {error_type}" in _log(reply.log)


@pytest.mark.behaviour("I43")
def test_an_import_that_exits_is_an_exit_error(emulator: RunningEmulator) -> None:
    """I43 (recorded): an exit at import names no reason."""
    name = emulator.deploy("import sys; sys.exit(0)")
    payload = emulator.invoke(name).payload
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited without providing a reason")


def _refusal(emulator: RunningEmulator, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        emulator.client("lambda").invoke(**parameters)
    response: dict[str, Any] = caught.value.response  # type: ignore[assignment]
    return response


@pytest.mark.behaviour("I25")
def test_an_absent_function_is_a_404_with_its_arn(emulator: RunningEmulator) -> None:
    """I25 (recorded): the text has the qualifier, the key is `Message`."""
    response = _refusal(emulator, FunctionName="absent")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert response["Error"]["Code"] == "ResourceNotFoundException"
    assert response["Error"]["Message"] == (
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:absent:$LATEST"
    )


@pytest.mark.behaviour("I24")
@pytest.mark.parametrize("payload", [b"{not json", b'{"n": NaN}', b"[-Infinity]"])
def test_a_body_that_is_no_json_is_refused(
    emulator: RunningEmulator, versatile: str, payload: bytes
) -> None:
    """I24 (recorded); numbers that only Python takes are none."""
    response = _refusal(emulator, FunctionName=versatile, Payload=payload)
    assert response["Error"]["Code"] == "InvalidRequestContentException"
    assert response["Error"]["Message"].startswith(
        "Could not parse request body into json: Could not parse payload into json:"
    )
    assert response["Type"] == "User"


@pytest.mark.behaviour("I15", "I16", "I17", "I18", "I19")
@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_a_payload_over_the_limit_is_a_413(
    emulator: RunningEmulator, versatile: str, kind: str, limit: int
) -> None:
    """I15, I17-I19 (public captures): the wire code is not a modelled one."""
    response = _refusal(
        emulator,
        FunctionName=versatile,
        InvocationType=kind,
        Payload=b'"' + b"x" * (limit - 1) + b'"',
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert response["Error"]["Message"] == (
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    )
    head = b'{"do": "none", "text": "'
    accepted = head + b"x" * (limit - len(head) - 2) + b'"}'
    reply = emulator.client("lambda").invoke(
        FunctionName=versatile, InvocationType=kind, Payload=accepted
    )
    reply["Payload"].read()  # or its connection is left open
    assert (reply["StatusCode"], reply.get("FunctionError")) in ((200, None), (202, None))


@pytest.mark.behaviour("I5", "I30")
def test_an_unknown_invocation_type_is_refused(emulator: RunningEmulator, versatile: str) -> None:
    """I5, I30: the enumeration is part of the text."""
    response = _refusal(emulator, FunctionName=versatile, InvocationType="Later")
    assert response["Error"]["Code"] == "ValidationException"
    assert "[Event, RequestResponse, DryRun]" in response["Error"]["Message"]


def _log(encoded: str | None) -> str:
    assert encoded is not None
    return base64.b64decode(encoded).decode()
