"""Creating, changing, publishing and deleting functions."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.lambda_.state import arns, refusals, settings
from emulator.lambda_.state.functions import Function, PublishedFrom, StoredVersion, same_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.lambda_.state.code import Code
    from emulator.lambda_.state.registry import Registry

CREATING = "The function is being created."
"""AWS's reason both for `Pending` and, oddly, for an update in progress."""


def create(registry: Registry, name: str, code: Code, params: Mapping[str, Any]) -> StoredVersion:
    """A new function, `Pending`; where it is published too the answer says the version's number.

    All else in that answer is `$LATEST`'s, as recorded: the ARN without a qualifier, the revision.
    Raises `AwsError`: 409 where the name is taken, else as `settings.changes`.
    """
    if name in registry.functions:
        raise refusals.conflict(f"Function already exist: {name}")
    arn = registry.home.function(name)
    blank = _blank(name, arn, code)
    latest = _stamped(registry, replace(blank, **settings.changes(params, blank)))
    function = Function(name, arn, latest, tags=dict(params.get("Tags", {})))
    registry.functions[name] = function
    registry.begin_change(function)
    if not params.get("Publish"):
        return latest
    return replace(latest, version=_publish(registry, function, pending=True).version)


def update_code(
    registry: Registry, name: str, code: Code, params: Mapping[str, Any]
) -> StoredVersion:
    """New code for `$LATEST`; calls run the old until the change has settled."""
    function = changeable(registry, name, params.get("RevisionId"))
    changed = settings.changes(params, function.latest) | _code_fields(code)
    if params.get("DryRun"):
        return replace(function.latest, **changed)
    _apply(registry, function, changed)
    publish = params.get("Publish")
    return _publish(registry, function, pending=True) if publish else function.latest


def update_configuration(registry: Registry, name: str, params: Mapping[str, Any]) -> StoredVersion:
    """New settings for `$LATEST`; even an update that changes nothing takes its time."""
    function = changeable(registry, name, params.get("RevisionId"))
    _apply(registry, function, settings.changes(params, function.latest))
    return function.latest


def publish(registry: Registry, name: str, params: Mapping[str, Any]) -> StoredVersion:
    """Freeze `$LATEST` under the next number, or return the last version if nothing changed.

    Raises `AwsError`: 409 while a change is under way, 412 for another revision, 400 for other
    code than expected.
    """
    function = changeable(registry, name, params.get("RevisionId"))
    current, code_sha256 = function.latest.code_sha256, params.get("CodeSha256")
    if code_sha256 and code_sha256 != current:
        raise refusals.invalid(
            f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST "
            f"({current}). Please try again with the CodeSHA256 in $LATEST."
        )
    return _publish(registry, function, description=params.get("Description"))


def delete(registry: Registry, name: str, qualifier: str | None) -> None:
    """Delete a function with all its versions and aliases, or only one published version."""
    if qualifier == arns.LATEST:
        raise refusals.invalid("$LATEST version cannot be deleted without deleting the function.")
    function = registry.get(name)
    if qualifier is None:
        del registry.functions[name]
        registry.notify(name)
        return
    if not qualifier.isdecimal():
        raise refusals.invalid("Deletion of aliases is not currently supported.")
    users = sorted(a.name for a in function.aliases.values() if qualifier in a.versions())
    if users:
        raise refusals.conflict(
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(users)}]"
        )
    if function.versions.pop(qualifier, None):  # an unknown number is not an error
        function.pending.discard(qualifier)
        registry.notify(name)


def changeable(registry: Registry, name: str, revision_id: str | None = None) -> Function:
    """The function, if no change is under way (else 409) and at that revision (else 412)."""
    function = registry.get(name)
    if function.running is None:
        raise refusals.conflict(
            "The operation cannot be performed at this time. "
            "The function is currently in the following state: Pending"
        )
    if function.settles_at is not None:
        raise refusals.conflict(
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {function.arn}"
        )
    if revision_id and revision_id != function.latest.revision_id:
        raise refusals.wrong_revision()
    return function


def state(function: Function, version: StoredVersion) -> dict[str, str]:
    """The members of FunctionConfiguration that tell a version's state."""
    latest = version.version == arns.LATEST
    unmade = function.pending | function.snapshots.keys()
    if version.version in unmade or (latest and function.running is None):
        return {"State": "Pending", "StateReason": CREATING, "StateReasonCode": "Creating"}
    if latest and function.settles_at is not None:
        return {
            "State": "Active",
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": CREATING,
            "LastUpdateStatusReasonCode": "Creating",
        }
    return {"State": "Active", "LastUpdateStatus": "Successful"}


def _apply(registry: Registry, function: Function, changed: dict[str, Any]) -> None:
    function.latest = _stamped(registry, replace(function.latest, **changed))
    registry.begin_change(function)


def _publish(
    registry: Registry,
    function: Function,
    *,
    description: str | None = None,
    pending: bool = False,
) -> StoredVersion:
    last = function.published_from
    if last and last.number in function.versions and same_content(last.content, function.latest):
        return function.versions[last.number]
    number = registry.next_number(function.name)
    version = replace(
        function.latest,
        version=number,
        arn=registry.home.function(function.name, number),
        revision_id=registry.new_revision_id(),
        description=function.latest.description if description is None else description,
    )
    function.versions[number] = version
    if version.snap_start:
        function.snapshots[number] = registry.clock.now() + registry.settle_seconds
    function.published_from = PublishedFrom(function.latest, number)
    if pending:
        function.pending.add(number)
    else:  # publishing gives `$LATEST` a new revision, though calls run the same as before
        revision_id = registry.new_revision_id()
        function.latest = replace(function.latest, revision_id=revision_id)
    return version


def _blank(name: str, arn: str, code: Code) -> StoredVersion:
    """A function with Lambda's defaults: 3 s, 128 MB, a log group of its own."""
    return StoredVersion(
        function_name=name,
        version=arns.LATEST,
        arn=arn,
        revision_id="",
        handler="",
        runtime="",
        role_arn="",
        timeout_seconds=3,
        memory_mb=128,
        log_group=f"/aws/lambda/{name}",
        **_code_fields(code),
    )


def _code_fields(code: Code) -> dict[str, Any]:
    return {"code_sha256": code.sha256, "code_size": code.size, "task_root": code.root}


def _stamped(registry: Registry, version: StoredVersion) -> StoredVersion:
    seconds, fraction = divmod(registry.clock.now(), 1)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return replace(
        version,
        revision_id=registry.new_revision_id(),
        last_modified=f"{moment}.{int(fraction * 1000):03d}+0000",
    )
