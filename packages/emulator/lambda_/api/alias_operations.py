"""The operations on aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, unqualified
from emulator.lambda_.state import aliases

if TYPE_CHECKING:
    from emulator.lambda_.state.registry import Registry


async def _create(registry: Registry, params: Params) -> Answer:
    alias = aliases.create(registry, unqualified(registry, params), params)
    return Answer(descriptions.alias_view(alias))


async def _get(registry: Registry, params: Params) -> Answer:
    alias = aliases.get(registry, unqualified(registry, params), params["Name"])
    return Answer(descriptions.alias_view(alias))


async def _update(registry: Registry, params: Params) -> Answer:
    alias = aliases.update(registry, unqualified(registry, params), params)
    return Answer(descriptions.alias_view(alias))


async def _delete(registry: Registry, params: Params) -> Answer:
    aliases.delete(registry, unqualified(registry, params), params["Name"])
    return Answer()


async def _list(registry: Registry, params: Params) -> Answer:
    name = unqualified(registry, params)
    found = aliases.list_all(registry, name, params.get("FunctionVersion"))
    return descriptions.page("Aliases", found, descriptions.alias_view, params)


HANDLERS: dict[str, Handler] = {
    "CreateAlias": _create,
    "GetAlias": _get,
    "UpdateAlias": _update,
    "DeleteAlias": _delete,
    "ListAliases": _list,
}
