"""IAM's decision for the documents of this project: their operators, and no others.

After "Policy evaluation logic" in the IAM User Guide: a denial wins, else both the role's own
policies and its boundary must allow. A missing key fails an operator, and passes a negated one.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def permitted(
    policy: dict[str, Any],
    boundary: dict[str, Any],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Whether a role with that policy and that boundary may do it in that context."""
    effects = [
        set(_effects(found, action, resource, context or {})) for found in (policy, boundary)
    ]
    return all("Allow" in found for found in effects) and not any("Deny" in f for f in effects)


def trusted(policy: dict[str, Any], issuer: str, claims: Mapping[str, str]) -> bool:
    """Whether a token of `issuer` with these claims may take the role of that trust policy."""
    context = {f"{issuer}:{claim}": value for claim, value in claims.items()}
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"]["Federated"].endswith(f":oidc-provider/{issuer}")
        and _met(statement, context)
        for statement in policy["Statement"]
    )


def _effects(
    policy: dict[str, Any], action: str, resource: str, context: Mapping[str, str]
) -> Iterator[str]:
    for statement in policy["Statement"]:
        if (
            _any(statement["Action"], action)
            and _about(statement, resource)
            and _met(statement, context)
        ):
            yield statement["Effect"]


def _about(statement: dict[str, Any], resource: str) -> bool:
    if "NotResource" in statement:
        return not _any(statement["NotResource"], resource)
    return _any(statement["Resource"], resource)


def _met(statement: dict[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _holds(operator, expected, context.get(key))
        for operator, compared in statement.get("Condition", {}).items()
        for key, expected in compared.items()
    )


def _any(patterns: str | list[str], value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in _listed(patterns))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _holds(operator: str, expected: str | list[str], actual: str | None) -> bool:
    like = actual is not None and _any(expected, actual)
    return {
        "StringEquals": actual in _listed(expected),
        "StringNotEquals": actual not in _listed(expected),
        "StringLike": like,
        "ArnEquals": like,
    }[operator]
