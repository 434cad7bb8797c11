"""A `pulumi-resource-aws` that kills its CLI and itself around its calls to AWS.

KILL_AT is `before:N` for the N-th call that changes something, `before:CALL` for the first of that
name, or `wave:N`: after N of them such calls are made, as many as come at the same time, and none
of their answers is passed on. The rest kill nothing: with `refuse:CALL` AWS refuses that one, with
`hang:CALL` it is made and not answered, with `stuck:CALL` it never comes to AWS.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from engine import plugin

if TYPE_CHECKING:
    from collections.abc import Callable

_READS = ("Get", "List", "Describe", "Head")
_lock = threading.Lock()
_calls, _last = 0, 0.0
_QUIET_SECONDS = 1.0
"""So long after its last call a wave is over."""
_CLIENT: Any = BaseClient  # its stubs have no such method
_plain = _CLIENT._make_api_call


def _call(self: Any, operation: str, parameters: Any) -> Any:
    """As botocore's own, until it is time."""
    global _calls, _last
    if operation.startswith(_READS):
        return _plain(self, operation, parameters)
    when, _, number = os.environ["KILL_AT"].partition(":")
    if operation == number:
        return _spoilt(lambda: _plain(self, operation, parameters), when, operation)
    if not number.isdecimal():
        return _plain(self, operation, parameters)
    with _lock:
        _calls += 1
        if when == "before" and _calls == int(number):
            _die(operation)
        counted = _calls > int(number)
    answer = _plain(self, operation, parameters)
    if when == "wave" and counted:
        _note(operation)
        _last = time.monotonic()
        while time.monotonic() - _last < _QUIET_SECONDS:
            time.sleep(0.1)
        _die()
    return answer


def _spoilt(call: Callable[[], Any], when: str, operation: str) -> Any:
    """Die before a call, refuse it, or never answer it."""
    if when == "before":
        _die(operation)
    if when == "hang":
        call()
    _note(operation)
    if when == "refuse":
        raise ClientError({"Error": {"Code": "ServiceException", "Message": "no"}}, operation)
    threading.Event().wait()


def _note(operation: str) -> None:
    with _lock, Path(os.environ["KILLED"]).open("a", encoding="utf-8") as file:
        file.write(f"{operation}\n")


def _die(operation: str = "") -> None:
    with Path(os.environ["KILLED"]).open("a", encoding="utf-8") as file:
        file.write(f"{operation}\n" if operation else "")
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _CLIENT._make_api_call = _call
    sys.exit(plugin.main())
