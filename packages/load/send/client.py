"""The Invoke operation over kept connections: signed here, tried exactly once.

Written for the CPU it does not use: a machine that sends should not be what is measured.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import gevent  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError
from reporting import amounts

from load.run_log.classify import Reply
from load.send.connection import Connection, Endpoint, Overdue
from load.send.http11 import Answer, HttpError, line
from load.send.sigv4 import Credentials, Signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from load.aws import Destination

MARGIN: Final = 5.0
"""Seconds a reply may take beyond the function's timeout: never give up on work still running."""
_FUNCTION_ERROR: Final = line("X-Amz-Function-Error")
_EXECUTED_VERSION: Final = line("X-Amz-Executed-Version")
_REQUEST_ID: Final = line("X-Amzn-RequestId")


class InvokeClient:
    """Sends events to one target; greenlets share it. A failed request is not sent again."""

    def __init__(self, target: Destination, read: Callable[[], Credentials]) -> None:
        """Raise UsageError when the endpoint, or the certificates to check it by, are no good."""
        self._endpoint = Endpoint(target.endpoint, target.ca_bundle)
        self._patience = target.timeout + MARGIN
        self._direct, self._event = (
            Signer(
                read,
                (target.region, "lambda"),
                ("POST", target.path, target.query),
                {"Host": self._endpoint.host, "X-Amz-Invocation-Type": kind},
            )
            for kind in ("RequestResponse", "Event")
        )
        self._idle: list[Connection] = []
        self._waiting: dict[Connection, float] = {}
        self._watch: Any = None

    def invoke(self, payload: bytes, *, asynchronous: bool) -> Reply:
        """Send once and return what came back; status 0 when nothing whole did."""
        try:
            signer = self._event if asynchronous else self._direct
            answer = self._exchange(signer.head(payload, time.time()) + payload)
        except Overdue:
            return Reply(
                0, error=f"no answer within {amounts.number(self._patience)} s", overdue=True
            )
        except (OSError, HttpError) as error:
            return Reply(0, error=f"{type(error).__name__}: {error}")
        except (BotoCoreError, ClientError) as error:
            return Reply(0, error=f"credentials: {error}")
        return Reply(
            answer.status,
            answer.body,
            answer.header(_FUNCTION_ERROR),
            answer.header(_EXECUTED_VERSION),
            answer.header(_REQUEST_ID),
        )

    def _exchange(self, request: bytes) -> Answer:
        connection = self._connection()
        self._waiting[connection] = time.monotonic() + self._patience
        try:
            answer = connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        finally:
            del self._waiting[connection]
        if answer.keeps and not connection.aborted:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _connection(self) -> Connection:
        """Return the connection that was used last, for the others may rest, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        if self._watch is None:
            self._watch = gevent.spawn(self._end_the_overdue)
        return self._endpoint.connect()

    def _end_the_overdue(self) -> None:
        """End what waits too long; one look at all costs less than a timer for each."""
        while True:
            gevent.sleep(min(0.25, self._patience / 10))
            now = time.monotonic()
            for connection, deadline in list(self._waiting.items()):
                if deadline < now:
                    connection.abort()

    def close(self) -> None:
        """Close the kept connections."""
        if self._watch is not None:
            self._watch.kill()
            self._watch = None
        while self._idle:
            self._idle.pop().close()
