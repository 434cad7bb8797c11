"""The operations on functions and their versions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, qualified, unqualified
from emulator.lambda_.state import arns, lifecycle, policies, refusals

if TYPE_CHECKING:
    from emulator.lambda_.state.code import Code
    from emulator.lambda_.state.functions import StoredVersion
    from emulator.lambda_.state.registry import Registry

MAXIMUM_NAME = 64
"""Of the bare name (Lambda API Reference, CreateFunction); the model allows for whole ARNs."""


async def create_function(registry: Registry, params: Params) -> Answer:
    """CreateFunction, code from `ZipFile`."""
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
    version = lifecycle.create(registry, name, code, params, publish=params.get("Publish", False))
    return _shown(registry, version)


async def get_function(registry: Registry, params: Params) -> Answer:
    """GetFunction: configuration, where the code lies, tags and reserved concurrency."""
    asked = qualified(registry, params)
    function, version = registry.get_version(asked.name, asked.qualifier)
    body: dict[str, object] = {
        "Configuration": descriptions.configuration(registry, function, version, asked.qualifier),
        "Code": {"RepositoryType": "S3", "Location": version.task_root.absolute().as_uri()},
    }
    if function.tags:
        body["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        body["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
    return Answer(body)


async def get_function_configuration(registry: Registry, params: Params) -> Answer:
    """GetFunctionConfiguration."""
    asked = qualified(registry, params)
    function, version = registry.get_version(asked.name, asked.qualifier)
    return Answer(descriptions.configuration(registry, function, version, asked.qualifier))


async def update_function_code(registry: Registry, params: Params) -> Answer:
    """UpdateFunctionCode, code from `ZipFile`."""
    name = unqualified(registry, params)
    lifecycle.changeable(registry, name, params.get("RevisionId"))  # before the costly part
    version = lifecycle.update_code(
        registry,
        name,
        await _code(registry, params),
        params,
        revision_id=params.get("RevisionId"),
        publish=params.get("Publish", False),
        dry_run=params.get("DryRun", False),
    )
    return _shown(registry, version)


async def update_function_configuration(registry: Registry, params: Params) -> Answer:
    """UpdateFunctionConfiguration: members left out keep their values."""
    name = unqualified(registry, params)
    version = lifecycle.update_configuration(
        registry, name, params, revision_id=params.get("RevisionId")
    )
    return _shown(registry, version)


async def publish_version(registry: Registry, params: Params) -> Answer:
    """PublishVersion."""
    if params.get("PublishTo"):
        raise refusals.not_emulated("The parameter PublishTo")
    version = lifecycle.publish(
        registry,
        unqualified(registry, params),
        description=params.get("Description"),
        code_sha256=params.get("CodeSha256"),
        revision_id=params.get("RevisionId"),
    )
    return _shown(registry, version)


async def list_versions_by_function(registry: Registry, params: Params) -> Answer:
    """ListVersionsByFunction: `$LATEST` first, then by number."""
    function = registry.get(qualified(registry, params).name)
    versions = [function.latest, *function.versions.values()]
    page = descriptions.page(versions, params)
    return Answer(
        page.view("Versions", lambda version: descriptions.version_entry(registry, version))
    )


async def list_functions(registry: Registry, params: Params) -> Answer:
    """ListFunctions by name, with `FunctionVersion=ALL` every version of each."""
    functions = [registry.get(name) for name in sorted(registry.functions)]
    if params.get("FunctionVersion") == "ALL":
        versions = [v for f in functions for v in (f.latest, *f.versions.values())]
        page = descriptions.page(versions, params)
        return Answer(page.view("Functions", lambda v: descriptions.version_entry(registry, v)))
    page = descriptions.page([function.latest for function in functions], params)
    return Answer(page.view("Functions", descriptions.listed_configuration))


async def delete_function(registry: Registry, params: Params) -> Answer:
    """DeleteFunction: all of it, or the version that the qualifier names."""
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
    qualifier = None if version.version == arns.LATEST else version.version
    return Answer(descriptions.configuration(registry, function, version, qualifier))


HANDLERS: dict[str, Handler] = {
    "CreateFunction": create_function,
    "GetFunction": get_function,
    "GetFunctionConfiguration": get_function_configuration,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
    "PublishVersion": publish_version,
    "ListVersionsByFunction": list_versions_by_function,
    "ListFunctions": list_functions,
    "DeleteFunction": delete_function,
}
