"""A `pulumi-resource-aws` that kills its CLI and itself around one of its calls to AWS.

KILL_AT is `before:N` or `after:N`, for the N-th call that changes something.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

from rehearsal.engine import plugin

_READS = ("Get", "List", "Describe", "Head")
_lock = threading.Lock()
_calls = 0
_CLIENT: Any = BaseClient  # its stubs have no such method
_plain = _CLIENT._make_api_call


def _call(self: Any, operation: str, parameters: Any) -> Any:
    """As botocore's own; the process ends before or after the call that was asked for."""
    global _calls
    if operation.startswith(_READS):
        return _plain(self, operation, parameters)
    when, _, number = os.environ["KILL_AT"].partition(":")
    with _lock:  # one change at a time, so that the n-th is one
        _calls += 1
        mine = _calls == int(number)
        if mine and when == "before":
            _die(operation)
        answer = _plain(self, operation, parameters)
        if mine:
            _die(operation)
        return answer


def _die(operation: str) -> None:
    with Path(os.environ["KILLED"]).open("a", encoding="utf-8") as file:
        file.write(f"{operation}\n")
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _CLIENT._make_api_call = _call
    sys.exit(plugin.main())
