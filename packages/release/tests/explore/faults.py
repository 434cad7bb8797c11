"""What can become of one call: it is numbered by its order, from 0 on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.tests.explore.cloud import Answer
    from release.tests.fakes import FakeClock

Fault = Literal[
    "refused", "reply lost", "throttled", "throttled for good", "timed out", "access denied",
    "credentials expired", "5xx", "no JSON", "killed before", "killed after",
    "cancelled before", "cancelled after",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)
PASSING: tuple[Fault, ...] = ("reply lost", "throttled", "timed out", "5xx", "no JSON")
"""Those after which AWS answers again while the command still runs."""

TERMINATED, KILLED = 7.5, 10.0
"""Seconds after SIGINT at which GitHub sends SIGTERM and SIGKILL."""

_REFUSALS: dict[str, Answer] = {
    "refused": (400, "ValidationException", {"message": "No."}),
    "throttled": (429, "TooManyRequestsException", {"message": "Rate exceeded."}),
    "throttled for good": (429, "TooManyRequestsException", {"message": "Rate exceeded."}),
    "access denied": (403, "AccessDeniedException", {"message": "not authorized"}),
    "credentials expired": (403, "ExpiredTokenException", {"message": "The token has expired."}),
    "5xx": (500, "ServiceException", {"message": "Sorry."}),
}
NO_JSON: Answer = (200, "no JSON", {})


class Killed(BaseException):
    """The process is gone: nothing that it still tries has an effect."""


@dataclass
class Trial:
    """One run of a command with one fault; `calls` has the operations that it asked for."""

    clock: FakeClock
    fault: Fault | None = None
    number: int = -1
    calls: list[str] = field(default_factory=list)
    _lost: bool = False
    _operation: str = ""
    _interrupted: float | None = None
    _terminated: bool = False
    _dead: bool = False

    def begin(self, operation: str) -> None:
        """A call, of which there may be several attempts."""
        self.calls.append(operation)
        if len(self.calls) - 1 == self.number:
            self._operation, self._lost = operation, False

    def attempt(self, act: Callable[[], Answer]) -> Answer:
        """One request over the wire, `act` being what AWS does."""
        self.signal()
        operation, now = self.calls[-1], len(self.calls) - 1
        if self.fault is None or now < self.number:
            return act()
        if now > self.number:
            same = operation == self._operation
            stays = (self.fault in ("throttled for good", "access denied") and same) or (
                self.fault == "credentials expired"
            )
            return _REFUSALS[self.fault] if stays else act()
        return self._met(self.fault, act)

    def _met(self, fault: Fault, act: Callable[[], Answer]) -> Answer:
        if fault in _REFUSALS:
            return _REFUSALS[fault]
        if fault in ("killed before", "cancelled before"):
            self._stop(fault)
        answer = act()
        if fault == "no JSON":
            return NO_JSON
        if fault == "reply lost" and self._lost:
            return answer
        self._lost = True
        if fault == "timed out":
            raise ReadTimeoutError(endpoint_url="https://aws")
        if fault == "reply lost":
            raise ConnectionClosedError(endpoint_url="https://aws")
        self._stop(fault)
        return answer

    def _stop(self, fault: Fault) -> None:
        if fault.startswith("killed"):
            self._dead = True
            raise Killed
        if self._interrupted is None:
            self._interrupted = self.clock.elapsed
            raise KeyboardInterrupt

    def signal(self) -> None:
        """What a cancelled job gets while time passes; a dead process does nothing any more."""
        since = None if self._interrupted is None else self.clock.elapsed - self._interrupted
        if self._dead or (since is not None and since >= KILLED):
            self._dead = True
            raise Killed
        if since is not None and since >= TERMINATED and not self._terminated:
            self._terminated = True
            raise KeyboardInterrupt
