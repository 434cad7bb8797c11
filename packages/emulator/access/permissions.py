"""What a caller may do in Lambda and CloudWatch, by the policies that storage keeps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from emulator.access.evaluation import Policies, denial
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.access.evaluation import Document
    from emulator.access.keys import Principal
    from emulator.aws import Credentials, StorageCall

_READS = re.compile(rb"Action=(?:Get|List|Simulate|Generate)")
_MOST_DECISIONS = 10_000


class Permissions:
    """Judges every caller but the account's root, by its policies, its boundary and its session's.

    Policies and decisions are kept until IAM is told to change anything. Policies of the called
    resource give no leave.
    """

    def __init__(self, call: StorageCall, root: Credentials) -> None:
        self._call = call
        self._root = root
        self._policies: dict[Principal, Policies] = {}
        self._decisions: dict[tuple[object, ...], str | None] = {}

    def learn(self, asked: bytes) -> None:
        """Forget what is known, where a request to IAM may have changed it."""
        if not _READS.search(asked):
            # New ones: whoever is reading the old state meanwhile keeps what it finds there.
            self._policies, self._decisions = {}, {}

    async def require(
        self,
        caller: Principal | None,
        action: str,
        resource: str,
        context: Mapping[str, str] | None = None,
    ) -> None:
        """Raise `AwsError`, 403, unless the caller may do `action` on `resource`.

        `context` are keys of conditions, in lower case, beside those that every request has.
        """
        if caller is None:
            return
        asked = (caller, action, resource, *(context or {}).items())
        decisions = self._decisions
        if asked not in decisions:
            policies = await self._policies_of(caller)
            known = {"aws:principalarn": caller.source_arn, "aws:securetransport": "false"}
            found = denial(policies, action, resource, {**known, **(context or {})})
            if len(decisions) >= _MOST_DECISIONS:
                decisions.clear()
            decisions[asked] = found
        reason = decisions[asked]
        if reason is not None:
            raise AwsError(
                "AccessDeniedException",
                f"User: {caller.arn} is not authorized to perform: {action} on resource: "
                f"{resource} {reason}",
                403,
                message_key="Message",
            )

    async def _policies_of(self, caller: Principal) -> Policies:
        kept = self._policies
        if caller not in kept:
            kind, *_, name = caller.source_arn.split(":")[5].split("/")
            kept[caller] = await self._read(kind.capitalize(), name, caller.session_policy)
        return kept[caller]

    async def _read(self, kind: str, name: str, session_policy: str | None) -> Policies:
        """The documents of a `Role` or a `User`; one that is gone has none."""
        limits = {}
        try:
            own = await self._documents(kind, name)
            if kind == "User":
                for group in (await self._ask("ListGroupsForUser", UserName=name))["Groups"]:
                    own += await self._documents("Group", group["GroupName"])
            found = (await self._ask(f"Get{kind}", **{f"{kind}Name": name}))[kind]
            if bound := found.get("PermissionsBoundary"):
                arn = bound["PermissionsBoundaryArn"]
                limits["permissions boundary"] = [await self._managed(arn)]
        except AwsError as error:
            if error.code != "NoSuchEntity":
                raise
            own = []
        if session_policy is not None:
            limits["session policy"] = [json.loads(session_policy)]
        return Policies(own, limits)

    async def _documents(self, kind: str, name: str) -> list[Document]:
        """Inline and managed policies of a role, a user or a group."""
        of = {f"{kind}Name": name}
        inline = (await self._ask(f"List{kind}Policies", **of))["PolicyNames"]
        attached = (await self._ask(f"ListAttached{kind}Policies", **of))["AttachedPolicies"]
        answers = [await self._ask(f"Get{kind}Policy", **of, PolicyName=each) for each in inline]
        own = [_document(answer["PolicyDocument"]) for answer in answers]
        return own + [await self._managed(each["PolicyArn"]) for each in attached]

    async def _managed(self, arn: str) -> Document:
        version = (await self._ask("GetPolicy", PolicyArn=arn))["Policy"]["DefaultVersionId"]
        answer = await self._ask("GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return _document(answer["PolicyVersion"]["Document"])

    async def _ask(self, operation: str, **parameters: str) -> dict[str, Any]:
        return await self._call("iam", operation, parameters, self._root)


def _document(text: str) -> Document:
    document: Document = json.loads(unquote(text))
    return document
