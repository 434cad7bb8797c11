"""How one attempt at an invocation ended."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace

SUCCESS = "success"
FAILURE = "failure"
"""The runtime reported an error of the handler."""
ERROR = "error"
"""The runtime crashed."""
TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Ending:
    """The result of the runtime's work: status as in telemetry's `platform.report`."""

    status: str
    payload: bytes
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending with its figures; `started_at` in seconds since the epoch, durations in ms."""

    ending: Ending
    started_at: float
    duration_ms: float
    log: list[str]


def returned(body: bytes) -> Ending:
    """The handler returned `body`."""
    return Ending(SUCCESS, body)


def raised(body: bytes) -> Ending:
    """The runtime posted the error `body`; its type stands in the body, not in a header."""
    try:
        error_type = str(json.loads(body).get("errorType") or "Unknown")
    except (ValueError, AttributeError):
        error_type = "Unknown"
    return Ending(FAILURE, body, error_type)


def too_large(limit: int) -> Ending:
    """The response was over `limit` bytes (text recorded from Lambda)."""
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return _ending(FAILURE, "Function.ResponseSizeTooLarge", message)


def timed_out(request_id: str, seconds: float) -> Ending:
    """The function timeout passed (text recorded from Lambda in November 2025)."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return _ending(TIMEOUT, "Sandbox.Timedout", message)


def exited(request_id: str, code: int) -> Ending:
    """The runtime's process ended with `code` (texts of the runtime interface emulator)."""
    if code == 0:
        reason = "Runtime exited without providing a reason"
    elif code > 0:
        reason = f"Runtime exited with error: exit status {code}"
    else:
        name = signal.strsignal(-code) or str(-code)
        reason = f"Runtime exited with error: signal: {name.lower()}"
    return _ending(ERROR, "Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def out_of_memory(request_id: str) -> Ending:
    """The process outgrew the function's memory and was killed.

    The report names `Runtime.OutOfMemory` and the payload tells of the signal (public logs of 2025
    and 2026); which error type the payload has is not documented.
    """
    return replace(exited(request_id, -signal.SIGKILL), error_type="Runtime.OutOfMemory")


def _ending(status: str, error_type: str, message: str) -> Ending:
    body = {"errorType": error_type, "errorMessage": message}
    return Ending(status, json.dumps(body, separators=(",", ":")).encode(), error_type)
