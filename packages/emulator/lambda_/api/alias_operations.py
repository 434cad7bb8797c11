"""The operations on aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, unqualified
from emulator.lambda_.state import aliases

if TYPE_CHECKING:
    from emulator.lambda_.state.registry import Registry


async def create_alias(registry: Registry, params: Params) -> Answer:
    """CreateAlias."""
    alias = aliases.create(
        registry,
        unqualified(registry, params),
        params["Name"],
        params["FunctionVersion"],
        description=params.get("Description", ""),
        weights=_weights(params),
    )
    return Answer(descriptions.alias_view(alias))


async def get_alias(registry: Registry, params: Params) -> Answer:
    """GetAlias."""
    alias = aliases.get(registry, unqualified(registry, params), params["Name"])
    return Answer(descriptions.alias_view(alias))


async def update_alias(registry: Registry, params: Params) -> Answer:
    """UpdateAlias: members left out keep their values."""
    alias = aliases.update(
        registry,
        unqualified(registry, params),
        params["Name"],
        version=params.get("FunctionVersion"),
        description=params.get("Description"),
        weights=_weights(params),
        revision_id=params.get("RevisionId"),
    )
    return Answer(descriptions.alias_view(alias))


async def delete_alias(registry: Registry, params: Params) -> Answer:
    """DeleteAlias."""
    aliases.delete(registry, unqualified(registry, params), params["Name"])
    return Answer()


async def list_aliases(registry: Registry, params: Params) -> Answer:
    """ListAliases, all or those of one version."""
    name = unqualified(registry, params)
    found = aliases.list_all(registry, name, params.get("FunctionVersion"))
    return Answer(descriptions.page(found, params).view("Aliases", descriptions.alias_view))


def _weights(params: Params) -> dict[str, float] | None:
    """The additional version's weight; `None` where the caller does not mention routing."""
    if "RoutingConfig" not in params:
        return None
    weights: dict[str, float] = params["RoutingConfig"].get("AdditionalVersionWeights", {})
    return weights


HANDLERS: dict[str, Handler] = {
    "CreateAlias": create_alias,
    "GetAlias": get_alias,
    "UpdateAlias": update_alias,
    "DeleteAlias": delete_alias,
    "ListAliases": list_aliases,
}
