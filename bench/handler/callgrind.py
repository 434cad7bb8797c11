"""Instructions, which repeat where milliseconds do not: counted by valgrind's callgrind."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.handler.environment import Environment

if TYPE_CHECKING:
    from bench.handler.environment import Surroundings
    from bench.handler.task_roots import Subject


def available() -> bool:
    """Whether this machine has valgrind."""
    return shutil.which("valgrind") is not None


def instructions(subject: Subject, surroundings: Surroundings, invocations: int = 0) -> int:
    """Count from the interpreter's first instruction to the end of the last invocation."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary, "callgrind.out")
        prefix = ("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}")
        with Environment(subject, surroundings, prefix) as environment:
            for _ in range(invocations):
                environment.invoke()
            environment.cpu()  # the next event is asked for: the last invocation is over
            environment.process.send_signal(signal.SIGTERM)
            environment.process.wait()
        lines = out.read_text().splitlines()
    totals = next(line for line in lines if line.startswith(("totals:", "summary:")))
    return int(totals.split()[1])
