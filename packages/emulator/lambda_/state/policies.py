"""Resource-based policies and tags. Kept and shown; the emulator does not enforce policies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.lambda_.state import arns, refusals
from emulator.lambda_.state.functions import Policy
from emulator.lambda_.state.lifecycle import changeable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.lambda_.state.functions import Function
    from emulator.lambda_.state.registry import Registry

MAXIMUM_TAGS = 50
"""Tags on one resource (Lambda API Reference, TagResource)."""


def add_permission(
    registry: Registry, name: str, qualifier: str | None, params: Mapping[str, Any]
) -> dict[str, object]:
    """Add one statement to the policy of a function, version or alias, and return it."""
    function = registry.get(name)
    if qualifier == arns.LATEST:
        raise refusals.invalid("We currently do not support adding policies for $LATEST.")
    revision_id = _revision_id(registry, function, qualifier)
    _check_revision(params.get("RevisionId"), revision_id)
    statements = function.policies.setdefault(qualifier or "", Policy()).statements
    statement_id = params["StatementId"]
    if statement_id in statements:
        raise refusals.conflict(
            f"The statement id ({statement_id}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    statement = _statement(params, registry.home.function(name, qualifier))
    statements[statement_id] = statement
    _touch(registry, function, qualifier)
    return statement


def remove_permission(
    registry: Registry, name: str, qualifier: str | None, statement_id: str, revision_id: str | None
) -> None:
    """Remove one statement; a missing one is a 404."""
    if name not in registry.functions:
        raise refusals.not_found(f"No policy found for: {registry.home.function(name, qualifier)}")
    function = registry.get(name)
    current = _revision_id(registry, function, qualifier)
    policy = function.policies.get(qualifier or "")
    if policy is None or not policy.statements:
        raise refusals.not_found("No policy is associated with the given resource.")
    if statement_id not in policy.statements:
        raise refusals.not_found(f"Statement {statement_id} is not found in resource policy.")
    _check_revision(revision_id, current)
    del policy.statements[statement_id]
    _touch(registry, function, qualifier)


def get_policy(registry: Registry, name: str, qualifier: str | None) -> tuple[str, str]:
    """The policy as JSON text, and its revision."""
    function = registry.functions.get(name)
    policy = function.policies.get(qualifier or "") if function else None
    if policy is None or not policy.statements:
        raise refusals.not_found("The resource you requested does not exist.")
    statements = list(policy.statements.values())
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps(document), policy.revision_id


def tag(registry: Registry, resource: str, tags: Mapping[str, str]) -> None:
    """Add or replace tags; 409 while a change is under way, 400 for none or beyond the limit."""
    function = changeable(registry, _tagged(registry, resource).name)
    if not tags:
        raise refusals.invalid("An error occurred and the request cannot be processed.")
    merged = function.tags | dict(tags)
    check_tags(merged)
    function.tags = merged
    _touch_latest(registry, function)


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a resource may have."""
    if len(tags) > MAXIMUM_TAGS:
        raise refusals.invalid("Number of tags exceeds resource tag limit.")


def untag(registry: Registry, resource: str, keys: list[str]) -> None:
    """Remove tags; absent keys are no error."""
    function = _tagged(registry, resource)
    function.tags = {key: value for key, value in function.tags.items() if key not in keys}
    _touch_latest(registry, function)


def tags(registry: Registry, resource: str) -> dict[str, str]:
    """The tags of the function with this ARN."""
    return dict(_tagged(registry, resource).tags)


def _tagged(registry: Registry, resource: str) -> Function:
    if ":function:" not in resource:
        raise refusals.not_emulated("Tagging anything but a function")
    reference = arns.parse(resource)
    registry.home.require(reference)
    if reference.qualifier:
        raise refusals.invalid(
            "Tags on function aliases and versions are not supported. "
            "Please specify a function ARN."
        )
    return registry.get(reference.name)


def _statement(params: Mapping[str, Any], resource: str) -> dict[str, object]:
    condition: dict[str, dict[str, str]] = {}
    for member, operator, key in (
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ):
        if member in params:
            condition.setdefault(operator, {})[key] = params[member]
    statement: dict[str, object] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": resource,
    }
    return statement | ({"Condition": condition} if condition else {})


def _principal(principal: str) -> object:
    if principal == "*":
        return "*"
    if principal.isdecimal() and len(principal) == len("123456789012"):
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    if principal.startswith("arn:"):
        return {"AWS": principal}
    if principal.endswith((".amazonaws.com", ".amazon.com")):
        return {"Service": principal}
    raise refusals.invalid(
        "The provided principal was invalid. Please check the principal and try again."
    )


def _revision_id(registry: Registry, function: Function, qualifier: str | None) -> str:
    """The policy's revision; where there is none the function's, version's or alias's (or 404)."""
    policy = function.policies.get(qualifier or "")
    if policy is not None and policy.statements:
        return policy.revision_id
    if qualifier in function.aliases:
        return function.aliases[qualifier].revision_id
    if qualifier and not qualifier.startswith("$") and not qualifier.isdecimal():
        arn = registry.home.function(function.name, qualifier)
        if "$" in qualifier:
            raise refusals.function_not_found(arn)
        raise refusals.not_found(f"Cannot find alias arn: {arn}")
    return registry.get_version(function.name, qualifier)[1].revision_id


def _check_revision(given: str | None, current: str) -> None:
    if given and given != current:
        raise refusals.wrong_revision("GetPolicy")


def _touch(registry: Registry, function: Function, qualifier: str | None) -> None:
    """A changed policy gives its owner a new revision, though calls run the same as before."""
    revision_id = registry.new_revision_id()
    function.policies[qualifier or ""].revision_id = revision_id
    if qualifier in function.aliases:
        function.aliases[qualifier] = replace(function.aliases[qualifier], revision_id=revision_id)
    elif qualifier in function.versions:
        version = function.versions[qualifier]
        function.versions[qualifier] = replace(version, revision_id=revision_id)
        registry.notify(function.name)
    else:
        function.latest = replace(function.latest, revision_id=revision_id)


def _touch_latest(registry: Registry, function: Function) -> None:
    """Changed tags give the function a new revision, though calls run the same as before."""
    function.latest = replace(function.latest, revision_id=registry.new_revision_id())
