"""The Lambda API: invocations to the data plane, everything else to the control plane."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.lambda_.api import rest_json
from emulator.lambda_.state import code_links

if TYPE_CHECKING:
    from emulator.access.permissions import Permissions
    from emulator.http import Request, Response
    from emulator.lambda_.api.control import ControlPlane
    from emulator.lambda_.api.invoke import Invoker

_INVOCATION = re.compile(r"/2015-03-31/functions/(.+)/invocations/?")
_LEGACY = re.compile(r"/2014-11-13/functions/(.+)/invoke-async/?")


class LambdaService:
    """Lambda behind the gateway."""

    def __init__(self, invoker: Invoker, control: ControlPlane, permissions: Permissions) -> None:
        self._invoker = invoker
        self._control = control
        self._permissions = permissions

    async def handle(self, request: Request) -> Response:
        """Answer `request`, refusals included."""
        try:
            return await self._answer(request)
        except AwsError as error:
            return rest_json.error_response(error)

    async def _answer(self, request: Request) -> Response:
        if request.path.startswith(code_links.PATH):
            return await asyncio.to_thread(self._control.registry.links.answer, request.path)
        if request.caller is not None:
            for needed in await self._control.permissions(request):
                await self._permissions.require(
                    request.caller, needed.action, needed.resource, needed.context
                )
        if request.method == "POST":
            found = _INVOCATION.fullmatch(request.path)
            if found:
                return await self._invoker.handle(found[1], request)
            found = _LEGACY.fullmatch(request.path)
            if found:
                return await self._invoker.handle_legacy(found[1], request)
        return await self._control.handle(request)
