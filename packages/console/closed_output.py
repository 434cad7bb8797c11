"""What every command line does about a reader that went away: `status | head` ends quietly."""

import io
import os
import sys
from typing import Any


class _Output(io.FileIO):
    """A standard stream; what nobody reads any more goes nowhere."""

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        """Write; once the reader is gone, this process and those it starts write to nowhere."""
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data) or 0


def tolerate() -> None:
    """From now on closed standard streams lose the lines, never the work or its exit status.

    A rollout that is piped into `head` must not stop half-way because its reader has seen enough.
    Doing it again changes nothing.
    """
    sys.stdout, sys.stderr = _tolerant(sys.stdout), _tolerant(sys.stderr)


def _tolerant(stream: Any) -> Any:
    """Return the stream, or one like it that tolerates; a test's own stays as it is."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # what lies over one has been laid over one that tolerates
    if isinstance(getattr(stream.buffer, "raw", None), _Output):
        return stream
    try:
        place = stream.fileno()
    except OSError:
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(place, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
