"""What a command found, for a person, a program and a job summary."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Exit(IntEnum):
    """Exit statuses, the same for every command."""

    DONE = 0
    FAIL = 1
    REFUSED = 2
    INCONCLUSIVE = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What a job summary says of a release step."""

    before: str
    after: str
    alarms: str
    verdict: str
    note: str = ""
    """A sentence or two below the table."""


@dataclass(frozen=True, slots=True)
class Result:
    """A command's end: `message` for a person, `details` (JSON values, camelCase) for a program."""

    exit: Exit
    message: str
    details: Mapping[str, object] = field(default_factory=dict)
    change: Change | None = None
    plots: str | None = None
    """Where the measurements behind it are shown, a URL."""
    service: str | None = None
    """Which one, where the stack has several."""
    remedy: str | None = None
    """What to type next; every inconclusive end has it."""

    def __post_init__(self) -> None:
        """ValueError for an inconclusive end that leaves a person alone."""
        if self.exit is Exit.INCONCLUSIVE and not self.remedy:
            raise ValueError("an inconclusive result names the command that gets further")

    @property
    def text(self) -> str:
        """What a person is told."""
        return f"{self.message}\nNext: {self.remedy}" if self.remedy else self.message


def as_json(command: str, result: Result) -> dict[str, object]:
    """`command`, `status` (done, fail, refused, inconclusive), `exitCode`, `message`, details.

    `remedy` where there is one.
    """
    return {
        "command": command,
        "status": result.exit.name.lower(),
        "exitCode": int(result.exit),
        "message": result.message,
        **({"remedy": result.remedy} if result.remedy else {}),
        **result.details,
    }


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write the file; UsageError if that is impossible."""
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The result cannot be written to {path}: {error.strerror}.") from None


def check_writable(path: Path) -> None:
    """UsageError if the result could not be written there: told before anything is changed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"The result cannot be written to {path}: {error.strerror}.") from None


def summarise(
    command: str,
    change: Change,
    environment: Mapping[str, str] = os.environ,
    plots: str | None = None,
    service: str | None = None,
) -> None:
    """Append a table, and a link to the plots, to the job summary of GitHub Actions; nothing
    outside of it.

    The runner names the file in GITHUB_STEP_SUMMARY ("Workflow commands for GitHub Actions",
    https://docs.github.com/actions).
    """
    target = environment.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    step = f"{command} {service}" if service else command
    cells = (step, change.before, change.after, change.alarms, change.verdict)
    row = " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    table = f"\n| step | from | to | alarms | verdict |\n|---|---|---|---|---|\n| {row} |\n\n"
    if change.note:
        table += f"{change.note}\n\n"
    if plots is not None:
        table += f"[plots]({plots})\n\n"
    try:
        with open(target, "a", encoding="utf-8") as summary:  # noqa: PTH123 (a path from outside)
            summary.write(table)
    except OSError as error:
        raise UsageError(f"The job summary {target} cannot be written: {error.strerror}.") from None
