"""A boto3 client whose requests reach `CloudWatch.handle` without a socket."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader
from emulator.clock import Clock
from emulator.cloudwatch.metrics.store import MetricStore
from emulator.cloudwatch.service import CloudWatch
from emulator.http import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest
    from types_boto3_cloudwatch import CloudWatchClient

NOON = 1_800_014_400.0
"""2027-01-15 12:00:00 UTC, a whole number of minutes at every scale the tests use."""
PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")


@dataclass(frozen=True)
class SteppedClock(Clock):
    """A clock that stands until a test moves it."""

    moments: list[float] = field(default_factory=lambda: [NOON])

    def now(self) -> float:
        """The moment that the test has reached."""
        return self.moments[-1]

    def advance(self, seconds: float) -> None:
        """Move on by real seconds."""
        self.moments.append(self.now() + seconds)


class _OneProtocol(Loader):
    """botocore's models, with CloudWatch reduced to one of its protocols."""

    def __init__(self, protocol: str) -> None:
        super().__init__()
        self._protocol = protocol

    def load_service_model(self, service_name: str, type_name: str, api_version: Any = None) -> Any:
        """The model, its metadata naming the one protocol."""
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return model
        only = {"protocol": self._protocol, "protocols": [self._protocol]}
        return {**model, "metadata": {**model["metadata"], **only}}


class _Raw(io.BytesIO):
    """What botocore reads a response's body from."""

    def stream(self) -> Iterator[bytes]:
        """The whole body in one piece."""
        yield self.read()


@dataclass(frozen=True, slots=True)
class Bench:
    """A CloudWatch of its own with a client and a clock that only moves by hand."""

    clock: SteppedClock
    store: MetricStore
    service: CloudWatch
    client: CloudWatchClient

    def later(self, seconds: float) -> None:
        """Let time pass and evaluate all alarms."""
        self.clock.advance(seconds)
        self.service.evaluate()

    def state(self, alarm: str) -> str:
        """The state of a metric or composite alarm."""
        return str(self.alarm(alarm)["StateValue"])

    def alarm(self, name: str) -> dict[str, Any]:
        """The alarm as DescribeAlarms gives it."""
        answer = self.client.describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found: list[Any] = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        assert len(found) == 1
        return dict(found[0])


def bench(protocol: str = PROTOCOLS[0], scale: float = 1.0) -> Bench:
    """A fresh bench that speaks `protocol`."""
    clock = SteppedClock(scale)
    store = MetricStore(clock)
    service = CloudWatch(store, clock, "123456789012", "us-east-1")
    client = _session(protocol).client("cloudwatch", endpoint_url="http://cloudwatch.test")

    def answer(request: AWSPreparedRequest, **_: object) -> Any:
        response = asyncio.run(service.handle(_request(request)))
        raw: Any = _Raw(response.body)
        headers: Any = response.headers
        return AWSResponse(request.url, response.status, headers, raw)

    client.meta.events.register("before-send", answer)
    return Bench(clock, store, service, client)


@cache
def _session(protocol: str) -> boto3.session.Session:
    """One session per protocol: its loader reads the models once."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _OneProtocol(protocol))
    return boto3.session.Session(
        aws_access_key_id="id",
        aws_secret_access_key="secret",
        region_name="us-east-1",
        botocore_session=core,
    )


def _request(request: AWSPreparedRequest) -> Request:
    parts = urlsplit(request.url)
    body: Any = request.body or b""
    given: dict[str, Any] = dict(request.headers.items())
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in given.items()
    }
    return Request(
        method=str(request.method),
        path=unquote(parts.path),
        query=dict(parse_qsl(parts.query)),
        headers=headers,
        body=body if isinstance(body, bytes) else str(body).encode(),
    )
