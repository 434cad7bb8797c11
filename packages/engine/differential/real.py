"""Pulumi's own engine, asked for the same things."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
from console import lifelines
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from engine import plugin
from engine.differential.engines import REGION, Outcome, verdict
from engine.differential.program_server import ProgramServer
from engine.differential.world import World, Worlds
from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.differential.programs import Program


class Attached(plugin.Plugin):
    """The plugin as a server that the CLI is told of, instead of a process that it starts."""

    def Attach(self, request: object, context: object) -> empty_pb2.Empty:  # noqa: N802  protocol
        """Nothing is needed of the CLI."""
        return empty_pb2.Empty()


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the providers in this process; yield what the CLI must be told of them."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Attached(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"aws:{port}"
    finally:
        server.stop(None).wait()


_STACK = "pulumi:pulumi:Stack"
_OPERATIONS = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
}
"""Steps of Pulumi's engine as ours calls them; the others change nothing."""


class Real:
    """Pulumi's own engine: its CLI, told of the servers of providers and program.

    The Automation API would do the same with four more runs of the CLI for each deployment, and
    waits for ever for the events of one that was killed.
    """

    def __init__(self, worlds: Worlds, place: Path, stack: str, attached: str) -> None:
        self.world = World(kill=self._kill)
        self._worlds, self._place, self._stack, self._attached = worlds, place, stack, attached
        self._programs = ProgramServer(place / "program.json")
        self._running: lifelines.Process[Any] | None = None
        (place / "backend").mkdir(exist_ok=True)
        project = "name: differential\nruntime: python\n"
        (place / "Pulumi.yaml").write_text(project, encoding="utf-8")
        self._cli("stack", "init", stack)

    def _cli(self, *arguments: str) -> tuple[int, str]:
        """Run the CLI; return its status and what it said."""
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self._place}/backend",
            "PULUMI_HOME": str(self._place / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DEBUG_COMMANDS": "true",  # lets it take the two flags below
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_PROVIDERS": self._attached,
        }
        with (self._place / "said").open("w+", encoding="utf-8") as said:
            with lifelines.tied(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=self._place,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            ) as self._running:
                status = self._running.wait(_CLI_SECONDS)
            said.seek(0)
            return status, said.read()

    def _kill(self) -> None:
        """Kill the CLI, as it waits for this very call, which then has nobody to answer."""
        if self._running:
            self._running.kill()
            self._running.wait()
        raise EngineError("The CLI was killed.")

    def _do(self, command: str, *options: str, program: bool = True, free: bool = False) -> Outcome:
        """Run a command that is told in events; `free`: as many calls at once as it likes."""
        self._worlds.now = self.world
        log = self._place / "events"
        log.unlink(missing_ok=True)
        host = [f"--client={self._programs.address}", "--exec-kind=auto.inline"]
        status, said = self._cli(
            *(command, "--stack", self._stack, f"--event-log={log}"),
            *(() if free else ("--parallel=1",)),
            *(host if program else ()),
            *options,
        )
        if status < 0:
            self._programs.stop()
        outcome = Outcome("done")
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        # The last line of a CLI that was killed may be half of one.
        events = [json.loads(line) for line in lines if line.endswith("}")]
        for event in events:
            _note(event, outcome)
        if status:
            errors = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
            outcome.said = "\n".join([*(e["message"] for e in errors), said])
            outcome.verdict = "killed" if status < 0 else verdict(outcome.said)
        return outcome

    def up(self, program: Program, *, refreshed: bool) -> Outcome:
        """Deploy."""
        self._programs.serve(program)
        return self._do("up", *_UP, *(["--refresh"] if refreshed else []), free=program.free)

    def preview(self, program: Program, *, refreshed: bool) -> Outcome:
        """Ask what a deployment would do."""
        self._programs.serve(program)
        region = ["--config", f"aws:region={REGION}"]
        return self._do("preview", *region, *(["--refresh"] if refreshed else []))

    def drift(self) -> set[str]:
        """Name what AWS holds otherwise."""
        found = self._do("refresh", "--yes", "--skip-preview", program=False)
        if found.verdict != "done":
            raise EngineError(found.said)
        return {name for operation, name in found.held}

    def close(self) -> None:
        """End what was started."""
        self._programs.stop()

    def destroy(self) -> Outcome:
        """Delete everything."""
        return self._do("destroy", "--yes", "--skip-preview", program=False, free=True)

    def pending(self) -> set[tuple[str, str]]:
        """Name what was left open."""
        self._cli("cancel", "--yes", "--stack", self._stack)
        _, text = self._cli("stack", "export", "--stack", self._stack)
        operations = json.loads(text)["deployment"].get("pending_operations") or []
        return {
            (found["type"], found["resource"]["urn"].rpartition("::")[2]) for found in operations
        }

    def forget_pending(self) -> None:
        """Clear what was left open, and read everything anew."""
        self._do("refresh", "--yes", "--skip-preview", "--clear-pending-creates", program=False)


def _note(event: dict[str, Any], outcome: Outcome) -> None:
    """Take one of the engine's events."""
    if before := event.get("resourcePreEvent"):
        step = before["metadata"]
        operation = _OPERATIONS.get(step["op"])
        if operation and "differential/" in step["type"]:
            outcome.planned.add((operation, step["urn"].rpartition("::")[2]))
    if after := event.get("resOutputsEvent"):
        step = after["metadata"]
        if step["type"] == _STACK:
            outcome.outputs = (step.get("new") or {}).get("outputs") or {}
        elif step["op"] in ("update", "delete") and "differential/" in step["type"]:
            outcome.held.add((step["op"], step["urn"].rpartition("::")[2]))


_CLI_SECONDS = 120
_UP = ["--yes", "--skip-preview", "--config", f"aws:region={REGION}"]
