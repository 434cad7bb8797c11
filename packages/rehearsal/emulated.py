"""The emulated AWS as the rehearsal's settings want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError
from sandbox import emulated

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from console.processes import Child, Children

    from rehearsal.settings import Settings


def start(children: Children, settings: Settings, *further: str) -> tuple[Child, dict[str, str]]:
    """Start it; return it and the environment of its clients. Raises StepError.

    `further` are options of the emulator's that only this one gets.
    """
    options = (
        *("--seed", str(settings.seed), "--time-scale", str(settings.time_scale)),
        *("--latency", f"dynamodb={settings.storage_latency_ms}"),
    )
    try:
        return emulated.start(children, settings.directory / "emulator.env", *options, *further)
    except UsageError as error:
        raise StepError(str(error)) from error
