"""IAM's decision over policy documents (IAM User Guide, "Policy evaluation logic").

A denial wins; else the caller's own policies must allow, and each limit as well. A key that a
request lacks fails an operator, and passes a negated one. Policy variables are not replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Policies:
    """What counts for a caller: documents of its own, and those that only limit it, by their kind.

    Kinds are as in AWS's sentences: `permissions boundary`, `session policy`.
    """

    own: Sequence[Document]
    limits: Mapping[str, Sequence[Document]] = field(default_factory=dict)


def denial(
    policies: Policies, action: str, resource: str, context: Mapping[str, str]
) -> str | None:
    """Why it is denied, in AWS's words, or None where it is allowed; `context` by lower-case key.

    Raises `AwsError`, 501, for an operator that is not emulated.
    """
    kinds = {"identity-based policy": policies.own, **policies.limits}
    effects = {
        kind: {effect for one in documents for effect in _effects(one, action, resource, context)}
        for kind, documents in kinds.items()
    }
    for kind, found in effects.items():
        if "Deny" in found:
            article = "an" if kind.startswith("identity") else "a"
            return f"with an explicit deny in {article} {kind}"
    for kind, found in effects.items():
        if "Allow" not in found:
            return f"because no {kind} allows the {action} action"
    return None


def listed(value: Any) -> list[Any]:
    """One of something, or several: IAM's documents have both."""
    return value if isinstance(value, list) else [value]


def _effects(
    document: Document, action: str, resource: str, context: Mapping[str, str]
) -> Iterator[str]:
    for statement in listed(document.get("Statement", [])):
        if (
            _named(statement, "Action", action.lower(), str.lower)
            and _named(statement, "Resource", resource, str)
            and met(statement.get("Condition", {}), context)
        ):
            yield statement["Effect"]


def _named(statement: Document, member: str, value: str, folded: Callable[[str], str]) -> bool:
    if member in statement:
        return any(like(folded(pattern), value) for pattern in listed(statement[member]))
    left_out = listed(statement.get(f"Not{member}", ["*"]))
    return not any(like(folded(pattern), value) for pattern in left_out)


def met(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """Whether all `conditions` of a statement hold; `context` by lower-case key."""
    return all(
        _holds(operator, [str(each) for each in listed(expected)], context.get(key.lower()))
        for operator, compared in conditions.items()
        for key, expected in compared.items()
    )


def _holds(operator: str, expected: list[str], actual: str | None) -> bool:
    if operator == "Null":
        return (actual is None) == (expected[0].lower() == "true")
    plain = operator.removesuffix("IfExists")
    negated = "Not" in plain
    compare = _OPERATORS.get(plain.replace("Not", ""))
    if compare is None:
        raise AwsError("NotImplementedException", f"The operator {operator} is not emulated.", 501)
    if actual is None:
        return negated or plain != operator
    return any(compare(one, actual) for one in expected) != negated


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in pattern)
    return re.compile("".join(parts), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Whether `value` is what `pattern` says, with `*` for any text and `?` for one character."""
    return _compiled(pattern).fullmatch(value) is not None


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda one, other: one.lower() == other.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda one, other: one.lower() == other.lower(),
}
