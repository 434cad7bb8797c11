"""Processes are found by what they hold, and nobody else's is ever signalled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rehearsal.faults.environments import Environments

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
# Connects, says so, and waits for the end of its standard input without reading the socket.
_CHILD = (
    "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
    "s.sendall(b'.'); sys.stdin.read()"
)


@pytest.fixture
def connected() -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Return a child that runs version 3 of a function, and our end of its connection."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        command = [sys.executable, "-c", _CHILD, str(listener.getsockname()[1])]
        variables = os.environ | {"AWS_LAMBDA_FUNCTION_VERSION": "3"}
        with subprocess.Popen(command, env=variables, stdin=subprocess.PIPE) as child:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(1) == b"."
                yield child, connection
            child.kill()


def test_finds_a_child_by_connection_and_by_version(
    connected: tuple[subprocess.Popen[bytes], socket.socket],
) -> None:
    """By the port of its connection, and by the version that it runs, 3 and not 33."""
    child, connection = connected
    environments = Environments(os.getpid())
    assert environments.of_port(connection.getpeername()[1]) == child.pid
    assert environments.of_version("3") == child.pid
    assert environments.of_version("33") is None


def test_sees_what_a_child_has_not_read(
    connected: tuple[subprocess.Popen[bytes], socket.socket],
) -> None:
    """An event in the socket's buffer is in the environment's hands and not yet worked on."""
    child, connection = connected
    environments = Environments(os.getpid())
    assert not environments.has_unread(child.pid)
    connection.sendall(b"event")
    assert environments.has_unread(child.pid)


def test_never_signals_another_parents_child(
    connected: tuple[subprocess.Popen[bytes], socket.socket],
) -> None:
    """Whoever is no child of the given emulator is left alone; a child is killed."""
    child, _ = connected
    Environments(child.pid).signal(child.pid, signal.SIGKILL)
    assert child.poll() is None
    Environments(os.getpid()).signal(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
