"""The X-Ray daemon's address: segments are counted, the last ones kept, and none is served."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.http import Response

if TYPE_CHECKING:
    from emulator.access.permissions import Permissions
    from emulator.http import Request

KEPT_SEGMENTS = 1000
_PORT_ATTEMPTS = 20
_NO_RULES = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
)


class XRay(asyncio.DatagramProtocol):
    """Takes segments over UDP (X-Ray Developer Guide, xray-api-sendingdata) and by API call.

    The SDK asks the same port over TCP for sampling rules: there it gets a quick refusal, upon
    which it keeps its local rules, instead of a wait.
    """

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions
        self.port = 0
        self.received = 0
        self.segments: deque[str] = deque(maxlen=KEPT_SEGMENTS)
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on one loopback port for both protocols."""
        loop = asyncio.get_running_loop()
        for _ in range(_PORT_ATTEMPTS):
            self._tcp = await asyncio.start_server(_refuse, "127.0.0.1", 0)
            port = self._tcp.sockets[0].getsockname()[1]
            try:
                udp, _ = await loop.create_datagram_endpoint(
                    lambda: self, local_addr=("127.0.0.1", port)
                )
            except OSError:
                self._tcp.close()
                continue
            self._udp, self.port = udp, port
            return
        raise OSError("no loopback port is free for both TCP and UDP")

    def close(self) -> None:
        """Stop listening."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        """Keep one segment: a header line, then the document (asyncio's callback)."""
        _, _, document = data.partition(b"\n")
        if document:
            self._keep(document.decode("utf-8", "replace"))

    async def handle(self, request: Request) -> Response:
        """PutTraceSegments; nothing else of X-Ray is here."""
        if (request.method, request.path) != ("POST", "/TraceSegments"):
            raise AwsError(
                "InvalidRequestException", f"X-Ray's {request.path} is not emulated.", 400
            )
        await self._permissions.require(request.caller, "xray:PutTraceSegments", "*")
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            for document in json.loads(request.body).get("TraceSegmentDocuments", []):
                self._keep(str(document))
        headers = {"Content-Type": "application/json"}
        return Response(200, b'{"UnprocessedTraceSegments":[]}', headers)

    def _keep(self, document: str) -> None:
        self.received += 1
        self.segments.append(document)


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(65_536), timeout=1)
        writer.write(_NO_RULES)
        await writer.drain()
    writer.close()
