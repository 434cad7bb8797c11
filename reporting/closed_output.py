"""What every command line does about a reader that went away: `status | head` ends quietly."""

import io
import os
import sys


class _Output(io.FileIO):
    """Standard output; what nobody reads any more goes nowhere."""

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
    """From now on a closed standard output loses the lines, never the work or its exit status.

    A rollout that is piped into `head` must not stop half-way because its reader has seen enough.
    """
    shown = sys.stdout
    try:
        place = shown.fileno()
    except (AttributeError, OSError):
        return  # a test's, or there is none
    if not isinstance(shown, io.TextIOWrapper):
        return
    shown.flush()
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(place, "w", closefd=False)),
        encoding=shown.encoding,
        errors=shown.errors,
        line_buffering=shown.line_buffering,
        write_through=shown.write_through,
    )
