"""IAM: policies that exist and have one version, documents that are JSON, lists page by page.

Source: IAM API Reference, and botocore's service model, of the operations named.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from emulator.corrections.query_service import QueryCall, QueryService, element
from emulator.corrections.serving import RefusedError, is_object
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from xml.etree.ElementTree import Element

    from emulator.clock import Clock
    from emulator.corrections.serving import Serve

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_PAGE = 100
"""Items of a list, unless told otherwise."""
_MOST = 1000


def corrected(serve: Serve, _: Clock) -> Serve:
    """IAM with its corrections."""
    return QueryService(serve, _NAMESPACE, _operation)


def _operation(action: str) -> Callable[[QueryCall], Awaitable[Element]] | None:
    return paged if action.startswith("List") else _OPERATIONS.get(action)


async def with_trust_policy(call: QueryCall) -> Element:
    """A trust policy is a JSON object; CreateRole, UpdateAssumeRolePolicy."""
    document = call.given.get("AssumeRolePolicyDocument") or call.given.get("PolicyDocument", "")
    if not is_object(document):
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
    return await call.stored()


async def attach(call: QueryCall) -> Element:
    """A policy that is attached exists; AttachRolePolicy and its like."""
    arn = call.given["PolicyArn"]
    try:
        await call.stored(Action="GetPolicy", PolicyArn=arn)
    except RefusedError as refused:
        message = f"Policy {arn} does not exist or is not attachable."
        raise AwsError("NoSuchEntity", message, 404) from refused
    return await call.stored()


async def delete_policy(call: QueryCall) -> Element:
    """Its other versions are deleted first; DeletePolicy."""
    versions = await call.stored(Action="ListPolicyVersions", PolicyArn=call.given["PolicyArn"])
    if len(versions.findall(".//{*}member")) > 1:
        raise AwsError(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy.",
            409,
        )
    return await call.stored()


async def set_default_version(call: QueryCall) -> Element:
    """Another version becomes the one in force; SetDefaultPolicyVersion."""
    arn, chosen = call.given["PolicyArn"], call.given["VersionId"]
    await call.stored(Action="GetPolicyVersion", PolicyArn=arn, VersionId=chosen)
    stored: Any = importlib.import_module("ministack.services.iam")
    policy = stored._policies[arn]  # noqa: SLF001 - it has no operation that does it
    for name, version in policy["Versions"].items():
        version["IsDefaultVersion"] = name == chosen
    policy["DefaultVersionId"] = chosen
    return element("SetDefaultPolicyVersionResponse", _NAMESPACE)


async def paged(call: QueryCall) -> Element:
    """A list has pages of MaxItems, and a Marker for the next one."""
    answer = await call.stored()
    lists = [child for child in answer[0] if len(child) and child[0].tag.endswith("}member")]
    if len(lists) != 1:
        return answer
    start, size = _page(call.given)
    members = list(lists[0])
    for member in [*members[:start], *members[start + size :]]:
        lists[0].remove(member)
    if start + size < len(members):
        for truncated in answer[0].findall("{*}IsTruncated"):
            truncated.text = "true"
        marker = element("Marker", _NAMESPACE)
        marker.text = str(start + size)
        answer[0].append(marker)
    return answer


def _page(given: dict[str, str]) -> tuple[int, int]:
    start, size = given.get("Marker", "0"), given.get("MaxItems", str(_PAGE))
    if not start.isdecimal():
        raise AwsError("ValidationError", f"Invalid Marker: {start}")
    if not size.isdecimal() or not 1 <= int(size) <= _MOST:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{size}' at 'maxItems' failed to satisfy "
            f"constraint: Member must have value between 1 and {_MOST}",
        )
    return int(start), int(size)


_OPERATIONS: dict[str, Callable[[QueryCall], Awaitable[Element]]] = {
    "CreateRole": with_trust_policy,
    "UpdateAssumeRolePolicy": with_trust_policy,
    "AttachRolePolicy": attach,
    "AttachUserPolicy": attach,
    "AttachGroupPolicy": attach,
    "DeletePolicy": delete_policy,
    "SetDefaultPolicyVersion": set_default_version,
}
