"""What an execution role may call of Lambda and CloudWatch, by the policies that storage keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.aws import Credentials, StorageCall
    from emulator.credentials import RoleCredentials, Session
    from emulator.http import Request

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


class Permissions:
    """Judges what is signed with an execution role's credentials; anyone else may do anything.

    Policies are evaluated by the storage process, as for its own services. Of the conditions only
    those on keys that every request has can be met, and policies of the called resource give no
    leave.
    """

    def __init__(self, call: StorageCall, root: Credentials, roles: RoleCredentials) -> None:
        self._call = call
        self._root = root
        self._roles = roles

    def session(self, request: Request) -> Session | None:
        """The execution role's session that signed `request`, if one did."""
        found = _ACCESS_KEY.search(request.headers.get("authorization", ""))
        return self._roles.session(found[1]) if found else None

    async def require(self, session: Session, action: str, resource: str) -> None:
        """Raise `AwsError`, 403, unless the session's role may do `action` on `resource`."""
        account, name = session.role_arn.split(":")[4], session.role_arn.rpartition("/")[2]
        answer = await self._call(
            "iam",
            "SimulatePrincipalPolicy",
            {
                "PolicySourceArn": f"arn:aws:iam::{account}:role/{name}",
                "ActionNames": [action],
                "ResourceArns": [resource],
            },
            self._root,
        )
        if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
            raise AwsError(
                "AccessDeniedException",
                f"User: arn:aws:sts::{account}:assumed-role/{name}/{session.name} is not "
                f"authorized to perform: {action} on resource: {resource} because no "
                f"identity-based policy allows the {action} action",
                403,
                message_key="Message",
            )
