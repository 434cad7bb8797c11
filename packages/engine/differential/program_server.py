"""A generated program in a process of its own, for Pulumi's engine to run.

What a program leaves behind whose CLI was killed lives in the SDK's module state: it goes with the
process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent import futures
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from console import lifelines
from console.checkout import ROOT
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

from engine.differential import programs
from engine.differential.programs import Item, Program

if TYPE_CHECKING:
    from collections.abc import Callable


class ProgramServer:
    """The process, started when it is first needed; `file` holds the program to run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: lifelines.Process[Any] | None = None
        self._port = ""

    def serve(self, program: Program) -> None:
        """Let this program be what runs next."""
        self._file.write_text(json.dumps(asdict(program)), "utf-8")

    @property
    def address(self) -> str:
        """Where the CLI finds it."""
        if self._process is None:
            self._process = lifelines.tied(
                [sys.executable, "-m", __name__, str(self._file)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._port = self._process.stdout.readline().strip() if self._process.stdout else ""
        return f"127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None


def _runs(file: Path) -> Callable[[], None]:
    def run() -> None:
        given = json.loads(file.read_text("utf-8"))
        items = [Item(**item) for item in given.pop("items")]
        programs.run(Program(items, **given))

    return run


def main(arguments: list[str]) -> None:
    """Serve the program of the named file; print the port."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    language = LanguageServer(_runs(Path(arguments[0])))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(language, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])
