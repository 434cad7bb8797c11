"""One endpoint for all services: routed by the service a request is signed for."""

from __future__ import annotations

import asyncio
import socket
import sys
import traceback
import zlib
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from console.errors import UsageError
from multidict import CIMultiDict
from yarl import URL

from emulator import refusals
from emulator.absent import AbsentService
from emulator.access import signatures, strangers
from emulator.access.signatures import Message
from emulator.errors import AwsError
from emulator.http import Request, Response
from emulator.lambda_.state import code_links
from emulator.storage import ENDPOINT, SIGNED_FOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader

    from emulator.access.keys import Keys, Principal
    from emulator.access.permissions import Permissions
    from emulator.http import Service

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "te"})
_UNSIGNED_ACTIONS = (b"Action=AssumeRoleWithWebIdentity", b"Action=AssumeRoleWithSAML")
_GIVING_KEYS = frozenset({"iam", "sts"})
_CHECKSUM = "x-amz-crc32"
_KEEP_ALIVE_SECONDS = 600.0
BODY_LIMIT = 128 * 1024 * 1024
"""Bytes of any request: above the largest that a service takes (base64 of a 50 MB zip)."""


class Gateway:
    """Serves `services` itself and forwards every other service to storage, by `connector`.

    `latency_ms` adds waiting per service, for what a network and the real service would take.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        keys: Keys,
        permissions: Permissions,
        connector: Callable[[], aiohttp.BaseConnector],
        latency_ms: Mapping[str, float],
        new_request_id: Callable[[], str],
    ) -> None:
        self._services = services
        self._keys = keys
        self._permissions = permissions
        self._connector = connector
        self._latency_ms = latency_ms
        self._new_request_id = new_request_id
        self._runner: web.ServerRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self.storage_alive = True

    async def start(self, listener: socket.socket) -> None:
        """Serve on `listener`."""
        self._client = aiohttp.ClientSession(
            auto_decompress=False,
            connector=self._connector(),
            timeout=aiohttp.ClientTimeout(total=120),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        server = _Server(
            self._handle,
            request_factory=_make_request,
            access_log=None,
            auto_decompress=False,  # signed is the body as it came; the service inflates it
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=1024).start()

    async def close(self) -> None:
        """Stop listening and drop connections."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._client is not None:
            await self._client.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            strangers.refuse(headers)
            body = await _body(request)
            return await self._route(request, headers, body)
        except AwsError as error:
            return self._refuse(request, headers, error)
        except (web.HTTPException, ConnectionError):  # ConnectionError: the client has gone
            raise
        except Exception as error:  # noqa: BLE001 - a defect here is the client's 500, not a hang
            traceback.print_exc(file=sys.stderr)
            defect = AwsError("ServiceException", repr(error), 500)
            return self._refuse(request, headers, defect)

    async def _route(
        self, request: web.BaseRequest, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        signature = signatures.read(request.headers, request.query)
        service = signature.service if signature else _unsigned(request.path, body)
        if service != "s3":
            strangers.refuse_content(headers)
        local = self._services.get(service)
        if local is None and service not in SIGNED_FOR:
            local = AbsentService(service, self._new_request_id)
        caller = None
        if signature and (local or not self._keys.left_to_storage(signature)):
            message = Message(request.method, request.raw_path, request.headers, body)
            caller = self._keys.caller(signature, message)
        delay = self._latency_ms.get(service)
        if delay:
            await asyncio.sleep(delay / 1000)
        if local is None:
            return await self._forward(service, request, body, caller)
        plain = Request(request.method, request.path, request.query, headers, body, caller)
        return self._render(await local.handle(plain))

    def _refuse(
        self, request: web.BaseRequest, headers: dict[str, str], error: AwsError
    ) -> web.Response:
        service = signatures.named_service(headers, request.query)
        return self._render(refusals.answer(error, service, headers))

    def _render(self, response: Response) -> web.Response:
        headers = response.headers
        if "x-amzn-RequestId" not in headers:
            headers["x-amzn-RequestId"] = self._new_request_id()
        return web.Response(status=response.status, body=response.body or None, headers=headers)

    async def _forward(
        self, service: str, request: web.BaseRequest, body: bytes, caller: Principal | None
    ) -> web.Response:
        if self._client is None or not self.storage_alive:
            raise _STORAGE_GONE
        headers = [(k, v) for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP]
        url = URL(ENDPOINT + request.raw_path, encoded=True)
        try:
            async with self._client.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _STORAGE_GONE from error
        if service == "iam":
            self._permissions.learn(body)
        if service in _GIVING_KEYS and answer.status == 200:
            self._keys.learn(body, content, caller)
        kept = CIMultiDict(
            (k, v) for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP
        )
        if service == "dynamodb" and _CHECKSUM not in kept:  # refusals lack it
            kept[_CHECKSUM] = str(zlib.crc32(content))
        return web.Response(status=answer.status, body=content, headers=kept)


def _unsigned(path: str, body: bytes) -> str:
    """The service of a request that needs no signature; raises `AwsError` for any other."""
    if path.startswith(code_links.PATH):
        return "lambda"
    if body.startswith(_UNSIGNED_ACTIONS):
        return "sts"
    raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)


_STORAGE_GONE = AwsError(
    "ServiceUnavailableException", "The emulator's storage process is gone: restart it.", 503
)


def bind(host: str, port: int) -> socket.socket:
    """Take the address to listen on; raises `UsageError` where it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another --port, or 0."
        ) from error
    return listener


async def _body(request: web.BaseRequest) -> bytes:
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise AwsError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {BODY_LIMIT} bytes",
            413,
        ) from None


class _Server(web.Server):
    """Makes connections that answer what is no HTTP as AWS would, and print nothing."""

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):  # nobody is there
            raise ConnectionError from exc
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        no_http = AwsError("BadRequestException", "This is no HTTP request.", status)
        refusal = refusals.answer(no_http, None, {})
        answer = web.Response(status=status, body=refusal.body, headers=refusal.headers)
        answer.force_close()
        return answer


def _make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """As aiohttp does it, with this gateway's limit on bodies."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=BODY_LIMIT
    )
