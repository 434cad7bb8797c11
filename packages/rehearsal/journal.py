"""The record of a rehearsal's steps, told to the terminal while they happen."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from console.errors import UsageError
from console.progress import doing
from reporting.amounts import seconds
from reporting.terminal import width, wrapped
from reporting.verdicts import STATUS

from rehearsal.report.model import Step

if TYPE_CHECKING:
    from collections.abc import Iterator


INDENT = 8
"""Columns before what a step says."""


class StepError(UsageError):
    """A step did not hold; the message is one sentence that says what was seen."""


@dataclass(slots=True)
class Seen:
    """What a running step has to say for itself once it has held."""

    text: str = ""


@dataclass(slots=True)
class Journal:
    """Runs steps in order. After one has failed only those that clean up or count still run."""

    total: int
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    steps: list[Step] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a step did not hold."""
        return any(step.status == "fail" for step in self.steps)

    def tell(self, line: str) -> None:
        """Show one line of a running step."""
        text = "\n".join(wrapped(f"{'':{INDENT}}{line}", width(), indent=INDENT))
        print(text, file=self.stream, flush=True)

    def skip(self, name: str, why: str) -> None:
        """Record that a step did not run."""
        self._announce(name)
        self._record(Step(name, "skipped", 0.0, why))

    @contextmanager
    def step(self, name: str) -> Iterator[Seen]:
        """Time a step; a `UsageError` inside it is recorded, anything else passes through."""
        self._announce(name)
        seen = Seen()
        started = time.monotonic()
        try:
            with doing(name):
                yield seen
        except UsageError as error:
            self._record(Step(name, "fail", _since(started), str(error)))
        except BaseException as error:
            self._record(Step(name, "fail", _since(started), type(error).__name__))
            raise
        else:
            self._record(Step(name, "pass", _since(started), seen.text))

    def _record(self, step: Step) -> None:
        self.steps.append(step)
        self.tell(f"{STATUS[step.status]} ({seconds(step.seconds)}): {step.seen}")

    def _announce(self, name: str) -> None:
        print(f"[{len(self.steps) + 1:2}/{self.total}] {name}", file=self.stream, flush=True)


def _since(started: float) -> float:
    return round(time.monotonic() - started, 2)
