"""What a function writes: plain lines and the runtime's frames, in one stream, in order.

The runtime interface client frames log records on the descriptor `_LAMBDA_TELEMETRY_LOG_FD`
(4-byte type, 4-byte length, 8-byte time in µs, big-endian, then text: awslambdaric's bootstrap.py).
Here that descriptor is the very pipe that carries stdout and stderr, so a record and a `print` keep
their order and a record with line feeds stays one log event.
"""

from __future__ import annotations

from dataclasses import dataclass

_MAGIC = b"\xa5\x5a\x00"
"""No UTF-8 text holds it: a continuation byte, a letter, then NUL."""
_HEADER = 16
_LINE_LIMIT = 256 * 1024
"""Bytes of one plain line: a log event's limit (CloudWatch Logs quotas, before 2025)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One log event: `timestamp_ms` is the runtime's own, or None when it gave none."""

    message: str
    timestamp_ms: int | None = None


class OutputParser:
    """Cuts the stream into log events."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Line]:
        """The events that `data` completes."""
        self._buffer += data
        lines: list[Line] = []
        while self._take(lines):
            pass
        return lines

    def finish(self) -> list[Line]:
        """What is left when the process ends, as a last event."""
        rest, self._buffer = self._buffer, b""
        return _plain(rest) if rest else []

    def _take(self, lines: list[Line]) -> bool:
        buffer = self._buffer
        start = buffer.find(_MAGIC)
        if start == 0:
            return self._take_frame(lines)
        text = buffer if start < 0 else buffer[:start]
        end = text.find(b"\n")
        if end >= 0:
            lines.extend(_plain(text[: end + 1]))
            self._buffer = buffer[end + 1 :]
            return bool(self._buffer)
        if start > 0 or len(text) >= _LINE_LIMIT:
            lines.extend(_plain(text))
            self._buffer = buffer[len(text) :]
            return bool(self._buffer)
        return False

    def _take_frame(self, lines: list[Line]) -> bool:
        buffer = self._buffer
        if len(buffer) < _HEADER:
            return False
        length = int.from_bytes(buffer[4:8], "big")
        if len(buffer) < _HEADER + length:
            return False
        text = buffer[_HEADER : _HEADER + length].decode("utf-8", "replace")
        stamp = int.from_bytes(buffer[8:16], "big") // 1000
        lines.append(Line(text.removesuffix("\n"), stamp))
        self._buffer = buffer[_HEADER + length :]
        return bool(self._buffer)


def _plain(raw: bytes) -> list[Line]:
    text = raw.decode("utf-8", "replace").rstrip("\n")
    return [Line(text)] if text else []
