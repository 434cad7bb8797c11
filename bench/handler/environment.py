"""One execution environment: an isolated process of the runtime's client with a task root."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from console import lifelines

from bench.handler.runtime_api import RuntimeApi, RuntimeSilentError
from bench.handler.task_roots import interpreter, order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.handler.task_roots import Subject

ISOLATED = ("-S", "-s", "-B")
"""No site-packages, nothing of the user's, nothing written beside the code."""
_numbers = itertools.count()


@dataclass(frozen=True)
class Surroundings:
    """What every execution environment finds beside its task root."""

    runtime: Path
    dynamodb_url: str


def variables(
    subject: Subject, surroundings: Surroundings, runtime_api: str = "127.0.0.1:1"
) -> dict[str, str]:
    """The environment variables that Lambda and the deployment set; no others of this machine.

    Nobody listens at the X-Ray daemon's address: what is sent there is dropped, as UDP is.
    """
    return {
        "_HANDLER": subject.handler,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_ENDPOINT_URL": surroundings.dynamodb_url,
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",
        "LAMBDA_TASK_ROOT": str(subject.root),
        "PYTHONPATH": str(surroundings.runtime),
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "HOME": "/nonexistent",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONHASHSEED": "0",  # the same dictionaries, hence the same instructions, each time
        "ORDERS_TABLE_NAME": "orders",
        "IDEMPOTENCY_TABLE_NAME": "idempotency",
        "POWERTOOLS_SERVICE_NAME": "order-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "OrderProcessing",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


class Environment:
    """Starts the process when entered and kills it when left; `init` is in seconds."""

    def __init__(
        self, subject: Subject, surroundings: Surroundings, prefix: Sequence[str] = ()
    ) -> None:
        self._subject = subject
        self._surroundings = surroundings
        self._command = [*prefix, interpreter(), *ISOLATED, "-m", "awslambdaric", subject.handler]
        self.init = 0.0

    def __enter__(self) -> Self:
        self._output = tempfile.TemporaryFile()
        self._api = RuntimeApi(lambda: self.process.poll() is None)
        started = time.perf_counter()
        self.process = lifelines.tied(
            self._command,
            cwd=self._subject.root,
            env=variables(self._subject, self._surroundings, self._api.address),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        os.sched_setaffinity(self.process.pid, {_CORES[-1]})
        try:
            self.init = self._api.await_next() - started
        except RuntimeSilentError as error:
            self._output.seek(0)
            printed = self._output.read().decode(errors="replace")
            self.__exit__()
            raise RuntimeSilentError(f"{self._subject.name}: {error}\n{printed}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._api.__exit__()
        self._output.close()

    def invoke(self, lines: int = 2) -> float:
        """Send a new order; returns the seconds until the answer was there."""
        return self.send(self._subject.event(order(next(_numbers), lines)))[1]

    def send(self, event: bytes) -> tuple[bytes, float]:
        """Send an event; returns the answer and the seconds until it was there."""
        return self._api.invoke(f"request-{next(_numbers)}", event)

    def cpu(self) -> float:
        """CPU seconds of the main thread so far; waits until it asks for the next event."""
        self._api.settle()
        statistics = Path(f"/proc/{self.process.pid}/schedstat").read_text()
        return int(statistics.split()[0]) / 1e9


def keep_off_the_measured_core() -> None:
    """Leave the last core to the execution environments, where there are two or more."""
    if len(_CORES) > 1:
        os.sched_setaffinity(0, set(_CORES[:-1]))


_CORES = sorted(os.sched_getaffinity(0))
