"""What a command works on, in one piece."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.probes import Probes

    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions
    from release.outputs import Outputs
    from release.sqs_adapter import DeadLetterQueue


def tell(line: str) -> None:
    """One line of progress."""
    print(terminal.shown(line, sys.stdout), flush=True)


@dataclass(frozen=True, slots=True)
class Release:
    """A service in a stack, by its outputs, and the systems that hold it.

    `queue` is None if the stack names no dead-letter queue. `probes` loads what is sent to the
    service; only what needs it calls it, so that a rollback works without.
    """

    functions: Functions
    monitoring: Monitoring
    queue: DeadLetterQueue | None
    clock: Clock
    outputs: Outputs
    probes: Callable[[], Probes]
    say: Callable[[str], None] = tell
