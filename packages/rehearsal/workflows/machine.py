"""The machine that a job runs on: its workspace, its environment, its processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import lifelines

from rehearsal.workflows import filecommands
from rehearsal.workflows.hosting import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.workflows.definition import Job, Step
    from rehearsal.workflows.hosting import Run

INTERRUPTED, TERMINATED = 7.5, 2.5
"""Seconds that a cancelled step's shell has after SIGINT, and after SIGTERM; then it is killed.
What it started is told nothing and goes on until the job ends (`CancelAndKillProcessTree` in
https://github.com/actions/runner/blob/main/src/Runner.Sdk/ProcessInvoker.cs)."""

_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


class RunnerLostError(Exception):
    """The runner is gone, with all that it ran."""


@dataclass(slots=True)
class Machine:
    """One job's machine, new for each job; `env` is what its steps share."""

    run: Run
    job: Job
    workflow: str
    environment: str | None
    logs: Path
    env: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    summary: str = ""
    deadline: float = 0.0
    posts: list[Callable[[], None]] = field(default_factory=list)
    """What actions do at the end of a job that succeeded, the last one first."""

    stopped: bool = False
    """The job was cancelled: the step that runs is stopped; those that ask for it clean up."""
    cleaning: bool = False
    _number: int = 0
    _processes: list[lifelines.Process[bytes]] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        """Where its steps run: as on GitHub at the same place in every job, one at a time."""
        return self._place / "workspace"

    @property
    def temporary(self) -> Path:
        """Files of the runner."""
        return self._place / "temp"

    @property
    def _place(self) -> Path:
        return self.run.hosting.root / "machines" / str(self._number)

    def boot(self) -> None:
        """Start anew."""
        self.run.hosting.machines += 1
        self._number = self.run.hosting.machines
        shutil.rmtree(self._place, ignore_errors=True)
        self.workspace.mkdir(parents=True)
        self.temporary.mkdir()
        self.logs.mkdir(parents=True, exist_ok=True)
        self.deadline = time.monotonic() + 60 * self.job.timeout_minutes
        self.path = [os.fspath(self.run.hosting.tools / "bin")]

    def halt(self) -> None:
        """End what steps left running, as the runner does when a job ends, and forget the files."""
        for process in self._processes:
            kill(process)
        shutil.rmtree(self._place, ignore_errors=True)
        self.run.hosting.machines -= 1

    def execute(self, step: Step, script: str, env: Mapping[str, str]) -> tuple[str, StepFiles]:
        """Run a script as the step's shell does: success, failure or cancelled, and its files."""
        self.cleaning = self.cleaning or self.stopped
        files = StepFiles(self.temporary)
        place = self.temporary / "step.sh"
        place.write_text(script, encoding="utf-8")
        with self.log(step).open("a", encoding="utf-8") as log:
            log.write(f"$ {script}\n")
            log.flush()
            process = lifelines.tied(
                [*step.shell, os.fspath(place)],
                cwd=self.workspace,
                env={**self.variables(), **env, **files.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            self._processes.append(process)
            outcome = self._wait(process)
        return outcome, files

    def absorb(self, files: StepFiles) -> None:
        """Take over what a step wrote for the steps after it; raises FileCommandError."""
        self.env |= filecommands.pairs(files.read("GITHUB_ENV"))
        self.path = [*filecommands.paths(files.read("GITHUB_PATH")), *self.path]
        self.summary += files.read("GITHUB_STEP_SUMMARY")

    def log(self, step: Step) -> Path:
        """Where a step's output is kept."""
        letters = [c if c.isalnum() else "-" for c in step.name.lower()]
        return self.logs / ("".join(letters)[:50].strip("-") + ".log")

    def variables(self) -> dict[str, str]:
        """What every process of the job finds in its environment."""
        run, machine = self.run, dict(self.run.hosting.machine)
        machine["PATH"] = os.pathsep.join([*self.path, machine["PATH"]])
        return machine | {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": run.actor,
            "GITHUB_EVENT_NAME": run.event,
            "GITHUB_JOB": self.job.key,
            "GITHUB_REF": run.ref,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": str(run.number),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": run.sha,
            "GITHUB_WORKSPACE": os.fspath(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": os.fspath(self.temporary),
            **self.env,
        }

    def context(self) -> dict[str, Any]:
        """The context `runner`."""
        return {"os": "Linux", "temp": os.fspath(self.temporary)}

    def _wait(self, process: lifelines.Process[bytes]) -> str:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return "failure" if process.wait(0.1) else "success"
            if not self.run.lost and self.run.lose_when():
                self.run.lost = True
                raise RunnerLostError
            if not self.run.cancelled and self.run.cancel_when():
                self.run.cancelled = self.stopped = True
            over = self.stopped or time.monotonic() > self.deadline
            if over and not self.cleaning:
                self.cleaning = True
                _stop(process)
                return "cancelled"


class StepFiles:
    """The files that a step writes its results into, empty at first."""

    def __init__(self, directory: Path) -> None:
        self.variables = {name: os.fspath(directory / name.lower()) for name in _FILES}
        for place in self.variables.values():
            Path(place).write_text("", encoding="utf-8")

    def read(self, name: str) -> str:
        """What the step wrote."""
        return Path(self.variables[name]).read_text(encoding="utf-8")


def _stop(process: lifelines.Process[bytes]) -> None:
    """Signal the step's shell, and it alone."""
    for number, patience in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
    process.kill()
    process.wait()


def kill(process: lifelines.Process[bytes]) -> None:
    """End what is left of a step's processes."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
