"""Lambda's control plane: every REST operation except the invocations."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.lambda_.api import (
    alias_operations,
    constraints,
    function_operations,
    rest_json,
    setting_operations,
)
from emulator.lambda_.api.routes import Routes
from emulator.lambda_.state import arns, refusals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from emulator.http import Request, Response
    from emulator.lambda_.api.operation import Handler
    from emulator.lambda_.api.routes import Call
    from emulator.lambda_.state.registry import Registry

MAXIMUM_REQUEST_BYTES = 70_167_211
"""AWS's limit for CreateFunction: a zip of the greatest size in base64 and some room."""

_UNPARSED_BYTES = 1 << 20
"""Above this a body is parsed on a thread, so that invocations go on meanwhile."""

HANDLERS: dict[str, Handler] = {
    **function_operations.HANDLERS,
    **alias_operations.HANDLERS,
    **setting_operations.HANDLERS,
}


_NAMING_A_ROLE = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})
_TO_LAMBDA = {"iam:passedtoservice": "lambda.amazonaws.com"}


@dataclass(frozen=True, slots=True)
class Needed:
    """A right that a request needs; `context` as in `Permissions.require`."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


class ControlPlane:
    """The `Service` for Lambda's management operations, judged against botocore's model.

    `require_trust` raises `AwsError` for the ARN of a role that Lambda may not assume.
    """

    def __init__(self, registry: Registry, require_trust: Callable[[str], Awaitable[None]]) -> None:
        self.registry = registry
        self._require_trust = require_trust
        self._routes = Routes()

    async def handle(self, request: Request) -> Response:
        """Answer `request`; raises `AwsError` for anything AWS would refuse.

        An operation that AWS has and the emulator has not is refused by name, with status 501.
        """
        operation, _ = self._routes.match(request)
        handler = HANDLERS.get(operation.name)
        if handler is None:
            raise refusals.not_emulated(f"The operation {operation.name}")
        if len(request.body) > MAXIMUM_REQUEST_BYTES:
            raise refusals.too_large(
                f"Request must be smaller than {MAXIMUM_REQUEST_BYTES} bytes "
                f"for the {operation.name} operation"
            )
        call = await self._read(request)
        if "Role" in call.params:
            await self._require_trust(call.params["Role"])
        answer = await handler(self.registry, call.params)
        status = answer.status or operation.http.get("responseCode", 200)
        return rest_json.json_response(status, answer.body)

    async def permissions(self, request: Request) -> list[Needed]:
        """What of IAM `request` needs, on which ARN (or `*`), the operation's own action first."""
        operation, in_path = self._routes.match(request)
        named: dict[str, Any] = dict(in_path)
        action = "InvokeFunction" if operation.name == "Invoke" else operation.name
        if operation.name in _NAMING_A_ROLE:
            named = (await self._read(request)).params
        resource = named.get("ARN") or named.get("Resource") or "*"
        if "FunctionName" in named:
            asked = arns.parse(named["FunctionName"], request.query.get("Qualifier"))
            resource = self.registry.home.function(asked.name, asked.qualifier)
        needed = [Needed(f"lambda:{action}", resource)]
        if named.get("Tags"):
            needed.append(Needed("lambda:TagResource", resource))
        if "Role" in named:
            needed.append(Needed("iam:PassRole", named["Role"], _TO_LAMBDA))
        return needed

    async def _read(self, request: Request) -> Call:
        if len(request.body) > _UNPARSED_BYTES:
            return await asyncio.to_thread(self._judge, request)
        return self._judge(request)

    def _judge(self, request: Request) -> Call:
        call = self._routes.read(request)
        shape = call.operation.input_shape
        faults = constraints.faults(shape, call.params) if shape is not None else []
        if faults:
            raise refusals.validation(*faults)
        return call
