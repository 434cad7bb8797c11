"""The operations on what is not part of a version: concurrency, events, policies, tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.lambda_.api import descriptions
from emulator.lambda_.api.operation import Answer, Handler, Params, qualified, unqualified
from emulator.lambda_.state import event_invoke, policies, reservations

if TYPE_CHECKING:
    from emulator.lambda_.state.functions import InvokeConfig
    from emulator.lambda_.state.registry import Registry


async def _put_function_concurrency(registry: Registry, params: Params) -> Answer:
    reserved = params["ReservedConcurrentExecutions"]
    reservations.put(registry, unqualified(registry, params), reserved)
    return Answer({"ReservedConcurrentExecutions": reserved})


async def _get_function_concurrency(registry: Registry, params: Params) -> Answer:
    """An empty answer where nothing is reserved."""
    reserved = registry.get(unqualified(registry, params)).reserved_concurrency
    return Answer({} if reserved is None else {"ReservedConcurrentExecutions": reserved})


async def _delete_function_concurrency(registry: Registry, params: Params) -> Answer:
    reservations.remove(registry, unqualified(registry, params))
    return Answer()


async def _get_account_settings(registry: Registry, _: Params) -> Answer:
    return Answer(dict(reservations.account_settings(registry)))


async def _put_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """Replaces."""
    asked = qualified(registry, params)
    config = event_invoke.put(registry, asked.name, asked.qualifier, params)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def _update_event_invoke_config(registry: Registry, params: Params) -> Answer:
    """Members left out keep their values."""
    asked = qualified(registry, params)
    config = event_invoke.put(registry, asked.name, asked.qualifier, params, merge=True)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def _get_event_invoke_config(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    config = event_invoke.get(registry, asked.name, asked.qualifier)
    return Answer(descriptions.invoke_config_view(registry, asked.name, asked.qualifier, config))


async def _delete_event_invoke_config(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    event_invoke.delete(registry, asked.name, asked.qualifier)
    return Answer()


async def _list_event_invoke_configs(registry: Registry, params: Params) -> Answer:
    """ListFunctionEventInvokeConfigs of all qualifiers."""
    name = qualified(registry, params).name
    found = event_invoke.list_all(registry, name)

    def show(item: tuple[str, InvokeConfig]) -> object:
        return descriptions.invoke_config_view(registry, name, *item)

    return descriptions.page("FunctionEventInvokeConfigs", found, show, params)


async def _add_permission(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    statement = policies.add_permission(registry, asked.name, asked.qualifier, params)
    return Answer({"Statement": json.dumps(statement)})


async def _remove_permission(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    policies.remove_permission(
        registry, asked.name, asked.qualifier, params["StatementId"], params.get("RevisionId")
    )
    return Answer()


async def _get_policy(registry: Registry, params: Params) -> Answer:
    asked = qualified(registry, params)
    policy, revision_id = policies.get_policy(registry, asked.name, asked.qualifier)
    return Answer({"Policy": policy, "RevisionId": revision_id})


async def _tag_resource(registry: Registry, params: Params) -> Answer:
    policies.tag(registry, params["Resource"], params["Tags"])
    return Answer()


async def _untag_resource(registry: Registry, params: Params) -> Answer:
    policies.untag(registry, params["Resource"], params["TagKeys"])
    return Answer()


async def _list_tags(registry: Registry, params: Params) -> Answer:
    return Answer({"Tags": policies.tags(registry, params["Resource"])})


async def _get_code_signing_config(registry: Registry, params: Params) -> Answer:
    """Functions here never have one."""
    registry.get(qualified(registry, params).name)
    return Answer({})


async def _get_runtime_management_config(registry: Registry, params: Params) -> Answer:
    """AWS's default, the only mode here."""
    asked = qualified(registry, params)
    function, _ = registry.get_version(asked.name, asked.qualifier)
    arn = registry.home.function(function.name, asked.qualifier)
    return Answer({"UpdateRuntimeOn": "Auto", "FunctionArn": arn})


async def _get_recursion_config(registry: Registry, params: Params) -> Answer:
    """AWS's default, the only mode here."""
    registry.get(unqualified(registry, params))
    return Answer({"RecursiveLoop": "Terminate"})


HANDLERS: dict[str, Handler] = {
    "PutFunctionConcurrency": _put_function_concurrency,
    "GetFunctionConcurrency": _get_function_concurrency,
    "DeleteFunctionConcurrency": _delete_function_concurrency,
    "GetAccountSettings": _get_account_settings,
    "PutFunctionEventInvokeConfig": _put_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": _update_event_invoke_config,
    "GetFunctionEventInvokeConfig": _get_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": _delete_event_invoke_config,
    "ListFunctionEventInvokeConfigs": _list_event_invoke_configs,
    "AddPermission": _add_permission,
    "RemovePermission": _remove_permission,
    "GetPolicy": _get_policy,
    "TagResource": _tag_resource,
    "UntagResource": _untag_resource,
    "ListTags": _list_tags,
    "GetFunctionCodeSigningConfig": _get_code_signing_config,
    "GetRuntimeManagementConfig": _get_runtime_management_config,
    "GetFunctionRecursionConfig": _get_recursion_config,
}
