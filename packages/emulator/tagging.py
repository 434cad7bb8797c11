"""The Resource Groups Tagging API: what storage knows, and the functions and alarms of here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from emulator import refusals
from emulator.errors import AwsError
from emulator.http import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.access.permissions import Permissions
    from emulator.aws import Credentials, StorageCall
    from emulator.http import Request

Tagged = tuple[str, "Mapping[str, str]"]
"""A resource's ARN and its tags."""

_SERVICE = "resourcegroupstaggingapi"
_READ = ("GetResources", "GetTagKeys", "GetTagValues")


class TaggingService:
    """`tagging` behind the gateway; `tagged` gives the resources that are not in storage."""

    def __init__(
        self,
        call: StorageCall,
        root: Credentials,
        permissions: Permissions,
        tagged: Callable[[], Iterable[Tagged]],
    ) -> None:
        self._call = call
        self._root = root
        self._permissions = permissions
        self._tagged = tagged

    async def handle(self, request: Request) -> Response:
        """Answer `request`, refusals included."""
        try:
            answer = await self._answer(request)
        except AwsError as error:
            return refusals.answer(error, "tagging", request.headers)
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        return Response(200, json.dumps(answer).encode(), kind)

    async def _answer(self, request: Request) -> dict[str, Any]:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        await self._permissions.require(request.caller, f"tag:{operation}", "*")
        try:
            given = json.loads(request.body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", "The body is not JSON") from error
        if operation in ("TagResources", "UntagResources"):
            self._refuse_own(given)
        found = await self._call(_SERVICE, operation, given, self._root)
        answer = {name: value for name, value in found.items() if name != "ResponseMetadata"}
        if operation in _READ and not answer.get("PaginationToken"):  # the last page
            self._add(operation, given, answer)
        return answer

    def _refuse_own(self, given: Mapping[str, Any]) -> None:
        own = {arn for arn, _ in self._tagged()} & {*given.get("ResourceARNList", ())}
        if own:
            raise AwsError(
                "InvalidParameterException",
                f"{min(own)} takes its tags by its own service's TagResource in this emulator",
            )

    def _add(self, operation: str, given: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if operation == "GetResources":
            answer["ResourceTagMappingList"] += [
                {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
                for arn, tags in self._tagged()
                if tags and _wanted(arn, tags, given)
            ]
            return
        name = operation.removeprefix("GetTag")
        known = {*answer.get(f"Tag{name}", ())}
        for _, tags in self._tagged():
            known |= {*tags} if name == "Keys" else {tags.get(given.get("Key", ""), "")} - {""}
        answer[f"Tag{name}"] = sorted(known)


def _wanted(arn: str, tags: Mapping[str, str], given: Mapping[str, Any]) -> bool:
    """Whether GetResources asks for it: all filters on tags, any of the types."""
    if given.get("ResourceARNList"):
        return arn in given["ResourceARNList"]
    service, resource = arn.split(":", 5)[2::3]
    kinds = {service, f"{service}:{re.split('[:/]', resource)[0]}"}
    if given.get("ResourceTypeFilters") and not kinds & {*given["ResourceTypeFilters"]}:
        return False
    return all(
        each["Key"] in tags and tags[each["Key"]] in (each.get("Values") or tags.values())
        for each in given.get("TagFilters", ())
    )
