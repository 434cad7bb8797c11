"""Hand-written stand-ins: an order store in memory, a DynamoDB endpoint, a Lambda context."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from order_processor.repository import Confirmation, DependencyError, OrderRecord

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = "attribute_not_exists(orderId)"
NEVER = "attribute_exists(orderId) AND attribute_not_exists(orderId)"


class InMemoryOrders:
    """An OrderRepository of this process; with `failing` it raises as a broken store does."""

    def __init__(self, *, failing: bool = False) -> None:
        self.records: dict[str, OrderRecord] = {}
        self.failing = failing
        self._lock = threading.Lock()

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the first record of a key."""
        if self.failing:
            raise DependencyError("The store is failing.")
        with self._lock:
            return self.records.setdefault(record.confirmation.key, record).confirmation


@dataclass
class ClientContext:
    """The part of Lambda's client context that the handler reads."""

    custom: Any = None


@dataclass
class Context:
    """The attributes of Lambda's context that the handler and Powertools read."""

    aws_request_id: str = "request-1"
    function_version: str = "7"
    function_name: str = "order-processing-local"
    memory_limit_in_mb: str = "512"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:f:production"
    client_context: ClientContext | None = None


@dataclass
class Fault:
    """What the endpoint does with one request: answer `status`, `code` and `message`, or, without a
    status, hang up; before or after it has written."""

    status: int | None = None
    code: str = ""
    written: bool = False
    message: str = ""


@dataclass
class FakeDynamoDB:
    """A DynamoDB endpoint on loopback that knows PutItem with the service's two conditions."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where to point AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Answer one PutItem with status and body; None hangs up."""
        with self._lock:
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault is not None and not fault.written:
                return _refusal(fault)
            response = self._put(request)
            return response if fault is None else _refusal(fault)

    def _put(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        order_id = request["Item"]["orderId"]["S"]
        condition = request.get("ConditionExpression")
        assert condition in (FIRST, NEVER, None)
        kept = self.items.get(order_id)
        if condition is None or (condition == FIRST and kept is None):
            self.items[order_id] = request["Item"]
            return 200, {}
        refusal = _error("ConditionalCheckFailedException")
        return 400, refusal if kept is None else refusal | {"Item": kept}


def _refusal(fault: Fault) -> tuple[int, dict[str, Any]] | None:
    return (
        None
        if fault.status is None
        else (
            fault.status,
            _error(fault.code, fault.message),
        )
    )


def _error(code: str, message: str = "") -> dict[str, Any]:
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message or code}


def _handler(
    answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]] | None],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per answer: two would wait for each other's acknowledgement

        def do_POST(self) -> None:
            assert self.headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
            answered = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if answered is None:
                self.close_connection = True
                return
            body = json.dumps(answered[1]).encode()
            self.send_response(answered[0])
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler
