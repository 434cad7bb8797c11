"""A real boto3 Lambda client whose requests a `ControlPlane` answers, with no socket between."""

from __future__ import annotations

import asyncio
import io
import random
import zipfile
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from emulator.clock import Clock
from emulator.errors import AwsError
from emulator.http import Request, Response
from emulator.lambda_.api import rest_json
from emulator.lambda_.api.control import ControlPlane
from emulator.lambda_.state.code_links import CodeLinks
from emulator.lambda_.state.registry import Registry
from multidict import MultiDict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest
    from types_boto3_lambda.client import LambdaClient

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/order-processing"
SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ManualClock(Clock):
    """A clock that stands still until a test moves it."""

    seconds: list[float] = field(default_factory=lambda: [1_700_000_000.25])

    def now(self) -> float:
        """The time that the test has set."""
        return self.seconds[0]

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds[0] += seconds


@dataclass(frozen=True, slots=True)
class Bench:
    """One account of the emulator and the client that talks to it."""

    registry: Registry
    clock: ManualClock
    control: ControlPlane
    client: LambdaClient

    def settle(self) -> None:
        """Let every change that is under way complete."""
        self.clock.advance(SETTLE_SECONDS)
        for name in self.registry.functions:
            self.registry.get(name)

    def create(self, name: str = "orders", *, wait: bool = True, **settings: Any) -> dict[str, Any]:
        """Create a function with defaults for whatever `settings` leave out."""
        created = self.client.create_function(
            **{
                "FunctionName": name,
                "Role": ROLE,
                "Runtime": "python3.11",
                "Handler": "app.handler",
                "Code": {"ZipFile": zipped()},
                **settings,
            }
        )
        if wait:
            self.settle()
        return dict(created)

    def publish(self, name: str = "orders", **code: str) -> str:
        """Change the code, wait, publish, and return the new version's number."""
        source = code.get("source", f"# {self.registry.new_revision_id()}")
        self.client.update_function_code(FunctionName=name, ZipFile=zipped(source))
        self.settle()
        return self.client.publish_version(FunctionName=name)["Version"]

    def request(self, method: str, path: str, body: bytes = b"") -> Response:
        """Send one raw request, as a client that botocore does not guard might."""
        return send(self.control, method, path, body)


def bench(code_dir: Path, *, seed: int = 1, concurrency_limit: int = 1000) -> Bench:
    """An empty account; what it draws at random follows from `seed`."""
    clock = ManualClock()
    registry = Registry(
        ACCOUNT,
        REGION,
        code_dir,
        random.Random(seed),
        clock,
        concurrency_limit,
        CodeLinks("http://lambda.invalid"),
        settle_seconds=SETTLE_SECONDS,
    )

    async def trusted(_: str) -> None:
        """Any role will do: there is no IAM here."""

    control = ControlPlane(registry, trusted)
    return Bench(registry, clock, control, connect(control))


def connect(control: ControlPlane) -> LambdaClient:
    """A boto3 client that validates by botocore's model and sends to `control`."""
    client = _session().client(
        "lambda",
        region_name=REGION,
        endpoint_url="http://lambda.invalid",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = request.body or b""
        raw = body if isinstance(body, bytes) else str(body).encode()
        response = send(control, str(request.method), str(request.url), raw)
        headers: Any = response.headers
        return AWSResponse(request.url, response.status, headers, _Raw(response.body))

    hook: Any = answer  # the stubs know only hooks that return nothing
    client.meta.events.register("before-send.lambda", hook)
    return client


@cache
def _session() -> boto3.Session:
    """One for all clients: reading the service model takes longer than most tests."""
    return boto3.Session()


def send(control: ControlPlane, method: str, url: str, body: bytes = b"") -> Response:
    """What the gateway does with one request."""
    parts = urlsplit(url)
    query = MultiDict(parse_qsl(parts.query, keep_blank_values=True))
    request = Request(method, unquote(parts.path), query, {}, body)
    try:
        return asyncio.run(control.handle(request))
    except AwsError as error:
        return rest_json.error_response(error)


def refusal(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    """Status, code and text that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response: Any = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


def zipped(source: str = "def handler(event, context): return event") -> bytes:
    """A deployment package of one module; equal sources give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), source)
    return buffer.getvalue()


class _Raw(io.BytesIO):
    """A response body with the one method of urllib3's that botocore calls."""

    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]
