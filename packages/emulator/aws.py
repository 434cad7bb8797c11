"""Signed calls to the storage services for the emulator's own needs, without blocking the loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import aiohttp
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import ServiceModel


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call is signed with; `expires_at` in seconds since the epoch, 0 for never."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    expires_at: float = 0.0


class StorageCall(Protocol):
    """`StorageClient.call`: every failure is an `AwsError`."""

    async def __call__(
        self, service: str, operation: str, payload: dict[str, Any], credentials: Credentials
    ) -> dict[str, Any]:
        """Call `operation` of `service` and give the parsed answer."""
        ...


class _Wire:
    """One service's protocol: botocore's own serialiser and parser over its model."""

    def __init__(self, model: ServiceModel) -> None:
        protocol = model.resolved_protocol
        self.model = model
        self.signing_name = model.signing_name
        self.serializer = create_serializer(protocol, include_validation=False)
        self.parser = create_parser(protocol)

    def request(self, operation: str, payload: dict[str, Any], endpoint: str) -> AWSRequest:
        parts = self.serializer.serialize_to_request(payload, self.model.operation_model(operation))
        query = urlencode(parts["query_string"]) if parts["query_string"] else ""
        url = endpoint + parts["url_path"] + (f"?{query}" if query else "")
        body = parts["body"]
        data = urlencode(body) if isinstance(body, dict) else body
        return AWSRequest(method=parts["method"], url=url, data=data, headers=parts["headers"])

    def parse(self, operation: str, status: int, headers: Any, body: bytes) -> dict[str, Any]:
        shape = self.model.operation_model(operation).output_shape
        answer = {"status_code": status, "headers": headers, "body": body}
        parsed: dict[str, Any] = self.parser.parse(answer, shape)  # type: ignore[arg-type]
        if status >= 300:
            error = parsed.get("Error", {})
            raise AwsError(error.get("Code", str(status)), error.get("Message", ""), status)
        return parsed


class StorageClient:
    """Calls storage services over one pooled connection set.

    `endpoint` has no trailing slash; `connector` makes the pool that leads there. Every failure is
    an `AwsError`; an unreachable storage process is one with the status 503.
    """

    def __init__(
        self, endpoint: str, region: str, connector: Callable[[], aiohttp.BaseConnector]
    ) -> None:
        self._endpoint = endpoint
        self._region = region
        self._connector = connector
        self._wires: dict[str, _Wire] = {}
        self._http: aiohttp.ClientSession | None = None

    @cached_property
    def _session(self) -> botocore.session.Session:
        return botocore.session.Session()

    def prepare(self, *services: str) -> None:
        """Load the models of `services` now, so that no later call pays for it."""
        for service in services:
            self._wire(service)

    async def call(
        self, service: str, operation: str, payload: dict[str, Any], credentials: Credentials
    ) -> dict[str, Any]:
        """Call for example `call("sqs", "SendMessage", {...}, credentials)`; the parsed answer."""
        wire = self._wire(service)
        request = wire.request(operation, payload, self._endpoint)
        signer = SigningCredentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
        SigV4Auth(signer, wire.signing_name, self._region).add_auth(request)
        status, headers, body = await self._send(request)
        return wire.parse(operation, status, headers, body)

    async def close(self) -> None:
        """Close the pooled connections."""
        if self._http is not None:
            await self._http.close()

    def _wire(self, service: str) -> _Wire:
        wire = self._wires.get(service)
        if wire is None:
            wire = self._wires[service] = _Wire(self._session.get_service_model(service))
        return wire

    async def _send(self, request: AWSRequest) -> tuple[int, Any, bytes]:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=self._connector(), timeout=aiohttp.ClientTimeout(total=30)
            )
        prepared = request.prepare()
        try:
            async with self._http.request(
                prepared.method,
                prepared.url,
                data=prepared.body,
                headers=dict(prepared.headers.items()),
            ) as answer:
                return answer.status, answer.headers, await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise AwsError("ServiceUnavailable", f"The storage process: {error}", 503) from error
