"""What a run is made with."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.checkout import ROOT
from service import declaration

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Service

TIME_SCALE = 60.0
"""Lambda's retries after one and two minutes follow here after one and two seconds."""

CLIENTS = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """One run. `clients` bounds the events under way at a time; `lanes` are versions of their own
    for the events whose environment is struck: there, one event at a time."""

    events: int = 10_000
    seed: int = 1
    only: str | None = None
    clients: int = CLIENTS
    lanes: int = 4
    broken: str | None = None
    """A fault put into a copy of the service, which the run then has to find."""
    directory: Path = ROOT / "build" / "faults"
    service: Service = field(default_factory=declaration.chosen)

    @property
    def concurrency(self) -> int:
        """Reserved concurrency: for the clients, the lanes, and asynchronous events beside them."""
        return self.clients + self.lanes + self.clients // 4

    def command(self, only: str | None) -> str:
        """Return the command line that repeats the run, or one kind of it."""
        words = ["nox", "-s", "faults", "--"]
        words += ["--events", str(self.events), "--seed", str(self.seed)]
        if only is not None:
            words += ["--only", only]
        if len(declaration.names()) > 1:
            words += ["--service", self.service.name]
        if self.clients != CLIENTS:
            words += ["--clients", str(self.clients)]
        if self.broken is not None:
            words += ["--broken", self.broken]
        return shlex.join(words)
