"""Requests that Lambda refuses, worded as AWS words them, and those that are not emulated."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from emulator.lambda_.api.control import HANDLERS
from emulator.lambda_.api.routes import Routes
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, refusal, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
WRONG_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
IN_PROGRESS = (
    f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
)


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the active function `orders`."""
    made = bench(tmp_path)
    made.create()
    return made


@pytest.mark.behaviour("E23")
@pytest.mark.parametrize(
    ("settings", "status", "message"),
    [
        ({"FunctionName": "orders"}, 409, "Function already exist: orders"),
        (
            {"FunctionName": "a" * 65},
            400,
            f"1 validation error detected: Value '{'a' * 65}' at 'functionName' failed to satisfy "
            "constraint: Member must have length less than or equal to 64",
        ),
        (
            {"Role": "r1"},
            400,
            "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: "
            r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
        ),
        (
            {"Architectures": ["X86_64"]},
            400,
            "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy "
            "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
            "[x86_64, arm64], Member must not be null]",
        ),
        (
            {"Timeout": 901, "MemorySize": 10_241},
            400,
            "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 900; Value '10241' at 'memorySize' "
            "failed to satisfy constraint: Member must have value less than or equal to 10240",
        ),
        (
            {"Code": {"ZipFile": b"no zip"}},
            400,
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"Code": {"S3Bucket": "bucket", "S3Key": "key"}},
            501,
            "Code from S3Bucket (send the zip in ZipFile) is not emulated.",
        ),
        ({"Code": {}}, 400, "Please provide a source for function code."),
        ({"Runtime": "nodejs22.x"}, 501, "The runtime nodejs22.x is not emulated."),
        ({"Layers": [f"{ARN[:-15]}layer:l:1"]}, 501, "The parameter Layers is not emulated."),
        (
            {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": "python3.11"},
            400,
            "python3.11 is not supported for SnapStart enabled functions.",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "MINE": "y"}}},
            400,
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            "for modification. Reserved keys used in this request: AWS_REGION",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_creation_refuses_in_aws_words(
    account: Bench, settings: dict[str, Any], status: int, message: str
) -> None:
    """Each refusal has its status and text, and creates nothing."""
    params = {"name": "new"} | settings
    name = params.pop("FunctionName", params.pop("name"))
    seen = refusal(account.create, name=name, **params)
    assert (seen[0], seen[2]) == (status, message)
    assert list(account.registry.functions) == ["orders"]


def test_an_unknown_runtime_is_an_invalid_value(account: Bench) -> None:
    """AWS refuses it by another code than other values outside their set."""
    _, code, message = refusal(account.create, name="new", Runtime="PYTHON3.9")
    assert code == "InvalidParameterValueException"
    assert message.startswith("Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member")


@pytest.mark.behaviour("E24")
@pytest.mark.parametrize(("value_bytes", "accepted"), [(4087, True), (4088, False)])
def test_all_variables_together_fit_in_4_kb(
    account: Bench, value_bytes: int, accepted: bool
) -> None:
    """The limit is on the whole environment as compact JSON: 4096 bytes."""
    variables = {"KK": "x" * value_bytes}  # {"KK":""} are nine bytes
    update = account.client.update_function_configuration
    params: dict[str, Any] = {"FunctionName": "orders", "Environment": {"Variables": variables}}
    if accepted:
        update(**params)
    else:
        status, _, message = refusal(update, **params)
        assert status == 400
        assert message.endswith(
            'exceeded the 4KB limit. String measured: {"KK":"' + variables["KK"] + '"}'
        )


def test_changes_go_to_functions_only(account: Bench) -> None:
    """A qualified name is refused where only the function can be meant."""
    status, _, message = refusal(
        account.client.update_function_configuration, FunctionName=f"{ARN}:live", Timeout=9
    )
    assert status == 400
    assert message.startswith("This operation is permitted on Lambda functions only.")


def test_what_is_not_emulated_says_so_by_name(account: Bench) -> None:
    """Every other modelled operation answers 501 with its name."""
    for operation in Routes().operations:
        if operation.name in HANDLERS:
            continue
        path = operation.http["requestUri"].replace("{FunctionName}", "orders")
        path = "".join("x" if c in "{}" else c for c in path)
        response = account.request(operation.http["method"], path)
        assert response.status == 501
        assert f"The operation {operation.name} is not emulated." in response.body.decode()


def test_a_path_of_no_operation_is_forbidden(account: Bench) -> None:
    """AWS answers 403 where it cannot tell the operation."""
    response = account.request("GET", "/2015-03-31/functions//aliases")
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


def test_a_trailing_slash_is_forgiven(account: Bench) -> None:
    """Older SDKs send it when they list functions."""
    assert account.request("GET", "/2015-03-31/functions/").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"Timeout": "3"}',
        b'{"Timeout": true}',
        b'{"Timeout": 3.5}',
        b'{"Timeout": NaN}',
        b'{"Environment": []}',
        b'{"Environment": {"Variables": {"AA": 1}}}',
        b"[" * 100_000,
    ],
)
def test_an_unreadable_body_is_a_serialization_error(account: Bench, body: bytes) -> None:
    """Wrong JSON and wrong JSON types are refused before anything is judged."""
    response = account.request("PUT", "/2015-03-31/functions/orders/configuration", body)
    assert response.status == 400
    assert response.headers["x-amzn-ErrorType"] == "SerializationException"
    assert json.loads(response.body)["Type"] == "User"


def test_null_members_are_left_out(account: Bench) -> None:
    """A null says nothing: it neither sets nor clears."""
    body = b'{"Timeout": null, "MemorySize": 256, "Unknown": {}}'
    response = account.request("PUT", "/2015-03-31/functions/orders/configuration", body)
    shown = json.loads(response.body)
    assert (shown["Timeout"], shown["MemorySize"]) == (3, 256)


@pytest.mark.behaviour("I18")
def test_an_oversized_request_is_refused_unread(account: Bench) -> None:
    """Above AWS's limit a request is 413, whatever is in it."""
    response = account.request("POST", "/2015-03-31/functions", bytes(70_167_212))
    assert response.status == 413
    assert json.loads(response.body) == {
        "message": "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    }


def test_code_that_is_not_base64_is_refused(account: Bench) -> None:
    """A blob travels in base64 and nothing else."""
    body = json.dumps({"ZipFile": base64.b64encode(zipped()).decode() + "*"}).encode()
    response = account.request("PUT", "/2015-03-31/functions/orders/code", body)
    assert json.loads(response.body)["message"] == "'ZipFile' must be base64 text."


@pytest.mark.parametrize(
    "body",
    [
        rb'{"Environment": {"Variables": {"AA": "a\u0000b"}}}',
        rb'{"Environment": {"Variables": {"AA": "\ud800"}}}',
        rb'{"Handler": "app.\u0000"}',
    ],
)
def test_text_that_no_process_can_be_given_is_refused(account: Bench, body: bytes) -> None:
    """At the upload, not at each start of an execution environment."""
    response = account.request("PUT", "/2015-03-31/functions/orders/configuration", body)
    assert response.status == 400
    assert "cannot be passed to a process" in response.body.decode()
