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

_FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes of one framed record: what waits for its end must be bounded."""


@dataclass(frozen=True, slots=True)
class Line:
    """One log event: `timestamp_ms` is the runtime's own, or None when it gave none."""

    message: str
    timestamp_ms: int | None = None


class OutputParser:
    """Cuts the stream into log events, each byte looked at once however much a function writes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Line]:
        """The events that `data` completes."""
        self._buffer += data
        lines: list[Line] = []
        at, frame = 0, self._buffer.find(_MAGIC)
        while True:
            if frame == at:
                after = self._frame(at, lines)
                if after > at:
                    frame = self._buffer.find(_MAGIC, after)
            else:
                after = self._line(at, frame, lines)
            if after == at:
                break
            at = after
        del self._buffer[:at]
        return lines

    def finish(self) -> list[Line]:
        """What is left when the process ends, as a last event."""
        rest, self._buffer = self._buffer, bytearray()
        return _plain(rest) if rest else []

    def _line(self, at: int, frame: int, lines: list[Line]) -> int:
        """Take one plain line from `at`, at most up to the next frame; where the rest begins."""
        until = frame if frame >= 0 else len(self._buffer)
        feed = self._buffer.find(b"\n", at, until)
        if feed >= 0:
            after = feed + 1
        elif frame >= 0 or until - at >= _LINE_LIMIT:
            after = until
        else:
            return at
        lines.extend(_plain(self._buffer[at:after]))
        return after

    def _frame(self, at: int, lines: list[Line]) -> int:
        """Take the frame at `at` if it is complete; where the rest begins."""
        buffer, start = self._buffer, at + _HEADER
        if len(buffer) < start:
            return at
        length = int.from_bytes(buffer[at + 4 : at + 8], "big")
        if length > _FRAME_LIMIT:  # no record of the runtime's: text that only looks like one
            lines.extend(_plain(buffer[at:start]))
            return start
        if len(buffer) < start + length:
            return at
        text = buffer[start : start + length].decode("utf-8", "replace")
        stamp = int.from_bytes(buffer[at + 8 : start], "big") // 1000
        lines.append(Line(text.removesuffix("\n"), stamp))
        return start + length


def _plain(raw: bytearray) -> list[Line]:
    text = raw.decode("utf-8", "replace").rstrip("\n")
    return [Line(text)] if text else []
