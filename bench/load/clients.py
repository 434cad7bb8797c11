"""The clients that are compared: each a Locust user that sends event after event, no pause."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from locust import FastHttpUser, User, task

from load.aws import Destination
from load.send.client import InvokeClient
from load.send.statistics import Batches

if TYPE_CHECKING:
    from locust.env import Environment

REGION: Final = "us-east-1"
KEYS: Final = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token" * 60)
_NUMBERS: Final = count()
_ORDER: Final = (
    b'{"currency":"EUR","customerId":"customer-0001","lines":['
    b'{"quantity":3,"sku":"SKU-001","unitPrice":"19.99"},'
    b'{"quantity":1,"sku":"SKU-002","unitPrice":"5.49"},'
    b'{"quantity":2,"sku":"SKU-003","unitPrice":"120.00"},'
    b'{"quantity":9,"sku":"SKU-004","unitPrice":"0.99"}],'
    b'"orderId":"bench-20260101T000000000-%08d","placedAt":"2026-01-01T00:00:00.000Z"}'
)


def payload() -> bytes:
    """Return an event that was not sent before, about 350 bytes."""
    return _ORDER % next(_NUMBERS)


class Bench(User):
    """Sends without end; `answers` counts what came back over all users."""

    abstract = True
    endpoint: ClassVar[str]
    answers: ClassVar[int] = 0

    @task
    def send(self) -> None:
        """Send and report each answer as a Locust event."""
        fire: Any = self.environment.events.request.fire
        while True:
            began = time.perf_counter()
            size = self.exchange(payload())
            Bench.answers += 1
            fire(
                request_type="SYNC",
                name="event",
                response_time=(time.perf_counter() - began) * 1000,
                response_length=size,
                exception=None,
                context={},
            )

    def exchange(self, body: bytes) -> int:
        """Send an event and return the length of the answer."""
        raise NotImplementedError


def _lambda_client(endpoint: str, connections: int) -> Any:
    return boto3.session.Session().client(
        "lambda",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=KEYS.token,
        config=Config(max_pool_connections=connections),
    )


class Boto3PerUser(Bench):
    """The usual pattern: a boto3 client in every user."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._client = self.make()

    def make(self) -> Any:
        """Return the client to send with."""
        return _lambda_client(self.endpoint, 10)

    def exchange(self, body: bytes) -> int:
        """Send an event."""
        reply = self._client.invoke(FunctionName="bench", Qualifier="production", Payload=body)
        return len(reply["Payload"].read())


class Boto3Shared(Boto3PerUser):
    """One boto3 client for all users, with a connection for each."""

    _shared: ClassVar[Any] = None

    def make(self) -> Any:
        """Return the one client."""
        if Boto3Shared._shared is None:
            Boto3Shared._shared = _lambda_client(self.endpoint, 100)
        return Boto3Shared._shared


class FastHttpBotocore(FastHttpUser):
    """Locust's lean HTTP user, signing with botocore; it reports its own events."""

    host = "http://localhost"

    def __init__(self, environment: Environment) -> None:
        self.host = Bench.endpoint
        super().__init__(environment)

    @task
    def send(self) -> None:
        """Send without end."""
        path = "/2015-03-31/functions/bench/invocations?Qualifier=production"
        signer = SigV4Auth(KEYS, "lambda", REGION)
        while True:
            request = AWSRequest("POST", Bench.endpoint + path, data=payload())
            request.headers["X-Amz-Invocation-Type"] = "RequestResponse"
            signer.add_auth(request)
            self.client.post(path, data=request.data, headers=dict(request.headers), name="event")
            Bench.answers += 1


def lean_client(endpoint: str) -> InvokeClient:
    """Return the client of the load test."""
    target = Destination(endpoint, REGION, "bench", "production", 30.0, 1)
    read: Any = KEYS.get_frozen_credentials
    return InvokeClient(target, read)


class Lean(Bench):
    """The load test's client, one for all users."""

    _shared: ClassVar[InvokeClient | None] = None

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if Lean._shared is None:
            Lean._shared = lean_client(self.endpoint)
        self._client = Lean._shared

    def exchange(self, body: bytes) -> int:
        """Send an event."""
        reply = self._client.invoke(body, asynchronous=False)
        if reply.status != 200:
            raise RuntimeError(reply.error)
        return len(reply.body)


class LeanBatched(Lean):
    """The same with statistics merged in batches instead of an event for each request."""

    _batches: ClassVar[Batches | None] = None

    @task
    def send(self) -> None:
        """Send and note each answer for the next batch."""
        if LeanBatched._batches is None:
            LeanBatched._batches = Batches(self.environment.stats)
        note = LeanBatched._batches.note
        while True:
            began = time.perf_counter()
            size = self.exchange(payload())
            Bench.answers += 1
            note("SYNC", "event", (time.perf_counter() - began) * 1000, size, None)


CLIENTS: Final[dict[str, type[User]]] = {
    "boto3PerUser": Boto3PerUser,
    "boto3Shared": Boto3Shared,
    "fastHttpBotocore": FastHttpBotocore,
    "lean": Lean,
    "leanBatched": LeanBatched,
}
