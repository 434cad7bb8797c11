"""What an interrupted deployment left: a lock, and calls to AWS whose end nobody saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml
from console.errors import UsageError

from deploy import names
from deploy.engine import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.changes import Say
    from deploy.project import Project

    State = dict[str, Any]

_FUNCTION = "aws:lambda/function:Function"
# The provider never reads it back and compares it all the same, so any other value makes the next
# deployment send the code again, and publish. Without that a function that was changed, and not
# yet published, would look complete.
_UNPUBLISHED = {"sourceCodeHash": "interrupted"}


@dataclass(frozen=True, slots=True)
class Pending:
    """A call to AWS whose end is not in the state."""

    doing: str
    """`creating`, `updating`, `deleting` or `reading`."""
    resource: dict[str, Any]

    @property
    def type(self) -> str:
        """The resource's type."""
        return str(self.resource["type"])

    @property
    def in_aws(self) -> bool:
        """Whether it is more than the state's own: neither a component nor a provider."""
        return self.type.startswith("aws:")

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return str(self.resource["urn"])

    def __str__(self) -> str:
        return f"{self.doing} {self.type.rpartition(':')[2]} {self.urn.rpartition('::')[2]}"


def recover(project: Project, name: str, agreed: Callable[[], bool], say: Say) -> int:
    """Mend what an interrupted deployment left: 0 done or nothing to do, 1 not agreed to.

    What was made and not recorded is taken into the state by its name; nothing in AWS is changed.
    A deployment afterwards completes the rest.
    """
    region = yaml.safe_load(project.stack_file(name).read_text("utf-8"))["config"]["aws:region"]
    with opened(project, name) as stack:
        if not stack.exists:
            say(f"Stack '{name}' was never deployed: there is nothing to recover.")
            return 0
        lock, found = stack.lock(), pending(stack.state())
        if not lock and not found:
            say(f"Stack '{name}' is not locked and nothing is pending.")
            return 0
        _refuse_nameless(found)
        if lock:
            say(f"Locked: {lock}")
        for one in found:
            say(f"Pending: {one}")
        if not agreed():
            say("Nothing was changed.")
            return 1
        if lock:
            stack.unlock()
            say("The lock is taken away.")
        if found:
            seen = stack.mend(region, say)
            gone = {
                (change.type, change.name) for change in seen.found if change.operation == "delete"
            }
            for one in found:
                say(_outcome(one, gone))
    say(f"Complete it by `{project.command('deploy', name)}`.")
    return 0


def pending(state: State) -> list[Pending]:
    """Return the calls whose end the state does not have.

    A function whose update was refused half-way is one too: the provider records all of it as done,
    so that without a change nothing would be published.
    """
    operations = state.get("pending_operations") or []
    killed = [Pending(operation["type"], operation["resource"]) for operation in operations]
    refused = [
        Pending("updating", resource)
        for resource in state.get("resources") or []
        if resource["type"] == _FUNCTION and resource.get("initErrors")
    ]
    return [*killed, *refused]


def mended(state: State, region: str) -> State:
    """Return the state with all that may have been made: a refresh drops what was not."""
    open_ = pending(state)
    again = {one.urn for one in open_ if one.type == _FUNCTION}
    making = {one.urn for one in open_ if one.doing == "creating"}
    kept = [
        _unpublished(resource) if resource["urn"] in again else resource
        for resource in state.get("resources") or []
        # Deleted already, and kept until what replaces it is made.
        if not (resource.get("pendingReplacement") and resource["urn"] in making)
    ]
    recorded = {resource["urn"] for resource in kept}
    # What has the name may be another's: with a new title a resource is made before the old goes.
    taken = {(resource["type"], resource.get("id")) for resource in kept}
    made = [
        _recorded(one, id_)
        for one in open_
        if one.doing == "creating"
        and one.in_aws
        and one.urn not in recorded
        and (id_ := names.find(one.type, one.resource["inputs"], region))
        and (one.type, id_) not in taken
    ]
    return {**state, "resources": [*kept, *made], "pending_operations": []}


def _recorded(one: Pending, id_: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    outputs = {**one.resource["inputs"], "id": id_}
    whole = {**one.resource, "id": id_, "outputs": outputs, "created": now, "modified": now}
    return _unpublished(whole) if one.type == _FUNCTION else whole


def _unpublished(function: dict[str, Any]) -> dict[str, Any]:
    """The function as if its code were another's."""
    return {
        **function,
        "initErrors": [],
        "inputs": function["inputs"] | _UNPUBLISHED,
        "outputs": function["outputs"] | _UNPUBLISHED,
    }


def _outcome(one: Pending, gone: set[tuple[str, str]]) -> str:
    if not one.in_aws:
        end = "not in AWS, so the next deployment sees to it"
    elif (one.type, one.urn.rpartition("::")[2]) in gone:
        end = "AWS has none"
    else:
        end = "recorded as AWS has it"
    return f"{str(one).partition(' ')[2]}: {end}"


def _refuse_nameless(found: list[Pending]) -> None:
    for one in found:
        if one.doing == "creating" and one.in_aws and not names.known(one.type):
            raise UsageError(
                f"'{one}' was interrupted, and a {one.type} cannot be found by its name: see in "
                "AWS whether it is there, then `pulumi import` it, or "
                "`pulumi refresh --clear-pending-creates`."
            )
