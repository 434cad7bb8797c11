"""The operations on what is not part of a version: concurrency, events, policies, tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, qualified, unqualified
from emulator.lambda_.state import event_invoke, policies, reservations

if TYPE_CHECKING:
    from emulator.lambda_.state.registry import Registry


async def put_function_concurrency(registry: Registry, params: Params) -> Answer:
    """PutFunctionConcurrency."""
    reserved = params["ReservedConcurrentExecutions"]
    reservations.put(registry, unqualified(registry, params), reserved)
    return Answer({"ReservedConcurrentExecutions": reserved})


async def get_function_concurrency(registry: Registry, params: Params) -> Answer:
    """GetFunctionConcurrency: an empty answer where nothing is reserved."""
    reserved = registry.get(unqualified(registry, params)).reserved_concurrency
    return Answer({} if reserved is None else {"ReservedConcurrentExecutions": reserved})


async def delete_function_concurrency(registry: Registry, params: Params) -> Answer:
    """DeleteFunctionConcurrency."""
    reservations.remove(registry, unqualified(registry, params))
    return Answer()


async def get_account_settings(registry: Registry, _: Params) -> Answer:
    """GetAccountSettings."""
    return Answer(dict(reservations.account_settings(registry)))


async def put_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """PutFunctionEventInvokeConfig: replaces."""
    asked = qualified(registry, params)
    config = event_invoke.put(registry, asked.name, asked.qualifier, params)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def update_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """UpdateFunctionEventInvokeConfig: members left out keep their values."""
    asked = qualified(registry, params)
    config = event_invoke.put(registry, asked.name, asked.qualifier, params, merge=True)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def get_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """GetFunctionEventInvokeConfig."""
    asked = qualified(registry, params)
    config = event_invoke.get(registry, asked.name, asked.qualifier)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def delete_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """DeleteFunctionEventInvokeConfig."""
    asked = qualified(registry, params)
    event_invoke.delete(registry, asked.name, asked.qualifier)
    return Answer()


async def list_event_invoke_configs(registry: Registry, params: Params) -> Answer:
    """ListFunctionEventInvokeConfigs of all qualifiers."""
    name = qualified(registry, params).name
    page = descriptions.page(event_invoke.list_all(registry, name), params)
    return Answer(
        page.view(
            "FunctionEventInvokeConfigs",
            lambda item: descriptions.invoke_config_view(registry, name, *item),
        )
    )


async def add_permission(registry: Registry, params: Params) -> Answer:
    """AddPermission."""
    asked = qualified(registry, params)
    statement = policies.add_permission(registry, asked.name, asked.qualifier, params)
    return Answer({"Statement": json.dumps(statement)})


async def remove_permission(registry: Registry, params: Params) -> Answer:
    """RemovePermission."""
    asked = qualified(registry, params)
    policies.remove_permission(
        registry, asked.name, asked.qualifier, params["StatementId"], params.get("RevisionId")
    )
    return Answer()


async def get_policy(registry: Registry, params: Params) -> Answer:
    """GetPolicy."""
    asked = qualified(registry, params)
    policy, revision_id = policies.get_policy(registry, asked.name, asked.qualifier)
    return Answer({"Policy": policy, "RevisionId": revision_id})


async def tag_resource(registry: Registry, params: Params) -> Answer:
    """TagResource."""
    policies.tag(registry, params["Resource"], params["Tags"])
    return Answer()


async def untag_resource(registry: Registry, params: Params) -> Answer:
    """UntagResource."""
    policies.untag(registry, params["Resource"], params["TagKeys"])
    return Answer()


async def list_tags(registry: Registry, params: Params) -> Answer:
    """ListTags."""
    return Answer({"Tags": policies.tags(registry, params["Resource"])})


async def get_code_signing_config(registry: Registry, params: Params) -> Answer:
    """GetFunctionCodeSigningConfig: functions here never have one."""
    registry.get(qualified(registry, params).name)
    return Answer({})


async def get_runtime_management_config(registry: Registry, params: Params) -> Answer:
    """GetRuntimeManagementConfig: AWS's default, the only mode here."""
    asked = qualified(registry, params)
    function, _ = registry.get_version(asked.name, asked.qualifier)
    arn = registry.home.function(function.name, asked.qualifier)
    return Answer({"UpdateRuntimeOn": "Auto", "FunctionArn": arn})


async def get_recursion_config(registry: Registry, params: Params) -> Answer:
    """GetFunctionRecursionConfig: AWS's default, the only mode here."""
    registry.get(unqualified(registry, params))
    return Answer({"RecursiveLoop": "Terminate"})


HANDLERS: dict[str, Handler] = {
    "PutFunctionConcurrency": put_function_concurrency,
    "GetFunctionConcurrency": get_function_concurrency,
    "DeleteFunctionConcurrency": delete_function_concurrency,
    "GetAccountSettings": get_account_settings,
    "PutFunctionEventInvokeConfig": put_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": update_event_invoke_config,
    "GetFunctionEventInvokeConfig": get_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": delete_event_invoke_config,
    "ListFunctionEventInvokeConfigs": list_event_invoke_configs,
    "AddPermission": add_permission,
    "RemovePermission": remove_permission,
    "GetPolicy": get_policy,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTags": list_tags,
    "GetFunctionCodeSigningConfig": get_code_signing_config,
    "GetRuntimeManagementConfig": get_runtime_management_config,
    "GetFunctionRecursionConfig": get_recursion_config,
}
