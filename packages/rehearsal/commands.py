"""The other parts as the rehearsal uses them: through the commands that a person would type."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rehearsal import pulumi
from rehearsal.settings import PULUMI_ENGINE, STACK

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.settings import Settings

# Lambda's two retries of a failed event take three minutes: after as long without an order
# arriving, one that is nowhere is lost.
QUIET_AWS_SECONDS = 180.0


def build(out: Path, overlay: Path | None = None) -> list[str]:
    """Build the artifact into `out`, with the files of `overlay` laid over the package."""
    extra = [] if overlay is None else ["--overlay", str(overlay)]
    return _module("artifact", "build", "--out", str(out), *extra)


def outputs(settings: Settings) -> Path:
    """Where the deployment leaves the stack's outputs: a rehearsal has a directory of its own."""
    return settings.directory / "stacks" / STACK / "outputs.json"


def deploy(settings: Settings, artifact: Path, *, fresh: bool) -> list[str]:
    """Deploy the stack `local` with `artifact`; `fresh` on an AWS that knows nothing of it."""
    if settings.engine == PULUMI_ENGINE:
        return operate(settings, "deploy", artifact)
    return _module(
        *("engine", "up", "--stack", STACK),
        *("--directory", str(outputs(settings).parent), "--config", f"artifact={artifact}"),
        *(["--fresh"] if fresh else []),
    )


def operate(settings: Settings, verb: str, artifact: Path) -> list[str]:
    """Deploy or compare the stack `local` through Pulumi's engine."""
    return pulumi.command(settings, verb, outputs(settings).parent.parent, artifact)


def release(settings: Settings, command: str, *arguments: str, result: Path) -> list[str]:
    """Call the release tool; `result` receives what it did as JSON."""
    where = ("--outputs", str(outputs(settings)))
    return _module("release", *where, command, *arguments, "--json", str(result))


def load(settings: Settings, ledger: Path) -> list[str]:
    """Drive the peak hour at the alias and reconcile every order sent."""
    return _module(
        *("load", "run", "--scenario", "peak_hour", "--seed", str(settings.seed)),
        *("--outputs", str(outputs(settings)), "--ledger", str(ledger)),
        *("--peak-rate", str(settings.peak_rate), "--duration", str(settings.load_seconds)),
        *("--quiet-seconds", str(QUIET_AWS_SECONDS / settings.time_scale), "--drain-seconds", "30"),
    )


def reconcile(settings: Settings, ledger: Path) -> list[str]:
    """Find what became of every order that the books in `ledger` have."""
    return _module(
        *("load", "report", "--outputs", str(outputs(settings)), "--ledger", str(ledger)),
        *("--quiet-seconds", str(QUIET_AWS_SECONDS / settings.time_scale), "--drain-seconds", "30"),
    )


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]
