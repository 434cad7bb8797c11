"""Trace subsegments for the X-Ray daemon that Lambda runs, without the X-Ray SDK.

The SDK was a third of what initialising cost (docs/adr/0008) and gets no more than mends since
2026-02-25; what `observability` needs of it is this.
Formats: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html and, for
the line before each document, xray-api-sendingdata.html.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid
from typing import TYPE_CHECKING

from order_processor import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAEMON_HEADER = b'{"format":"json","version":1}\n'


class Subsegment:
    """A timed part of an invocation; annotations make its trace findable."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.annotations: dict[str, str | float | bool] = {}

    def put_annotation(self, key: str, value: str | float | bool) -> None:
        """Add an annotation; the last one of a key counts."""
        self.annotations[key] = value


class Provider:
    """Sends one subsegment for each invocation.

    One invocation at a time, as Lambda has it. An invocation that Lambda does not sample sends
    nothing, and neither does one outside Lambda. Lost documents are not noticed: UDP, on purpose.
    """

    def __init__(self) -> None:
        self._current: Subsegment | None = None

    @contextlib.contextmanager
    def in_subsegment(self, name: str) -> Iterator[Subsegment]:
        """Time the block and send its subsegment, marked as a fault where the block raises."""
        started = time.time()
        subsegment = self._current = Subsegment(name)
        raised: Exception | None = None
        try:
            yield subsegment
        except Exception as error:
            raised = error
            raise
        finally:
            self._current = None
            trace = settings.sampled_trace()
            if trace is not None:
                _send(_document(subsegment, trace, started, raised))

    def put_annotation(self, key: str, value: str | float | bool) -> None:
        """Annotate the subsegment that is open; without one, do nothing."""
        if self._current is not None:
            self._current.put_annotation(key, value)


def _send(document: dict[str, object]) -> None:
    message = _DAEMON_HEADER + json.dumps(document).encode()
    # A trace that gets lost must not lose an order.
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon,
    ):
        daemon.setblocking(False)
        daemon.sendto(message, settings.xray_daemon())


def _document(
    subsegment: Subsegment, trace: settings.Trace, started: float, raised: Exception | None
) -> dict[str, object]:
    document: dict[str, object] = {
        "id": _entity_id(),
        "name": subsegment.name,
        "type": "subsegment",
        "namespace": "local",
        "trace_id": trace.root,
        "parent_id": trace.parent,
        "start_time": started,
        "end_time": time.time(),
        "in_progress": False,
        "annotations": subsegment.annotations,
    }
    if raised is not None:
        # The type alone: a message may quote an order.
        exception = {"id": _entity_id(), "type": type(raised).__name__}
        document |= {"fault": True, "cause": {"exceptions": [exception]}}
    return document


def _entity_id() -> str:
    return uuid.uuid4().hex[16:]  # 16 hex digits, as the format asks
