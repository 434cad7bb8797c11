"""What a person types to get further with a run: a command that works as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from service.declaration import names

if TYPE_CHECKING:
    from pathlib import Path

    from load.run_log.log import Run

Remedy = Literal["load longer", "judge again"]
"""Too few answers want a longer load; what could not be verified wants another look."""


def look_again(stack: str, service: str, scenario: str, run_log: Path) -> str:
    """Judge what the run sent; an emulated AWS that ended with it knows no more."""
    if stack == "local":
        return f"`{_load(stack, service)} {scenario}` loads again."
    return f"`{_load(stack, service)} report {run_log}` judges what was sent."


def sentence(remedy: Remedy, run: Run, run_log: Path) -> str:
    """The command that gets further."""
    if remedy == "judge again":
        return look_again(run.stack, run.service, run.scenario, run_log)
    longer = f"--peak-rate {run.peak_rate:g} --duration {2 * run.duration:g}"
    return f"`{_load(run.stack, run.service)} {run.scenario} {longer}` sends more."


def _load(stack: str, service: str) -> str:
    which = f" {service}" if len(names()) > 1 else ""
    return f"nox -s load -- {stack}{which}"
