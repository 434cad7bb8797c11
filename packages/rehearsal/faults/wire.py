"""HTTP/1.1 as far as a proxy in front of DynamoDB needs it: whole messages with a length."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_NO_LINGER = struct.pack("ii", 1, 0)
# The names that DynamoDB puts before its error codes, and their status.
_ERRORS = {
    "ProvisionedThroughputExceededException": (400, "com.amazonaws.dynamodb.v20120810#"),
    "ThrottlingException": (400, "com.amazon.coral.availability#"),
    "InternalServerError": (500, "com.amazonaws.dynamodb.v20120810#"),
    "ServiceUnavailable": (503, "com.amazon.coral.availability#"),
    "InvalidSignatureException": (400, "com.amazon.coral.service#"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: the first line with all headers, and the body."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        """The message as it was received."""
        return self.head + self.body

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.head.split(b" ", 2)[1])

    @property
    def operation(self) -> str:
        """The operation that a request of AWS's JSON protocols names."""
        found = re.search(rb"(?i)\r\nx-amz-target: *\S+?\.(\w+)", self.head)
        return found[1].decode() if found else ""

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


async def read(reader: asyncio.StreamReader) -> Message | None:
    """Read one message, or None at the connection's end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return Message(head, await reader.readexactly(int(length[1])) if length else b"")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def refusal(code: str) -> Message:
    """Return DynamoDB's answer with an error code."""
    status, namespace = _ERRORS[code]
    body = json.dumps({"__type": namespace + code, "message": "Injected."}).encode()
    head = (
        f"HTTP/1.1 {status} Refused\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Message(head.encode(), body)


def shortened(answer: Message) -> Message:
    """Return an answer that is cut in the middle, with a length that hides it."""
    body = answer.body[: len(answer.body) // 2]
    length = f"\r\nContent-Length: {len(body)}".encode()
    return Message(_LENGTH.sub(length, answer.head), body)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST instead of FIN."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever has become of it."""
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()
