"""What a page of any site can send, and a caller without keys: refused before anything is done."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=" + "0" * 64
)
FORM = "application/x-www-form-urlencoded"


def asked(
    emulator: RunningEmulator, target: str, headers: Mapping[str, str], body: bytes = b"{}"
) -> tuple[int, str]:
    """Status and body of a POST with just these headers."""
    endpoint = urlsplit(emulator.environment["AWS_ENDPOINT_URL"]).netloc
    connection = http.client.HTTPConnection(endpoint, timeout=30)
    connection.request("POST", target, body, dict(headers))
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def keys(emulator: RunningEmulator) -> Credentials:
    """The emulator's own."""
    environment = emulator.environment
    return Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def signed(emulator: RunningEmulator, service: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a signed POST to `/`, these among them."""
    url = emulator.environment["AWS_ENDPOINT_URL"] + "/"
    request = AWSRequest("POST", url, data=b"Action=ListRoles&Version=2010-05-08", headers=headers)
    SigV4Auth(keys(emulator), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def client(
    emulator: RunningEmulator, service: str, key: str, secret: str, version: str | None = None
) -> Any:
    """A client with these keys."""
    create: Any = boto3.client  # its overloads want literal names
    return create(
        service,
        endpoint_url=emulator.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, signature_version=version),
    )


def refused(call: Any, **parameters: Any) -> str:
    """The code of the refusal."""
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return str(refusal.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.example.com"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ],
    ids=lambda sent: " ".join(map(str, *sent.items())),
)
def test_what_only_a_page_sends_is_refused_however_it_is_signed(
    emulator: RunningEmulator, sent: dict[str, str]
) -> None:
    """The same request passes without it."""
    body = b"Action=ListRoles&Version=2010-05-08"
    passes = signed(emulator, "iam", {"Content-Type": FORM})
    assert asked(emulator, "/", passes, body)[0] == 200
    status, said = asked(
        emulator, "/", signed(emulator, "iam", {"Content-Type": FORM} | sent), body
    )
    assert status == 403
    assert "AccessDenied" in said


def test_a_page_cannot_make_a_role_and_a_function_and_run_it(emulator: RunningEmulator) -> None:
    """Simple requests as any page may send them, signed by keys that everybody knows."""
    query = "X-Amz-Credential=test/20260101/us-east-1/{}/aws4_request&X-Amz-Algorithm="
    query += "AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z"
    query += "&X-Amz-Signature=" + "0" * 64
    makes = b"Action=CreateRole&RoleName=of-a-page&AssumeRolePolicyDocument=%7B%7D"
    assert asked(emulator, f"/?{query.format('iam')}", {"Content-Type": FORM}, makes)[0] == 403
    function = json.dumps({"FunctionName": "of-a-page"}).encode()
    target = f"/2015-03-31/functions?{query.format('lambda')}"
    assert asked(emulator, target, {"Content-Type": FORM}, function)[0] == 403
    names = [role["RoleName"] for role in emulator.client("iam").list_roles()["Roles"]]
    assert "of-a-page" not in names


def test_a_runtime_api_refuses_a_page_too(emulator: RunningEmulator) -> None:
    """It would hand out an event."""
    name = emulator.deploy(
        """
        import os, urllib.error, urllib.request

        def handler(event, context):
            url = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/next"
            request = urllib.request.Request(url, headers={"Origin": "https://example.com"})
            try:
                return urllib.request.urlopen(request, timeout=2).status
            except urllib.error.HTTPError as error:
                return error.code
        """
    )
    assert emulator.invoke(name).payload == 403


UNKNOWN = {
    "lambda": ("list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
    "dynamodb": ("list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
    "logs": ("describe_log_groups", "UnrecognizedClientException", "InvalidSignatureException"),
    "cloudwatch": ("list_metrics", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "sqs": ("list_queues", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "iam": ("list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "sts": ("get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "s3": ("list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
}


@pytest.mark.behaviour("P1")
@pytest.mark.parametrize("service", UNKNOWN)
@pytest.mark.parametrize("key", ["test", "123456789012", "AKIAIOSFODNN7EXAMPLE"])
def test_an_unknown_key_is_refused_as_the_service_does(
    emulator: RunningEmulator, service: str, key: str
) -> None:
    """Each in its own protocol, those that storage would take for root among them."""
    call, unknown, _ = UNKNOWN[service]
    assert refused(getattr(client(emulator, service, key, key), call)) == unknown


@pytest.mark.behaviour("P2")
@pytest.mark.parametrize("service", UNKNOWN)
def test_a_wrong_signature_is_refused_as_the_service_does(
    emulator: RunningEmulator, service: str
) -> None:
    """The emulator's own key, and another secret."""
    call, _, mismatch = UNKNOWN[service]
    wrong = client(emulator, service, keys(emulator).access_key, "another")
    assert refused(getattr(wrong, call)) == mismatch


def test_each_start_has_keys_of_its_own(emulator: RunningEmulator, env_file: Path) -> None:
    """Whoever knows those of one knows nothing of another, even with the same seed."""
    other = RunningEmulator.start(env_file, "--seed", "7")
    try:
        pairs = [keys(running) for running in (emulator, other)]
        for running, pair in zip((emulator, other), reversed(pairs), strict=True):
            stranger = client(running, "lambda", pair.access_key, pair.secret_key)
            assert refused(stranger.list_functions) == "UnrecognizedClientException"
    finally:
        other.stop()


@pytest.mark.behaviour("P3")
def test_a_body_that_was_exchanged_is_refused(emulator: RunningEmulator) -> None:
    """The signature is of the body too."""
    headers = signed(emulator, "iam", {"Content-Type": FORM})
    status, said = asked(emulator, "/", headers, b"Action=ListUsers&Version=2010-05-08")
    assert (status, "SignatureDoesNotMatch" in said) == (403, True)


@pytest.mark.behaviour("P4")
def test_presigned_urls_hold_while_they_last(emulator: RunningEmulator) -> None:
    """Of S3, and of STS, whose callers prove by one who they are."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a b", Body=b"found")
    version4 = client(emulator, "s3", keys(emulator).access_key, keys(emulator).secret_key, "s3v4")
    url = version4.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a b"})
    assert fetched(url) == (200, b"found")
    assert fetched(url.replace("a%20b", "other"))[0] == 403
    endpoint = emulator.environment["AWS_ENDPOINT_URL"]
    identity = AWSRequest("GET", f"{endpoint}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(keys(emulator), "sts", "us-east-1", 60).add_auth(identity)
    assert b"123456789012" in fetched(str(identity.url))[1]


def fetched(url: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found
