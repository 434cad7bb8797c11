"""IAM's decision for the documents of this project: their operators, and no others.

After "Policy evaluation logic" in the IAM User Guide: a denial wins, else both the role's own
policy and its boundary must allow. A missing key fails an operator, and passes a negated one.
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


def _effects(
    policy: dict[str, Any], action: str, resource: str, context: Mapping[str, str]
) -> Iterator[str]:
    for statement in policy["Statement"]:
        if (
            _any(statement["Action"], action)
            and _any(statement["Resource"], resource)
            and all(
                _holds(operator, expected, context.get(key))
                for operator, compared in statement.get("Condition", {}).items()
                for key, expected in compared.items()
            )
        ):
            yield statement["Effect"]


def _any(patterns: str | list[str], value: str) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, pattern) for pattern in listed)


def _holds(operator: str, expected: str, actual: str | None) -> bool:
    return {
        "StringEquals": actual == expected,
        "StringNotEquals": actual != expected,
        "ArnEquals": actual is not None and fnmatchcase(actual, expected),
    }[operator]
