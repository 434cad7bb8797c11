"""IAM's decision for the documents of this project, as the emulated AWS makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.access.evaluation import Policies, denial, met

if TYPE_CHECKING:
    from collections.abc import Mapping


def permitted(
    policy: dict[str, Any],
    boundary: dict[str, Any],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Whether a role with that policy and that boundary may do it in that context."""
    policies = Policies([policy], {"permissions boundary": [boundary]})
    return denial(policies, action, resource, _folded(context or {})) is None


def trusted(policy: dict[str, Any], issuer: str, claims: Mapping[str, str]) -> bool:
    """Whether a token of `issuer` with these claims may take the role of that trust policy."""
    context = _folded({f"{issuer}:{claim}": value for claim, value in claims.items()})
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"]["Federated"].endswith(f":oidc-provider/{issuer}")
        and met(statement.get("Condition", {}), context)
        for statement in policy["Statement"]
    )


def _folded(context: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in context.items()}
