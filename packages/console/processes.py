"""Child processes with their logs: each in a process group of its own, none outlives this one."""

from __future__ import annotations

import signal
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from console import lifelines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

STOP_SECONDS = 10.0


@dataclass(slots=True)
class Child:
    """A running command; its output goes to `log`, line by line, and to `echo` where given."""

    name: str
    process: lifelines.Process[str]
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status; raises `subprocess.TimeoutExpired` after `timeout` seconds."""
        status = self.process.wait(timeout)
        if self.reader is not None:
            self.reader.join()
        return status

    @property
    def last_line(self) -> str:
        """What it said last, or an empty text."""
        return next((line for line in reversed(self.lines) if line.strip()), "").strip()

    def stop(self) -> None:
        """End the whole process group: SIGTERM, and SIGKILL where that is not heeded."""
        lifelines.end(self.process, STOP_SECONDS)
        if self.reader is not None:
            self.reader.join()


class Children:
    """Starts commands and, as a context, ends all of them on the way out."""

    def __init__(self, directory: Path, logs: Path) -> None:
        self._directory = directory
        self._logs = logs
        self._running: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all of them, also for a thread that waits for one."""
        for child in self._running[::-1]:
            child.stop()

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        echo: Callable[[str], None] | None = None,
        number: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Start `command`; its output, errors included, is kept in the log `name`.

        Where this process is killed, the command's process group gets the signal `number`.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        process = lifelines.tied(
            command,
            number,
            cwd=self._directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        child = Child(name, process)
        self._running.append(child)
        child.reader = threading.Thread(
            target=_copy, args=(child, self._logs / f"{name}.log", echo), daemon=True
        )
        child.reader.start()
        return child

    def run(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        echo: Callable[[str], None] | None = None,
    ) -> Child:
        """Run `command` to its end."""
        child = self.start(name, command, environment, echo)
        child.wait()
        self._running.remove(child)
        return child


def _copy(child: Child, log: Path, echo: Callable[[str], None] | None) -> None:
    """Copy a child's output into its log until it ends."""
    output = child.process.stdout
    assert output is not None  # noqa: S101 - opened as a pipe above
    with output, log.open("w", encoding="utf-8") as file:
        for line in output:
            child.lines.append(line.rstrip("\n"))
            file.write(line)
            file.flush()
            if echo is not None and line.strip():
                echo(line.rstrip())
