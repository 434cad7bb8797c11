"""Which versions may be given traffic at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting.amounts import digest

if TYPE_CHECKING:
    from release.context import Release
    from release.outputs import Outputs

SNAPSHOT_SECONDS = 900.0
"""Longer than a snapshot takes; the AWS provider waits 10 minutes for a function."""
_LOOK_SECONDS = 8.0
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def check_number(version: str) -> str:
    """The version if it is a published version's number; UsageError otherwise."""
    if version == "$LATEST":
        raise UsageError("$LATEST changes with every deployment: name a published version.")
    if not _NUMBER.fullmatch(version):
        raise UsageError(f"{version!r} is no version number: name a published version, such as 7.")
    return version


def check_exists(release: Release, version: str) -> str:
    """The version if it is published; UsageError otherwise."""
    if release.functions.find_version(check_number(version)) is None:
        raise UsageError(
            f"{release.outputs.function} has no version {version}: "
            "name one that exists with --version."
        )
    return version


def choose(version: str | None, outputs: Outputs) -> str:
    """The version asked for, or the last deployment's; UsageError if neither is known."""
    chosen = version or outputs.candidate_version
    if chosen is None:
        raise UsageError("The outputs name no candidateVersion: name a version with --version N.")
    return chosen


def served_already(outputs: Outputs, version: str) -> str:
    """Say that a version is live, and how a newer one comes about."""
    return (
        f"Nothing to promote: {outputs.alias} already serves version {version}. A change to the "
        f"function makes a new version: `nox -s build -- {outputs.stack}`, then "
        f"`nox -s deploy -- {outputs.stack}`."
    )


def wait_until_made(release: Release, version: str) -> None:
    """Wait while Lambda takes the version's snapshot; a version without one is there at once.

    Gives up after `SNAPSHOT_SECONDS`: `check_target` then says how it stands.
    """
    deadline = release.clock.monotonic() + SNAPSHOT_SECONDS
    while release.clock.monotonic() < deadline:
        found = release.functions.find_version(check_number(version))
        if found is None or found.state != "Pending":
            return
        release.say(
            f"Version {version} is Pending: Lambda takes its snapshot, which can last minutes."
        )
        release.clock.sleep(_LOOK_SECONDS)


def check_target(release: Release, version: str) -> None:
    """Hold that the version exists, can run, and is what was built.

    With a manifest the version must hold its artifact. Without one the digest is known only for the
    version of the last deployment; older ones were checked when they were the candidate, and a
    published version never changes.
    """
    check_number(version)
    found = release.functions.find_version(version)
    if found is None:
        raise UsageError(
            f"{release.outputs.function} has no version {version}: "
            "deploy it first, or see `status`."
        )
    if found.state not in {"Active", "Inactive"}:
        raise UsageError(f"Version {version} is {found.state}: repeat once it is Active.")
    if release.outputs.built_sha256 not in (None, found.code_sha256):
        raise UsageError(
            f"Version {version} holds code {digest(found.code_sha256)}, not the manifest's "
            f"{digest(release.outputs.built_sha256)}: deploy that artifact, or name the "
            "version that holds it."
        )
    if version != release.outputs.candidate_version:
        return
    if release.outputs.code_sha256 is None:
        raise UsageError("The outputs lack codeSha256, so the code is unproven: deploy again.")
    if found.code_sha256 != release.outputs.code_sha256:
        raise UsageError(
            f"Version {version} holds code {digest(found.code_sha256)}, not the deployed "
            f"artifact's {digest(release.outputs.code_sha256)}: deploy the artifact again."
        )
