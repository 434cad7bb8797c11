"""What IAM compares a call with: resources and keys of conditions that storage leaves out.

Source: Service Authorization Reference, of the services named.
"""

from __future__ import annotations

import importlib
import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_keys: ContextVar[Mapping[str, str]] = ContextVar("keys")
"""Keys of the call to IAM that is being judged."""


def correct() -> None:
    """Put them in where storage judges a call."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")  # it has no types
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    extracted, enforced = actions.extract_resource_arn, evaluator.enforce

    def extract(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        region: str,
        account: str,
    ) -> str:
        _keys.set(_keys_of(query, account) if service == "iam" else {})
        found: str = extracted(service, method, path, headers, body, query, region, account)
        return _named(service, headers, body, f"{region}:{account}") if found == "*" else found

    def enforce(
        key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(service_context or {}), **_keys.get({})}
        return enforced(key, action, service, region, resource_arn, context)

    actions.extract_resource_arn, evaluator.enforce = extract, enforce


def _named(service: str, headers: dict[str, str], body: bytes, home: str) -> str:
    if service == "dynamodb":  # tags name the table by its ARN
        try:
            return str(json.loads(body).get("ResourceArn", "*"))
        except (ValueError, AttributeError):
            return "*"
    if headers.get("x-amz-target", "").endswith(".DescribeLogGroups"):
        return f"arn:aws:logs:{home}:log-group::log-stream:"
    return "*"


def _keys_of(query: Mapping[str, Any], account: str) -> dict[str, str]:
    """A boundary that is asked for, else the one of the role that is changed; a policy's ARN."""
    iam: Any = importlib.import_module("ministack.services.iam")
    given = {name: value[0] for name, value in query.items() if isinstance(value, list) and value}
    held = iam._roles.get_scoped(account, None, given.get("RoleName", "")) or {}  # noqa: SLF001
    found = {
        "iam:PermissionsBoundary": given.get("PermissionsBoundary")
        or held.get("PermissionsBoundary"),
        "iam:PolicyARN": given.get("PolicyArn"),
    }
    return {name: value for name, value in found.items() if value}
