"""Policy documents, put together."""

from __future__ import annotations

from typing import Any

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


def document(statements: list[Statement]) -> dict[str, Any]:
    """Make a policy of its statements."""
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(
    effect: str,
    sid: str,
    actions: list[str],
    resource: str | list[str],
    condition: Conditions | None,
) -> Statement:
    stated: Statement = {"Sid": sid, "Effect": effect, "Action": actions, "Resource": resource}
    return stated | {"Condition": condition} if condition else stated
