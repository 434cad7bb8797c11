"""Policy documents, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Statement = dict[str, Any]
Conditions = dict[str, dict[str, str | list[str]]]


def allow(
    sid: str,
    actions: list[str],
    resource: str | list[str],
    condition: Conditions | None = None,
) -> Statement:
    """Allow `actions` on `resource`, always or under a condition."""
    return _statement("Allow", sid, actions, resource, condition)


def deny(
    sid: str,
    actions: list[str],
    resource: str | list[str],
    condition: Conditions | None = None,
) -> Statement:
    """Deny `actions` on `resource`, whatever else allows them."""
    return _statement("Deny", sid, actions, resource, condition)


def deny_elsewhere(sid: str, actions: list[str], resources: list[str]) -> Statement:
    """Deny `actions` on all but `resources`, whatever else allows them."""
    stated = deny(sid, actions, resources)
    return {"NotResource" if key == "Resource" else key: said for key, said in stated.items()}


def document(statements: list[Statement]) -> dict[str, Any]:
    """Make a policy of its statements; those that are about no resource are none."""
    made = [statement for statement in statements if statement.get("Resource") != []]
    return {"Version": "2012-10-17", "Statement": made}


def joined(sid: str, statements: Iterable[Statement]) -> list[Statement]:
    """Make one statement, called `sid`, of those without a condition, which have one resource."""
    free = [each for each in statements if "Condition" not in each]
    actions = [action for each in free for action in each["Action"]]
    return [
        allow(sid, actions, free[0]["Resource"]),
        *(each for each in statements if each not in free),
    ]


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """Make one statement of those that say the same of different resources."""
    found: dict[str, Statement] = {}
    for statement in statements:
        said = {**statement, "Sid": "", "Resource": ""}
        first = found.setdefault(repr(said), {**statement, "Resource": []})
        about = statement["Resource"]
        first["Resource"] += [about] if isinstance(about, str) else about
    return [{**each, "Resource": _short(each["Resource"])} for each in found.values()]


def _short(several: list[str]) -> str | list[str]:
    return several[0] if len(several) == 1 else several


def _statement(
    effect: str,
    sid: str,
    actions: list[str],
    resource: str | list[str],
    condition: Conditions | None,
) -> Statement:
    about = resource if isinstance(resource, str) else _short(resource)
    stated: Statement = {"Sid": sid, "Effect": effect, "Action": actions, "Resource": about}
    return stated | {"Condition": condition} if condition else stated
