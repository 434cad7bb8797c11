"""The operations on functions and their versions."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, qualified, unqualified
from emulator.lambda_.state import lifecycle, policies, refusals

if TYPE_CHECKING:
    from emulator.lambda_.state.code import Code
    from emulator.lambda_.state.functions import StoredVersion
    from emulator.lambda_.state.registry import Registry

MAXIMUM_NAME = 64
"""Of the bare name (Lambda API Reference, CreateFunction); the model allows for whole ARNs."""


async def _create_function(registry: Registry, params: Params) -> Answer:
    """Code from `ZipFile`."""
    name = unqualified(registry, params)
    if len(name) > MAXIMUM_NAME:
        raise refusals.invalid(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {MAXIMUM_NAME}"
        )
    if not params.get("Runtime") or not params.get("Handler"):
        raise refusals.invalid(
            "Runtime and Handler are mandatory parameters for functions created with "
            "deployment packages."
        )
    policies.check_tags(params.get("Tags", {}))
    code = await _code(registry, params["Code"])
    return _shown(registry, lifecycle.create(registry, name, code, params))


async def _get_function(registry: Registry, params: Params) -> Answer:
    """Configuration, where the code lies, tags and reserved concurrency."""
    asked = qualified(registry, params)
    function, version = registry.get_version(asked.name, asked.qualifier)
    body: dict[str, object] = {
        "Configuration": descriptions.configuration(registry, function, version, asked.qualifier),
        "Code": {"RepositoryType": "S3", "Location": registry.links.new(version.task_root)},
    }
    if function.tags:
        body["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        body["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
    return Answer(body)


async def _get_function_configuration(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    function, version = registry.get_version(asked.name, asked.qualifier)
    return Answer(descriptions.configuration(registry, function, version, asked.qualifier))


async def _update_function_code(registry: Registry, params: Params) -> Answer:
    """Code from `ZipFile`."""
    name = unqualified(registry, params)
    lifecycle.changeable(registry, name, params.get("RevisionId"))  # before the costly part
    code = await _code(registry, params)
    return _shown(registry, lifecycle.update_code(registry, name, code, params))


async def _update_function_configuration(registry: Registry, params: Params) -> Answer:
    """Members left out keep their values."""
    name = unqualified(registry, params)
    return _shown(registry, lifecycle.update_configuration(registry, name, params))


async def _publish_version(registry: Registry, params: Params) -> Answer:
    if params.get("PublishTo"):
        raise refusals.not_emulated("The parameter PublishTo")
    version = lifecycle.publish(registry, unqualified(registry, params), params)
    return _shown(registry, version)


async def _list_versions_by_function(registry: Registry, params: Params) -> Answer:
    """`$LATEST` first, then by number."""
    function = registry.get(qualified(registry, params).name)
    versions = [function.latest, *function.versions.values()]
    return descriptions.page(
        "Versions", versions, partial(descriptions.version_entry, registry), params
    )


async def _list_functions(registry: Registry, params: Params) -> Answer:
    """ListFunctions by name, with `FunctionVersion=ALL` every version of each."""
    functions = [registry.get(name) for name in sorted(registry.functions)]
    if params.get("FunctionVersion") == "ALL":
        versions = [v for f in functions for v in (f.latest, *f.versions.values())]
        entry = partial(descriptions.version_entry, registry)
        return descriptions.page("Functions", versions, entry, params)
    latest = [function.latest for function in functions]
    return descriptions.page("Functions", latest, descriptions.listed_configuration, params)


async def _delete_function(registry: Registry, params: Params) -> Answer:
    """All of it, or the version that the qualifier names."""
    asked = qualified(registry, params)
    lifecycle.delete(registry, asked.name, asked.qualifier)
    return Answer(status=204)  # as recorded; the model's 200 is for functions that end slowly


async def _code(registry: Registry, source: dict[str, Any]) -> Code:
    if "ZipFile" in source:
        # On a thread: unzipping up to 250 MB must not hold up invocations.
        return await asyncio.to_thread(registry.code.unpack, source["ZipFile"])
    for member in ("S3Bucket", "S3Key", "ImageUri"):
        if member in source:
            raise refusals.not_emulated(f"Code from {member} (send the zip in ZipFile)")
    raise refusals.invalid("Please provide a source for function code.")


def _shown(registry: Registry, version: StoredVersion) -> Answer:
    function = registry.functions[version.function_name]
    return Answer(descriptions.configuration(registry, function, version))


HANDLERS: dict[str, Handler] = {
    "CreateFunction": _create_function,
    "GetFunction": _get_function,
    "GetFunctionConfiguration": _get_function_configuration,
    "UpdateFunctionCode": _update_function_code,
    "UpdateFunctionConfiguration": _update_function_configuration,
    "PublishVersion": _publish_version,
    "ListVersionsByFunction": _list_versions_by_function,
    "ListFunctions": _list_functions,
    "DeleteFunction": _delete_function,
}
