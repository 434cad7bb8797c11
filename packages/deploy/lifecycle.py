"""Preview, deployment and comparison of one stack."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from console.checkout import ROOT
from console.errors import UsageError
from console.files import write_whole
from service import artifacts
from service import outputs as left_outputs
from service.names import stack_of

from deploy import pages, recovery, superseded
from deploy.engine import opened
from deploy.errors import LockedError, OperationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reporting.changes import Change

    from deploy.changes import Say
    from deploy.engine import Seen, Stack
    from deploy.project import Project

INCONCLUSIVE = 3
_NEVER = "It was never deployed"


def preview(project: Project, name: str, config: Mapping[str, str], say: Say) -> int:
    """Say what a deployment would change; leave STACK/preview.md in the project's outputs.

    A stack that was never deployed is previewed against an empty state of its own: who previews may
    read the backend, and no more.
    """
    page, title = project.outputs / name / "preview.md", f"Preview of `{name}`"
    try:
        _load(project, config)
        with opened(project, name, config) as stack:
            if stack.exists:
                _refuse_renamed(project, name, outputs(stack.state()))
                seen = stack.preview(say)
                return _show(page, title, _by_hand(seen), seen.changes, seen, say)
        with (
            tempfile.TemporaryDirectory(prefix="pulumi-empty-") as empty,
            opened(project, name, config, f"file://{empty}") as stack,
        ):
            stack.create()
            remark = f"{_NEVER}: everything would be created."
            seen = stack.preview(say)
            return _show(page, title, [remark], seen.changes, seen, say)
    except (UsageError, OperationError) as error:
        _failed(page, title, error)
        raise


def deploy(project: Project, name: str, config: Mapping[str, str], say: Say) -> int:
    """Deploy, and leave the stack's outputs in STACK of the project's outputs.

    Refuses a commit that a later deployment holds already, a stack in which an earlier deployment
    was interrupted, and one that was renamed.
    """
    title = f"Deployment of `{name}`"
    try:
        built = _load(project, config)
        with opened(project, name, config) as stack:
            done, left = _deploy(project, stack, built, say)
    except (UsageError, OperationError) as error:
        pages.summarise(pages.failure(title, str(error)))
        raise
    left_outputs.write(project.outputs / name, left)
    by_hand = _by_hand(done)
    pages.summarise(pages.render(title, by_hand, done.changes, done.unchanged))
    for remark in by_hand:
        say(remark)
    say(f"{len(done.changes)} changed, {done.unchanged} unchanged.")
    return 0


def _deploy(
    project: Project, stack: Stack, built: Mapping[str, artifacts.Artifact], say: Say
) -> tuple[Seen, dict[str, Any]]:
    command = project.command("recover", stack.name)
    recover = f"run `{command}`, which says what happened and repairs it"
    try:
        stack.create()
        before = outputs(_settled(stack, recover))
        _refuse_renamed(project, stack.name, before)
        for name, each in built.items():
            # A stack that was deployed before services had outputs of their own has one's.
            held = left_outputs.by_service(before).get(name, before)
            superseded.check(stack.name, each.origin.commit, held.get("commit"))
        commits = sorted({each.origin.commit for each in built.values() if each.origin.commit})
        return stack.up(say, f"commit {', '.join(commits)}" if commits else None)
    except LockedError as locked:
        raise OperationError(f"{locked}\nIf nobody is deploying, {recover}.") from None


def drift(project: Project, name: str, config: Mapping[str, str], say: Say) -> int:
    """Compare AWS with the stack's state: 0 the same, 1 drift, 3 there is nothing to compare with.

    Leaves STACK/drift.md, and the state's outputs for the release tool, in the project's outputs.
    """
    page, title = project.outputs / name / "drift.md", f"Drift of `{name}`"
    try:
        with opened(project, name, config) as stack:
            if not stack.exists or not (expected := outputs(stack.state())):
                remark = f"{_NEVER} from this backend: there is nothing to compare AWS with."
                return _inconclusive(page, title, remark, say)
            left_outputs.write(project.outputs / name, expected)
            found = stack.compare(say)
            _show(page, title, [], found.found, found, say)
            return int(bool(found.found))
    except (UsageError, OperationError) as error:
        _failed(page, title, error)
        raise


def _load(project: Project, config: Mapping[str, str]) -> Mapping[str, artifacts.Artifact]:
    if project.artifact is None:
        return {}
    return artifacts.load_all(ROOT / config.get("artifact", project.artifact))


def _settled(stack: Stack, recover: str) -> dict[str, Any]:
    """Return the state; raises where an earlier deployment, or one that still runs, is in it."""
    state = stack.state()
    if pending := recovery.pending(state):
        if held := stack.lock():
            raise LockedError(held)
        raise UsageError(
            f"A deployment of '{stack.name}' was interrupted ({', '.join(map(str, pending))}): "
            f"{recover}."
        )
    return state


def _refuse_renamed(project: Project, name: str, left: Mapping[str, Any]) -> None:
    """Raise where the last deployment was under another name, which is part of all names in AWS."""
    before = _name_before(left)
    if before not in (None, name):
        raise UsageError(
            f"Stack '{name}' was '{before}' when it was last deployed: under its new name "
            "everything would be made anew and the old deleted, its data with it. Name it as "
            f"before (`pulumi stack rename {before} --stack {name}`), deploy '{name}' beside it as "
            f"a stack of its own, and `{project.command('destroy', before)}` once nothing needs it."
        )


def _name_before(left: Mapping[str, Any]) -> str | None:
    for each in left_outputs.by_service(left).values():
        return str(each["stack"])
    # Deployed before services had outputs of their own.
    function = left.get("lambdaFunctionName")
    return stack_of(function) if function else None


def _by_hand(seen: Seen) -> list[str]:
    """Name what somebody changed in AWS, which a deployment puts back."""
    return [
        f"Changed by hand in AWS: {change.resource} ({', '.join(change.properties) or 'deleted'})."
        for change in seen.found
    ]


def _show(
    page: Path,
    title: str,
    remarks: list[str],
    changes: Sequence[Change],
    seen: Seen,
    say: Say,
) -> int:
    text = pages.render(title, remarks, changes, seen.unchanged)
    write_whole(page, text)
    pages.summarise(text)
    say(text)
    return 0


def _inconclusive(page: Path, title: str, remark: str, say: Say) -> int:
    text = f"### {title}\n\n{remark}\n"
    write_whole(page, text)
    pages.summarise(text)
    say(remark)
    return INCONCLUSIVE


def _failed(page: Path, title: str, error: Exception) -> None:
    text = pages.failure(title, str(error))
    write_whole(page, text)
    pages.summarise(text)


def outputs(state: dict[str, Any]) -> dict[str, Any]:
    """What the last deployment left, out of the state; nothing before the first."""
    for resource in state.get("resources") or ():
        if resource["type"] == "pulumi:pulumi:Stack":
            return dict(resource.get("outputs") or {})
    return {}
