"""The real SDK and adapters on a cloud in memory: requests are taken before they are sent."""

from __future__ import annotations

import io
import json
import pickle
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore.endpoint
import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.retries.quota import RetryQuota

from release.aws.cloudwatch import CloudWatchMonitoring
from release.aws.lambda_functions import LambdaFunctions
from release.aws.sqs import SqsQueue
from release.context import Release
from release.tests.fakes import Echo

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.outputs import Outputs
    from release.tests.explore.cloud import Answer, Body, Cloud

PAGE = b"<html>A proxy says hello.</html>"


class Run(Protocol):
    """One run of a command: it is told of each call, and answers each request."""

    calls: list[str]

    def begin(self, operation: str) -> None:
        """A call, of which there may be several attempts."""
        ...

    def attempt(self, act: Callable[[], Answer]) -> Answer:
        """One request over the wire, `act` being what AWS does."""
        ...


class Wire:
    """One per process: making clients takes longer than a trial."""

    def __init__(self) -> None:
        RetryQuota.INITIAL_CAPACITY = 10**9  # each trial would have a process of its own
        core: Any = botocore.session.Session()
        core.set_credentials("key", "secret")
        core.set_default_client_config(Config(signature_version=UNSIGNED, user_agent="explore"))
        core.register("before-call", self._call)
        core.register("before-send", self._send)
        self._session = boto3.Session(botocore_session=core, region_name="us-east-1")
        self._clients: dict[str, Any] = {}
        self.session = cast("boto3.Session", SimpleNamespace(client=self._client))
        self.cloud: Cloud | None = None
        self.trial: Run | None = None
        pause = SimpleNamespace(sleep=self._sleep)
        botocore.endpoint.time = pause  # type: ignore[attr-defined]  # retries wait in our time

    def connect(self, outputs: Outputs) -> Release:
        """What a command works on."""
        assert self.cloud is not None
        return Release(
            LambdaFunctions(self.session, outputs.function, outputs.alias),
            CloudWatchMonitoring(self.session),
            SqsQueue(self.session, outputs.dead_letter_url or ""),
            self.cloud.clock,
            outputs,
            Echo,
        )

    def _client(self, name: str, config: Config) -> Any:
        key = f"{name} {config.read_timeout}"  # type: ignore[attr-defined]
        if key not in self._clients:
            make: Any = self._session.client
            self._clients[key] = self._made(make(name, config=config))
        return self._clients[key]

    def _made(self, client: Any) -> Any:
        return client

    def _sleep(self, seconds: float) -> None:
        assert self.cloud is not None
        self.cloud.clock.sleep(seconds)

    def _call(self, model: Any, **_: object) -> None:
        assert self.trial is not None
        self.trial.begin(model.name)

    def _send(self, request: Any, **_: object) -> AWSResponse:
        assert self.cloud is not None
        assert self.trial is not None
        cloud, operation = self.cloud, self.trial.calls[-1]
        url = urlsplit(request.url)
        body: Body = json.loads(request.body or b"{}")
        if operation == "Invoke":
            body = {"Event": body}
        body |= {name: values[0] for name, values in parse_qs(url.query).items()}
        answer = self._answered(self.trial, partial(cloud.answer, operation, url.path, body))
        return _response(request.url, answer)

    def _answered(self, trial: Run, act: partial[Answer]) -> Answer:
        return trial.attempt(act)


class Remembering(Wire):
    """Serializes equal calls once and parses equal answers once: the SDK is a function of both.

    A thousand runs of the same commands take a tenth of the time. It knows no retries, so it is
    for runs without faults.
    """

    def __init__(self) -> None:
        super().__init__()
        self._requests: dict[object, partial[Answer]] = {}
        self._results: dict[object, Any] = {}
        self._asked: object = None
        self._answer: Answer | None = None

    def _made(self, client: Any) -> Any:
        client._make_api_call = partial(self._remembered, client._make_api_call)
        return client

    def _remembered(self, call: Callable[..., Any], operation: str, given: Body) -> Any:
        self._asked, self._answer = (operation, repr(given)), None
        if self._asked in self._requests:
            assert self.cloud is not None
            assert self.trial is not None
            asked = self._requests[self._asked].args
            self.trial.begin(operation)
            self._answer = self.trial.attempt(partial(self.cloud.answer, *asked))
            result = self._results.get((operation, repr(self._answer)))
            if isinstance(result, ClientError):
                raise type(result)(result.response, operation)
            if result is not None:
                return _unpacked(result)
        try:
            result = _packed(call(operation, given))
        except ClientError as error:
            self._results[operation, repr(self._answer)] = error
            raise
        self._results[operation, repr(self._answer)] = result
        return _unpacked(result)

    def _call(self, model: Any, **more: object) -> None:
        if self._answer is None:
            super()._call(model, **more)

    def _answered(self, trial: Run, act: partial[Answer]) -> Answer:
        self._requests[self._asked] = act
        if self._answer is None:
            self._answer = super()._answered(trial, act)
        return self._answer


def _packed(result: Body) -> bytes:
    """A result that nobody can change; a stream, which is read once, as its content."""
    stream = {name: result[name].read() for name in ("Payload",) if name in result}
    return pickle.dumps({**result, **stream})


def _unpacked(packed: bytes) -> Body:
    result: Body = pickle.loads(packed)  # noqa: S301 (our own)
    return result | {name: io.BytesIO(result[name]) for name in ("Payload",) if name in result}


def _response(url: str, answer: Answer) -> AWSResponse:
    status, code, body = answer
    content = PAGE if code == "no JSON" else json.dumps(body).encode()
    headers = {"Content-Length": str(len(content)), "Content-Type": "application/x-amz-json-1.0"}
    if code.startswith("executed "):
        headers["X-Amz-Executed-Version"] = code.removeprefix("executed ")
    elif status >= 400:
        headers["x-amzn-ErrorType"] = code
        content = json.dumps({**body, "__type": code}).encode()
    answered: Any = AWSResponse
    return cast("AWSResponse", answered(url, status, HeadersDict(headers), _Raw(content)))


class _Raw:
    """What botocore reads an answer from."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def stream(self, *_: object, **__: object) -> list[bytes]:
        """All of it."""
        return [self.read()]

    def read(self, amount: int | None = None) -> bytes:
        """The next bytes."""
        end = len(self._left) if amount is None else amount
        taken, self._left = self._left[:end], self._left[end:]
        return taken
