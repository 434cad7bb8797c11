"""Taking a stack's state to another backend, and taking a stack down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

from deploy import recovery
from deploy.engine import opened
from deploy.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.changes import Say
    from deploy.project import Project


def move(project: Project, name: str, to: str, say: Say) -> int:
    """Copy the state to the backend `to` (a URL), and hold that it arrived: 0 done.

    The old one stays as it is. Raises UsageError where the new backend knows the stack already, or
    something is pending.
    """
    with opened(project, name) as source, opened(project, name, backend=to) as target:
        if not source.exists:
            raise UsageError(f"Stack '{name}' was never deployed: there is nothing to move.")
        if held := source.lock():
            raise LockedError(held)
        state = source.state()
        if recovery.pending(state):
            command = project.command("recover", name)
            raise UsageError(f"Something is pending: run `{command}` first.")
        if target.exists and target.state().get("resources"):
            raise UsageError(f"{to} has a stack '{name}' already: nothing was changed.")
        target.create()
        target.replace_state(state)
        count = len(state.get("resources") or ())
        if len(target.state().get("resources") or ()) != count:
            raise UsageError(f"{to} did not take all of {count} resources: stay where you are.")
    say(f"{count} resources are recorded there now: set PULUMI_BACKEND_URL to {to}.")
    say(f"The old state is left. Once drift ends with 0: `pulumi stack rm --force {name}`.")
    return 0


def destroy(project: Project, name: str, agreed: Callable[[], bool], say: Say) -> int:
    """Delete all but what is guarded, and what that needs: 0 done, 1 not agreed to.

    Deployed anew, the stack takes what was left.
    """
    with opened(project, name) as stack:
        if not stack.exists:
            say(f"Stack '{name}' was never deployed: there is nothing to destroy.")
            return 0
        if not agreed():
            say("Nothing was changed.")
            return 1
        stack.destroy(say)
        left = [
            resource["urn"].rpartition("::")[2]
            for resource in stack.state().get("resources") or ()
            if resource.get("protect")
        ]
    say(f"Guarded, and left with what it needs: {', '.join(left)}." if left else "Nothing is left.")
    return 0
