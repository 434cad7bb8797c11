"""Aliases: names that route to one version, or by weight to two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.lambda_.state import arns, refusals
from emulator.lambda_.state.functions import Alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.lambda_.state.functions import Function, StoredVersion
    from emulator.lambda_.state.registry import Registry


def create(registry: Registry, function_name: str, params: Mapping[str, Any]) -> Alias:
    """A new alias.

    Raises `AwsError`: 404 for a missing function or version, 409 where the name is taken, 400 for
    weights that Lambda refuses.
    """
    name, version = params["Name"], params["FunctionVersion"]
    function = registry.get(function_name, version)
    arn = registry.home.function(function_name, name)
    if name in function.aliases:
        raise refusals.conflict(f"Alias already exists: {arn}")
    description, weights = params.get("Description", ""), _weights(params, {})
    alias = Alias(name, arn, version, registry.new_revision_id(), description, weights)
    _check_routing(registry, function, alias)
    function.aliases[name] = alias
    return alias


def get(registry: Registry, function_name: str, name: str) -> Alias:
    """The alias, or a 404."""
    function = registry.get(function_name)
    if name not in function.aliases:
        arn = registry.home.function(function_name, name)
        raise refusals.not_found(f"Cannot find alias arn: {arn}")
    return function.aliases[name]


def update(registry: Registry, function_name: str, params: Mapping[str, Any]) -> Alias:
    """Change what is given, keep what is not; empty weights end weighted routing.

    A compare-and-swap where a revision is given: 412 where it is not the latest. The result as
    a whole is judged before anything changes.
    """
    name, revision_id = params["Name"], params.get("RevisionId")
    function = registry.get(function_name)
    current = function.aliases.get(name)
    if current is None:
        arn = registry.home.function(function_name, name)
        raise refusals.not_found(f"Alias not found: {arn}")
    if revision_id and revision_id != current.revision_id:
        raise refusals.wrong_revision()
    updated = replace(
        current,
        function_version=params.get("FunctionVersion") or current.function_version,
        description=params.get("Description", current.description),
        weights=_weights(params, current.weights),
        revision_id=registry.new_revision_id(),
    )
    _check_routing(registry, function, updated)
    function.aliases[name] = updated
    return updated


def delete(registry: Registry, function_name: str, name: str) -> None:
    """Delete the alias; one that is absent is no error.

    Its policy goes with it; its EventInvokeConfig stays, as on AWS.
    """
    function = registry.get(function_name)
    if function.aliases.pop(name, None):
        function.policies.pop(name, None)


def list_all(registry: Registry, function_name: str, version: str | None) -> list[Alias]:
    """Aliases by name, all or those whose primary version is `version`."""
    found = registry.get(function_name).aliases.values()
    return sorted(
        (a for a in found if version in (None, a.function_version)), key=lambda alias: alias.name
    )


def _weights(params: Mapping[str, Any], otherwise: Mapping[str, float]) -> Mapping[str, float]:
    """The additional version's weight; `otherwise` where the caller does not mention routing."""
    if "RoutingConfig" not in params:
        return otherwise
    weights: dict[str, float] = params["RoutingConfig"].get("AdditionalVersionWeights", {})
    return weights


def _check_routing(registry: Registry, function: Function, alias: Alias) -> None:
    primary = _version(registry, function, alias.function_version)
    if len(alias.weights) > 1:
        raise refusals.invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    for number in alias.weights:
        if number == alias.function_version:
            raise refusals.invalid(
                f"Invalid function version {number}. Function version {number} is already "
                "included in routing configuration."
            )
        if alias.function_version == arns.LATEST:
            message = "$LATEST is not supported for an alias pointing to more than 1 version"
            refusal = refusals.invalid(message)
            refusal.members = {}  # recorded without a Type
            raise refusal
        _check_pair(primary, _version(registry, function, number))


def _check_pair(primary: StoredVersion, additional: StoredVersion) -> None:
    """Lambda Developer Guide, "weighted aliases": the same role and dead-letter target.

    AWS's words for this refusal are not recorded.
    """
    for what, one, other in (
        ("execution role", primary.role_arn, additional.role_arn),
        ("dead-letter configuration", primary.dead_letter_arn, additional.dead_letter_arn),
    ):
        if one != other:
            raise refusals.invalid(
                f"Function versions {primary.version} and {additional.version} cannot share an "
                f"alias because they differ in their {what}."
            )


def _version(registry: Registry, function: Function, number: str) -> StoredVersion:
    version = function.latest if number == arns.LATEST else function.versions.get(number)
    if version is None:
        raise refusals.function_not_found(registry.home.function(function.name, number))
    return version
