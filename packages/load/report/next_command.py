"""What a person types to get further with a run: a command that works as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from service.names import stack_of

if TYPE_CHECKING:
    from pathlib import Path

    from load.run_log.log import Run

Remedy = Literal["load longer", "judge again"]
"""Too few answers want a longer load; what could not be verified wants another look."""


def look_again(function: str, scenario: str, ledger: Path) -> str:
    """Judge what the run in `ledger` sent; an emulated AWS that ended with it knows no more."""
    stack = stack_of(function)
    if stack == "local":
        return f"`nox -s load -- local {scenario}` loads again."
    return f"`nox -s load -- {stack} report {ledger}` judges what was sent."


def sentence(remedy: Remedy, run: Run, ledger: Path) -> str:
    """The command that gets further."""
    if remedy == "judge again":
        return look_again(run.function, run.scenario, ledger)
    longer = f"--peak-rate {run.peak_rate:g} --duration {2 * run.duration:g}"
    return f"`nox -s load -- {stack_of(run.function)} {run.scenario} {longer}` sends more."
