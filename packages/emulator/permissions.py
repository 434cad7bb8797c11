"""What a caller may do in Lambda and CloudWatch, by the policies that storage keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.access.keys import Principal
    from emulator.aws import Credentials, StorageCall


class Permissions:
    """Judges every caller but the account's root.

    Policies are evaluated by the storage process, as for its own services. Of the conditions only
    those on keys that every request has can be met, and policies of the called resource give no
    leave.
    """

    def __init__(self, call: StorageCall, root: Credentials) -> None:
        self._call = call
        self._root = root

    async def require(self, caller: Principal | None, action: str, resource: str) -> None:
        """Raise `AwsError`, 403, unless the caller may do `action` on `resource`."""
        if caller is None:
            return
        answer = await self._call(
            "iam",
            "SimulatePrincipalPolicy",
            {
                "PolicySourceArn": caller.source_arn,
                "ActionNames": [action],
                "ResourceArns": [resource],
            },
            self._root,
        )
        if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
            raise AwsError(
                "AccessDeniedException",
                f"User: {caller.arn} is not authorized to perform: {action} on resource: "
                f"{resource} because no identity-based policy allows the {action} action",
                403,
                message_key="Message",
            )
