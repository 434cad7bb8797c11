"""Whether what the roles of a stack may do fits into IAM's policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from reporting import amounts

from infra.bootstrap import boundaries, grants
from infra.bootstrap.statements import document

if TYPE_CHECKING:
    from infra.bootstrap.scope import Scope

MANAGED, INLINE = 6_144, 10_240
"""Characters, spaces aside, of a managed policy, and of all that a role has of its own (IAM User
Guide, IAM and STS quotas)."""


def check(scope: Scope, *, new: bool) -> None:
    """Raise UsageError where something does not fit: each service adds to it.

    The deploy role of a `new` stack may make its resources, too.
    """
    for what, size, most in measured(scope, new=new):
        if size > most:
            raise UsageError(
                f"IAM takes {amounts.number(most)} characters for {what}, and with "
                f"{len(scope.services)} services on stack '{scope.stack}' there are "
                f"{amounts.number(size)}: shorten `resources` in their service.toml, take the "
                "stack out of newStacks once it is deployed, or keep some services in a "
                "repository of their own."
            )


def measured(scope: Scope, *, new: bool) -> list[tuple[str, int, int]]:
    """Return each policy's name, its characters and how many IAM takes."""
    further = {"deploy": grants.make(scope) if new else []}
    roles = {
        kind: document([*grant(scope), *further.get(kind, [])])
        for kind, grant in grants.KINDS.items()
    }
    bounds = {
        "the functions' boundary": boundaries.execution(scope),
        "the workflows' boundary": boundaries.workflow(scope),
    }
    return [
        *((f"the role {kind}", _size(policy), INLINE) for kind, policy in roles.items()),
        *((name, _size(policy), MANAGED) for name, policy in bounds.items()),
    ]


def _size(policy: dict[str, Any]) -> int:
    return len(json.dumps(policy, separators=(",", ":")))
