"""What the roles of a stack may do, in as many policies as IAM takes, and whether it takes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from reporting import amounts

from infra.bootstrap import boundaries, grants
from infra.bootstrap.statements import Statement, document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.bootstrap.scope import Scope

MANAGED, ATTACHED = 6_144, 10
"""Characters, spaces aside, of a managed policy, and how many of these a role has, unless AWS was
asked for more (IAM User Guide, IAM and STS quotas)."""


def packed(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """Put statements into policies, in their order, each as full as IAM takes it."""
    policies: list[dict[str, Any]] = []
    for statement in document([*statements])["Statement"]:
        fuller = document([*policies[-1]["Statement"], statement]) if policies else None
        if fuller and size(fuller) <= MANAGED:
            policies[-1] = fuller
        else:
            policies.append(document([statement]))
    return policies


def check(scope: Scope, *, new: bool) -> None:
    """Raise UsageError where something does not fit: each service adds to it.

    The deploy role of a `new` stack may make its resources, too.
    """
    for what, needed, most in measured(scope, new=new):
        if needed > most:
            raise UsageError(
                f"IAM takes {amounts.number(most)} {what}, and with {len(scope.services)} services "
                f"on stack '{scope.stack}' there are {amounts.number(needed)}: shorten `resources` "
                "in their service.toml, take the stack out of newStacks once it is deployed, or "
                "keep some services in a repository of their own."
            )


def measured(scope: Scope, *, new: bool) -> list[tuple[str, int, int]]:
    """Return what IAM limits, how many there are and how many it takes."""
    roles = {kind: packed(grant(scope)) for kind, grant in grants.KINDS.items()}
    making = packed(grants.make(scope)) if new else []
    attached = {**roles, "deploy": [*roles["deploy"], *making]}
    bounds = {"functions": boundaries.execution(scope), "workflows": boundaries.workflow(scope)}
    largest = max(size(policy) for policies in attached.values() for policy in policies)
    return [
        *((f"policies of the role {kind}", len(p), ATTACHED) for kind, p in attached.items()),
        ("characters for a statement of a role", largest, MANAGED),
        *((f"characters for the {n}' boundary", size(p), MANAGED) for n, p in bounds.items()),
    ]


def size(policy: dict[str, Any]) -> int:
    """Count a policy's characters as IAM does, without spaces."""
    return len(json.dumps(policy, separators=(",", ":")))
