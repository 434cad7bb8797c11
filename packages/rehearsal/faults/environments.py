"""Execution environments as this machine's kernel sees them: children of the emulator.

Linux only: it reads /proc. Nothing but children of the emulator that the run itself started is
ever stopped or killed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signal import Signals

_ESTABLISHED = "01"


@dataclass(frozen=True, slots=True)
class _Connection:
    local_port: int
    unread: int
    inode: str


class Environments:
    """The environments of one emulator, found by what they hold."""

    def __init__(self, emulator_pid: int) -> None:
        self._children = Path(f"/proc/{emulator_pid}/task/{emulator_pid}/children")

    def of_port(self, port: int) -> int | None:
        """Return the process whose connection has this local port."""
        inodes = {found.inode for found in _connections() if found.local_port == port}
        return next((pid for pid in self._pids() if inodes & _sockets(pid)), None)

    def of_version(self, version: str) -> int | None:
        """Return a process that runs this version of a function."""
        return next(iter(self.running(version)), None)

    def running(self, version: str) -> list[int]:
        """Return the processes that run this version of a function."""
        wanted = f"AWS_LAMBDA_FUNCTION_VERSION={version}".encode()
        found = []
        for pid in self._pids():
            with suppress(OSError):
                if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def has_unread(self, pid: int) -> bool:
        """Whether something that the process has not read yet waits for it at a socket."""
        mine = _sockets(pid)
        return any(found.unread and found.inode in mine for found in _connections())

    def signal(self, pid: int, number: Signals) -> None:
        """Send a signal to an environment; to one that is gone it does nothing."""
        if pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _pids(self) -> list[int]:
        with suppress(OSError):
            return [int(pid) for pid in self._children.read_text().split()]
        return []


def _connections() -> list[_Connection]:
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _ESTABLISHED:
            port, unread = fields[1].split(":")[1], fields[4].split(":")[1]
            found.append(_Connection(int(port, 16), int(unread, 16), fields[9]))
    return found


def _sockets(pid: int) -> set[str]:
    """Return the inodes of a process's sockets."""
    found = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(descriptor.readlink()).partition(":")
                if kind == "socket":
                    found.add(inode.strip("[]"))
    return found
