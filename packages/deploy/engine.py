"""Which engine does the work: Pulumi's own, unless STACK_ENGINE names a module that stands for it.

Such a module has `opened`, as here, and `REFUSED`, the type of its refusals. The rehearsal has one
for machines that have no Pulumi CLI.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import TYPE_CHECKING, Any, Protocol

from deploy.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.changes import Change

    from deploy.changes import Say
    from deploy.project import Project

_PULUMI = "deploy.workspace"


class Seen(Protocol):
    """What one run did, or would do."""

    @property
    def changes(self) -> Sequence[Change]:
        """What the program asked for."""

    @property
    def found(self) -> Sequence[Change]:
        """What AWS held otherwise than the state."""

    @property
    def unchanged(self) -> int:
        """How many resources it looked at and left as they were."""


class Stack(Protocol):
    """One stack on its backend; whatever is refused raises OperationError or UsageError."""

    name: str

    @property
    def exists(self) -> bool:
        """Whether the backend has it, deployed or not."""

    def create(self) -> None:
        """Make it on the backend unless it is there."""

    def preview(self, say: Say) -> Seen:
        """Ask what a deployment would change, in AWS as it is now."""

    def up(self, say: Say, message: str | None = None) -> tuple[Seen, dict[str, Any]]:
        """Take over what AWS holds, deploy, and return the outputs too."""

    def compare(self, say: Say) -> Seen:
        """Compare AWS with what was deployed; run no program, change nothing, take no lock."""

    def mend(self, region: str, say: Say) -> Seen:
        """Settle what is pending: what AWS has is recorded, what it has not is found as deleted."""

    def destroy(self, say: Say) -> Seen:
        """Delete everything but what is guarded, and what that needs."""

    def state(self) -> dict[str, Any]:
        """`resources`, `pending_operations` and more, as `pulumi stack export` has them."""

    def replace_state(self, state: dict[str, Any]) -> None:
        """Put another state, as `state` has it, in its place."""

    def lock(self) -> str | None:
        """Who holds the stack; None where nobody does."""

    def unlock(self) -> None:
        """Take the locks away."""


@contextlib.contextmanager
def opened(
    project: Project,
    name: str,
    config: Mapping[str, str] | None = None,
    backend: str | None = None,
) -> Iterator[Stack]:
    """Yield the stack; `config` wins over its file, `backend` (a URL) over the environment's.

    Raises UsageError where something must be put right first, OperationError where the backend
    refuses.
    """
    engine = importlib.import_module(os.environ.get("STACK_ENGINE") or _PULUMI)
    try:
        with engine.opened(project, name, config, backend) as stack:
            yield stack
    except engine.REFUSED as refused:
        raise OperationError(str(refused)) from None
