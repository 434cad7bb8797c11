"""What long work is at: no command of ours is silent for ten seconds.

`console.tied`, by which nox runs every module, starts the watching, so no command can forget it;
`doing` names what is waited for, where the command's own name would say too little.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENCE: Final = 8.0
"""Seconds without a word after which one is due: two below what a person takes for a hang."""
_LOOK_SECONDS: Final = 1.0


@dataclass(slots=True)
class Progress:
    """When something was said last, and what is being done since when."""

    clock: Callable[[], float] = time.monotonic
    _activities: list[tuple[str, float]] = field(default_factory=list)
    _heard: float = 0.0

    def __post_init__(self) -> None:
        self.hear()

    def hear(self) -> None:
        """Something was said."""
        self._heard = self.clock()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Name what is waited for in this context; the innermost one is told."""
        activity = (what, self.clock())
        self._activities.append(activity)
        try:
            yield
        finally:
            self._activities.remove(activity)

    def due(self) -> str | None:
        """Return the line to say now; None while there is nothing to say, or something was said."""
        if not self._activities or self.clock() - self._heard < SILENCE:
            return None
        self.hear()
        what, since = self._activities[-1]
        return f"        ({what}: {self.clock() - since:.0f} s)"


@dataclass(frozen=True, slots=True)
class Heard:
    """A stream whose writing counts as a word."""

    stream: TextIO
    progress: Progress

    def write(self, text: str) -> int:
        """Write, and remember when."""
        self.progress.hear()
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_OURS = Progress()
doing = _OURS.doing


def watch(progress: Progress = _OURS) -> None:
    """From now on, say on stderr what this process is at whenever it has been silent too long."""
    # The terminal itself: what stands in for stderr later on, as under pytest, is read by others.
    told = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")
    sys.stdout = Heard(sys.stdout, progress)
    sys.stderr = Heard(sys.stderr, progress)
    threading.Thread(target=_keep_looking, args=(progress, told), daemon=True).start()


def _keep_looking(progress: Progress, told: TextIO) -> None:
    with suppress(OSError):  # nobody reads any more
        while True:
            time.sleep(_LOOK_SECONDS)
            if (line := progress.due()) is not None:
                print(line, file=told, flush=True)
