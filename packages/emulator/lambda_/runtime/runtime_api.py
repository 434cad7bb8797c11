"""The Runtime API: one loopback address per execution environment.

Paths, headers, status codes and the state machine follow the Lambda Developer Guide (runtimes-api)
and aws-lambda-runtime-interface-emulator (internal/lambda/rapi). A listening socket per environment
costs one descriptor and tells environments apart without asking the runtime to identify itself.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from emulator.lambda_.runtime.http import Call, Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.aws import Credentials

PREFIX = "/2018-06-01/runtime"
CREDENTIALS_PATH = "/2021-04-23/credentials"
"""Where an environment that starts from a snapshot gets its credentials."""
RESPONSE_LIMIT = 6_291_556
"""Bytes of a response: 6 MiB and 100 (recorded in an error text of Lambda)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One attempt at an invocation, as the runtime sees it."""

    request_id: str
    invocation_id: str
    deadline_ms: int
    invoked_arn: str
    trace_header: str
    client_context: str
    """Plain JSON, empty for none."""
    body: bytes


class Kind(Enum):
    """What may end a wait for the runtime."""

    READY = auto()
    """It asked for its first event: init is over."""
    INIT_ERROR = auto()
    """It could not load the handler."""
    RESPONSE = auto()
    ERROR = auto()
    """It reported an error for the running event."""
    OVERSIZE = auto()
    """It posted too large a response."""
    EXIT = auto()
    TIMEOUT = auto()
    MEMORY = auto()


class State(Enum):
    """Where the runtime is in its loop."""

    INIT = auto()
    WAITING = auto()
    RUNNING = auto()
    RESPONDED = auto()


class RuntimeApi:
    """The Runtime API of one environment, over as many processes as that goes through.

    `tell` hears what the runtime reports, with the body that it posted.
    """

    def __init__(self, tell: Callable[[Kind, bytes], None]) -> None:
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._waiting: Connection | None = None
        self._event: Event | None = None
        self.state = State.INIT
        self._token, self._credentials = "", b""

    async def listen(self) -> str:
        """Open the address; returns its `host:port`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    def hand_out(self, token: str, credentials: Credentials) -> None:
        """Answer with these credentials whoever shows the token."""
        expiration = datetime.fromtimestamp(credentials.expires_at, UTC)
        self._token = token
        self._credentials = json.dumps(
            {
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.session_token,
                "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()

    def reset(self) -> None:
        """Forget the runtime that was there: a new process starts with its init."""
        for connection in tuple(self._connections):
            connection.abort()
        self._connections.clear()
        self._waiting = self._event = None
        self.state = State.INIT

    def close(self) -> None:
        """Close the address and its connections."""
        self.reset()
        if self._server is not None:
            self._server.close()

    def deliver(self, event: Event) -> None:
        """Hand `event` to the runtime now, or at its next `/next`."""
        self._event = event
        if self._waiting is not None:
            self._send(self._waiting)

    @property
    def delivered(self) -> bool:
        """Whether the runtime has the event (false: it may go to another process unharmed)."""
        return self.state is State.RUNNING

    def _connect(self) -> Connection:
        connection = Connection(self._on_call, self._on_lost)
        self._connections.add(connection)
        return connection

    def _on_lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._waiting is connection:
            self._waiting = None

    def _on_call(self, connection: Connection, call: Call) -> None:
        if call.path == CREDENTIALS_PATH and call.method == "GET":
            self._hand_over(connection, call)
        elif not call.path.startswith(PREFIX):
            connection.reply(404, _problem("NotFound", "No such path"))
        elif call.path == PREFIX + "/invocation/next" and call.method == "GET":
            self._next(connection)
        elif call.path == PREFIX + "/restore/next" and call.method == "GET":
            # Each environment initialises by itself here, and is restored as soon as it has.
            connection.reply(200, _OK)
        elif call.path in _INIT_ERRORS and call.method == "POST":
            self._init_error(connection, call)
        elif call.path.startswith(PREFIX + "/invocation/") and call.method == "POST":
            self._result(connection, call)
        else:
            connection.reply(404, _problem("NotFound", "No such path"))

    def _next(self, connection: Connection) -> None:
        if self.state is State.RUNNING:
            connection.reply(403, _transition(self.state))
            return
        starting = self.state is State.INIT
        self._waiting, self.state = connection, State.WAITING
        if starting:
            self._tell(Kind.READY, b"")
        elif self._event is not None:
            self._send(connection)

    def _send(self, connection: Connection) -> None:
        event = self._event
        if event is None:
            return
        self._waiting, self.state = None, State.RUNNING
        headers = (
            f"Lambda-Runtime-Aws-Request-Id: {event.request_id}\r\n"
            f"Lambda-Runtime-Invocation-Id: {event.invocation_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {event.deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {event.invoked_arn}\r\n"
        )
        if event.trace_header:
            headers += f"Lambda-Runtime-Trace-Id: {event.trace_header}\r\n"
        if event.client_context:
            headers += f"Lambda-Runtime-Client-Context: {event.client_context}\r\n"
        connection.reply(200, event.body, headers)

    def _hand_over(self, connection: Connection, call: Call) -> None:
        if self._token and call.headers.get("authorization") == self._token:
            connection.reply(200, self._credentials)
        else:
            connection.reply(404, _problem("NotFound", "No credentials for this token"))

    def _init_error(self, connection: Connection, call: Call) -> None:
        if self.state is not State.INIT:
            connection.reply(403, _transition(self.state))
            return
        connection.reply(202, _OK)
        self._tell(Kind.INIT_ERROR, call.body)

    def _result(self, connection: Connection, call: Call) -> None:
        request_id, _, kind = call.path[len(PREFIX + "/invocation/") :].partition("/")
        event = self._event
        if kind not in {"response", "error"}:
            connection.reply(404, _problem("NotFound", "No such path"))
        elif self.state is not State.RUNNING or event is None:
            connection.reply(403, _transition(self.state))
        elif request_id != event.request_id:
            connection.reply(400, _problem("InvalidRequestID", "Invalid request ID"))
        elif call.headers.get("lambda-runtime-invocation-id", event.invocation_id) != (
            event.invocation_id
        ):
            connection.reply(400, _problem("InvalidInvocationId", "Invalid invocation ID"))
        else:
            self._finish(connection, kind, call.body)

    def _finish(self, connection: Connection, kind: str, body: bytes) -> None:
        self.state, self._event = State.RESPONDED, None
        if len(body) > RESPONSE_LIMIT:
            connection.reply(413, _problem("RequestEntityTooLarge", _OVERSIZE))
            self._tell(Kind.OVERSIZE, b"")
            return
        connection.reply(202, _OK)
        self._tell(Kind.RESPONSE if kind == "response" else Kind.ERROR, body)


_INIT_ERRORS = (PREFIX + "/init/error", PREFIX + "/restore/error")
_OK = b'{"status":"OK"}\n'
_OVERSIZE = f"Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."


def _problem(error_type: str, message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": error_type}).encode()


def _transition(state: State) -> bytes:
    return _problem("InvalidStateTransition", f"Transition from {state.name} is not allowed.")
