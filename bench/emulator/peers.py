"""The emulator and what it is measured against, each running the same silent handler."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from console.lifelines import Process, tied

from bench.emulator.client import ANY_KEYS, Connection, keys_of, signed
from emulator.lambda_.runtime.shipped import assemble
from emulator.tests.running import RUNTIME, RunningEmulator, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.credentials import Credentials

SILENT = "def handler(event, context):\n    return None\n"
RIE = "samcli/local/rapid/aws-lambda-rie-x86_64"
_ROLE = "arn:aws:iam::123456789012:role/bench"
_START_SECONDS = 30.0


class HttpPeer:
    """A peer that is invoked over HTTP; `pid` is the process that it consists of."""

    def __init__(
        self, name: str, port: int, path: str, pid: int, keys: Credentials = ANY_KEYS
    ) -> None:
        self.name = name
        self.port = port
        self.pid = pid
        self.keys = keys
        self.request = signed(keys, path)

    def connect(self) -> Connection:
        """A new connection."""
        return Connection("127.0.0.1", self.port)


@contextlib.contextmanager
def own(work: Path) -> Iterator[tuple[RunningEmulator, HttpPeer]]:
    """This emulator."""
    running = RunningEmulator.start(work / "own.env", scale=1.0)
    try:
        name = running.deploy(SILENT, FunctionName="silent", Timeout=30)
        yield running, own_peer(running, name)
    finally:
        running.stop()


def own_peer(running: RunningEmulator, reference: str) -> HttpPeer:
    """A function of this emulator as a peer; `reference` may carry a qualifier."""
    port = int(running.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    path = f"/2015-03-31/functions/{reference}/invocations"
    return HttpPeer("emulator", port, path, running.process.pid, keys_of(running.environment))


@contextlib.contextmanager
def ministack(work: Path, directory: Path) -> Iterator[HttpPeer]:
    """MiniStack with its own Lambda, which keeps workers warm."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": str(directory.resolve()),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "lambda,iam,sts,logs,s3",
        "LOG_LEVEL": "ERROR",
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
    }
    with _process([sys.executable, "-S", "-s", "-m", "ministack"], work, environment) as process:
        _wait_for_port(port)
        create: Any = boto3.client  # its overloads want literal names
        client = create(
            "lambda",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - MiniStack's fixed pair
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
        )
        code = {"ZipFile": zipped({"app.py": SILENT})}
        client.create_function(
            FunctionName="silent", Runtime=RUNTIME, Handler="app.handler", Role=_ROLE, Code=code
        )
        client.get_waiter("function_active_v2").wait(FunctionName="silent")
        yield HttpPeer("ministack", port, "/2015-03-31/functions/silent/invocations", process.pid)


@contextlib.contextmanager
def interface_emulator(work: Path, directory: Path) -> Iterator[HttpPeer]:
    """AWS's runtime interface emulator around the same runtime client."""
    port, api = free_port(), free_port()
    task = _task(work)
    command = [
        str(directory / RIE),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{api}", "--log-level", "error"),
        *runtime_command(),
    ]
    environment = runtime_environment(work) | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "30"}
    with _process(command, task, environment) as process:
        _wait_for_port(port)
        path = "/2015-03-31/functions/function/invocations"
        yield HttpPeer("interfaceEmulator", port, path, process.pid)


class BareLoop:
    """The Runtime API spoken by hand to one runtime client: the handler's own time."""

    def __init__(self, work: Path) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        environment = runtime_environment(work) | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
        self.process = tied(
            runtime_command(), cwd=_task(work), env=environment, stdin=subprocess.DEVNULL
        )
        listener.settimeout(_START_SECONDS)
        self._socket, _ = listener.accept()
        listener.close()
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await(b"\r\n\r\n")

    def invoke(self) -> float:
        """Hand out one event to a waiting client and take its response; seconds between."""
        began = time.perf_counter()
        self._socket.sendall(_EVENT)
        self._await(b"\r\n\r\nnull")
        elapsed = time.perf_counter() - began
        self._socket.sendall(_ACCEPTED)
        self._await(b"\r\n\r\n")
        return elapsed

    def close(self) -> None:
        """End the client."""
        self.process.kill()
        self.process.wait()
        self._socket.close()

    def _await(self, end: bytes) -> None:
        data = b""
        while not data.endswith(end):
            received = self._socket.recv(65_536)
            if not received:
                raise ConnectionError("the runtime client closed the connection")
            data += received


_EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000000\r\n"
    b"Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000;Parent=0000000000000000;"
    b"Sampled=0\r\n\r\n{}"
)
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"


def runtime_command() -> list[str]:
    """The bare interpreter with the runtime client, as the emulator runs it."""
    python = getattr(sys, "_base_executable", sys.executable)
    return [python, "-S", "-s", "-B", "-m", "awslambdaric", "app.handler"]


def runtime_environment(work: Path) -> dict[str, str]:
    """The least that the runtime client needs; `work` keeps what it imports."""
    runtime = work / "runtime"
    if not runtime.exists():
        assemble(runtime)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(runtime),
        "LAMBDA_TASK_ROOT": str(_task(work)),
        "AWS_LAMBDA_FUNCTION_NAME": "silent",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
        "_HANDLER": "app.handler",
    }


def _task(work: Path) -> Path:
    task = work / "task"
    task.mkdir(exist_ok=True)
    (task / "app.py").write_text(SILENT)
    return task


def free_port() -> int:
    """A loopback TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _process(
    command: list[str], cwd: Path, environment: dict[str, str]
) -> Iterator[Process[bytes]]:
    """Run `command` in a process group of its own, which is killed at the end."""
    with (cwd.parent / f"{Path(command[0]).name}.log").open("wb") as log:
        process = tied(command, cwd=cwd, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing answers on port {port}")
