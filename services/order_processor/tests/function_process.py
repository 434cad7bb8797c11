"""The function in a process of its own, with nothing on its path but one directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Reads invocations as lines from standard input and writes answers to a descriptor of its own, so
# that standard output and standard error hold what the function prints and nothing else. An
# exception is told the way the runtime client tells it to Lambda: type, message and own frames.
_DRIVER = """
import json, os, sys, traceback
from importlib import import_module
from types import SimpleNamespace
answers = os.fdopen(int(sys.argv[1]), "w")
function = import_module("order_processor.handler").handler
print("initialised", file=answers, flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    os.environ["_X_AMZN_TRACE_ID"] = asked["trace"]
    client = SimpleNamespace(custom=asked["custom"]) if asked["custom"] else None
    context = SimpleNamespace(
        aws_request_id=asked["requestId"], function_version="7", function_name="orders",
        memory_limit_in_mb="512", invoked_function_arn=asked["arn"],
        client_context=client,
    )
    try:
        told = {"answer": function(json.loads(asked["event"]), context)}
    except Exception as error:
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
        told = {"raised": type(error).__name__, "message": str(error), "frames": frames}
    sys.stdout.flush()
    answers.write(json.dumps(told) + "\\n")
    answers.flush()
"""


class FunctionEnded(Exception):  # noqa: N818 - an outcome, not an error of the test
    """The process is gone; the message is what it printed."""


@dataclass
class Told:
    """What one invocation gave: an answer, or else the name and the text of an exception."""

    answer: dict[str, Any] | None = None
    raised: str | None = None
    message: str = ""
    frames: list[str] = field(default_factory=list)


class FunctionProcess:
    """As a context, the initialised function; `directory` is what Lambda has as /var/task."""

    def __init__(self, directory: Path, url: str, variables: Mapping[str, str] | None = None):
        self._environment = _environment(directory, url) | dict(variables or {})
        self._requests = 0

    def __enter__(self) -> Self:
        self._output = tempfile.TemporaryFile()
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-s", "-P", "-W", "error", "-c", _DRIVER, str(writing)],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            pass_fds=[writing],
        )
        os.close(writing)
        self._answers = os.fdopen(reading, encoding="utf-8")
        self._next_line()
        return self

    def __exit__(self, *_: object) -> None:
        stdin = cast("IO[bytes]", self._process.stdin)
        if not stdin.closed:
            stdin.close()
        self._process.wait()
        self._answers.close()
        self._output.close()

    def invoke(
        self,
        event: str,
        custom: object = None,
        trace: str = "",
        request_id: str | None = None,
        qualifier: str = "production",
    ) -> Told:
        """Hand over an event as JSON text, and return what the function told."""
        self._requests += 1
        asked = {
            "event": event,
            "custom": custom,
            "trace": trace,
            "arn": f"arn:aws:lambda:us-east-1:123456789012:function:orders:{qualifier}",
            "requestId": request_id or f"request-{self._requests}",
        }
        stdin = cast("IO[bytes]", self._process.stdin)
        stdin.write(json.dumps(asked).encode() + b"\n")
        stdin.flush()
        return Told(**json.loads(self._next_line()))

    def _next_line(self) -> str:
        line = self._answers.readline()
        if not line:
            raise FunctionEnded(f"The function ended: {self.printed().decode()}")
        return line

    def printed(self) -> bytes:
        """Return everything that the function has printed until now."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0)


def _environment(directory: Path, url: str) -> dict[str, str]:
    return {
        "PYTHONPATH": str(directory),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "LAMBDA_TASK_ROOT": str(directory),
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",  # discard, unless a test listens elsewhere
        "ORDERS_TABLE_NAME": "orders",
        "POWERTOOLS_SERVICE_NAME": "order-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "OrderProcessing",
    }
