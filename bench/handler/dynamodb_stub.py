"""A DynamoDB endpoint that answers at once: what is left of an order's time is the handler's own.

Knows the conditions of the compared handlers only: each asks that the key is not there yet, but
for the priming one, which can never hold.
"""

from __future__ import annotations

import json
import socketserver
import threading
from typing import Any, ClassVar, Self

_KEYS = ("orderId", "id")
_REFUSED = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}


class DynamoDBStub:
    """Serves on loopback; a context manager."""

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What was put, by table and key."""
        return self._server.items

    @property
    def url(self) -> str:
        """What AWS_ENDPOINT_URL holds."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.items: dict[tuple[str, str], dict[str, Any]] = {}


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server
    _OPERATIONS: ClassVar = {"PutItem", "UpdateItem", "DeleteItem"}

    def handle(self) -> None:
        while head := self.rfile.readline():
            headers = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            request = json.loads(self.rfile.read(int(headers["content-length"])))
            operation = headers["x-amz-target"].partition(".")[2]
            status, answer = self._answer(operation, request)
            body = json.dumps(answer).encode()
            self.wfile.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\n"
                f"x-amzn-RequestId: bench\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            del head

    def _answer(self, operation: str, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if operation not in self._OPERATIONS:
            return "400 Bad Request", {"__type": "UnknownOperationException"}
        if operation != "PutItem":
            return "200 OK", {}
        item = request["Item"]
        key = (request["TableName"], next(item[name]["S"] for name in _KEYS if name in item))
        condition = request.get("ConditionExpression")
        kept = self.server.items.get(key)
        if condition and (kept is not None or condition.startswith("attribute_exists")):
            return "400 Bad Request", _REFUSED | ({} if kept is None else {"Item": kept})
        self.server.items[key] = item
        return "200 OK", {}
