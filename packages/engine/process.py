"""A deployment in a process of its own, as the SDK keeps one run's settings in module state."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from console import lifelines
from console.checkout import ROOT
from service.outputs import FILE

from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def stack_directory(stack: str) -> Path:
    """Where a stack's state and outputs lie unless told otherwise."""
    return ROOT / "build" / "stacks" / stack


def up(
    stack: str,
    config: Mapping[str, str] | None = None,
    *,
    directory: Path | None = None,
    fresh: bool = False,
    refreshed: bool = False,
    env: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Deploy `stack` and return its outputs.

    `config` overrides the stack file's keys (`reservedConcurrency`, `artifact`, ...);
    `fresh` forgets what an earlier, other AWS held; `refreshed` first takes over what AWS holds, so
    that what was changed by hand is put right; `env` replaces the environment, which says
    where AWS is; `progress` gets one line per resource.
    Raises EngineError with one sentence.
    """
    options = [f"--config={key}={value}" for key, value in (config or {}).items()]
    chosen = {"--fresh": fresh, "--refresh": refreshed}
    options += [option for option, wanted in chosen.items() if wanted]
    _run("up", stack, options, directory, env, progress)
    written = (directory or stack_directory(stack)) / FILE
    outputs: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return outputs


def recover(
    stack: str, *, directory: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Settle what a killed deployment left open; raises EngineError."""
    _run("recover", stack, [], directory, env, lambda _: None)


def destroy(
    stack: str,
    *,
    directory: Path | None = None,
    env: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Delete everything that `up` deployed; raises EngineError."""
    _run("destroy", stack, [], directory, env, progress)


def _run(
    command: str,
    stack: str,
    options: list[str],
    directory: Path | None,
    env: Mapping[str, str] | None,
    progress: Callable[[str], None],
) -> None:
    where = directory or stack_directory(stack)
    arguments = [command, "--stack", stack, "--directory", str(where), *options]
    with lifelines.tied(
        [sys.executable, "-m", "engine", *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                progress(line.rstrip())
            complaint = (process.stderr.read() if process.stderr else "").strip()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        last = complaint.splitlines()[-1:] or [f"The engine ended with {process.returncode}."]
        raise EngineError(last[0])
