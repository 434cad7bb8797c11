"""Whether Lambda may assume a role that a function is to run with."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from emulator.access.evaluation import like, listed
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.aws import Credentials, StorageCall

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)")
_LAMBDA = {"lambda.amazonaws.com", "*"}


class Trust:
    """Judges roles by the trust policies that storage keeps."""

    def __init__(self, call: StorageCall, root: Credentials, account_id: str) -> None:
        self._call = call
        self._root = root
        self._account_id = account_id

    async def require(self, role_arn: str) -> None:
        """Raise `AwsError` unless the role is there, of this account, and trusts Lambda."""
        found = _ROLE.fullmatch(role_arn)
        if found and found["account"] != self._account_id:
            raise AwsError(
                "AccessDeniedException",
                "Cross-account pass role is not allowed.",
                403,
                message_key="Message",
            )
        role = await self._role(found["name"]) if found else None
        if role is None or role["Arn"] != role_arn or not _trusts_lambda(role):
            raise AwsError(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
                members={"Type": "User"},
            )

    async def _role(self, name: str) -> Mapping[str, Any] | None:
        try:
            answer = await self._call("iam", "GetRole", {"RoleName": name}, self._root)
        except AwsError as error:
            if error.status >= 500:
                raise
            return None
        role: Mapping[str, Any] = answer["Role"]
        return role


def _trusts_lambda(role: Mapping[str, Any]) -> bool:
    """Whether a statement lets Lambda assume the role; its conditions are taken as met."""
    document = json.loads(unquote(role["AssumeRolePolicyDocument"]))
    return any(_lets_lambda(statement) for statement in listed(document.get("Statement", [])))


def _lets_lambda(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = listed(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    actions = [action.lower() for action in listed(statement.get("Action", []))]
    return (
        statement.get("Effect") == "Allow"
        and not _LAMBDA.isdisjoint(services)
        and any(like(action, "sts:assumerole") for action in actions)
    )
