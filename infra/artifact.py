"""Whether a built artifact fits what the stack's settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

from infra.stack_file import MANIFEST_RUNTIME, PROJECT

if TYPE_CHECKING:
    from service.artifacts import Artifact

SNAP_START_SINCE = 12
"""The first Python 3 of which Lambda makes snapshots (Lambda Developer Guide, SnapStart)."""


def check_runtime(artifact: Artifact, configured: str) -> str:
    """Return the function's runtime; raises UsageError where the artifact was built for another."""
    if configured in {MANIFEST_RUNTIME, artifact.runtime}:
        return artifact.runtime
    raise UsageError(
        f"The artifact was built for {artifact.runtime} but the stack runs {configured}: "
        f"run `nox -s build -- STACK`, which takes the stack's Python, then deploy again."
    )


def check_machine(artifact: Artifact, configured: str) -> None:
    """Raise UsageError where the artifact holds machine code of another architecture."""
    if configured not in artifact.architectures:
        raise UsageError(
            f"The artifact holds machine code for {', '.join(artifact.architectures)} but the "
            f"stack runs on {configured}: build it on such a machine, or set "
            f"{PROJECT}:architecture."
        )


def check_snap_start(runtime: str) -> None:
    """Raise UsageError where Lambda makes no snapshots of the runtime."""
    if int(runtime.removeprefix("python3.")) < SNAP_START_SINCE:
        raise UsageError(
            f"SnapStart needs python3.{SNAP_START_SINCE} or newer and the stack runs {runtime}: "
            f"set {PROJECT}:runtime, or snapStart to false for the service."
        )
