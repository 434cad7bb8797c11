"""What a command works on, in one piece."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.probes import Probes

    from release.aws.clock import Clock
    from release.aws.cloudwatch import Monitoring
    from release.aws.lambda_functions import Functions
    from release.aws.sqs import DeadLetterQueue
    from release.outputs import Outputs


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
