"""Which version may follow the live one: a newer one, whose code nobody rolled back from.

While another version is the canary none may, for a canary is never replaced unseen.
A release that took its time must not undo the one that overtook it, and the next merge must not
undo a rollback. Numbers tell: Lambda counts versions upwards and uses none twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

from release.state import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.aws.lambda_functions import Functions
    from release.context import Release
    from release.state.alias import Alias
    from release.state.ledger import Entry


def objection(release: Release, seen: Alias, version: str) -> str | None:
    """Why the version may not follow the live one unless somebody says why; None if it may."""
    if is_older(version, seen.version):
        return (
            f"Version {version} is older than version {seen.version}, which "
            f"{release.outputs.alias} serves: go back with `rollback --version {version}`"
        )
    other = next((each for each in seen.weights if each != version), None)
    if other is not None:
        return (
            f"Version {other} is the canary of {release.outputs.alias}: "
            "end that first with `rollback --canary-only`"
        )
    left = find_left(release.functions, seen, version)
    if left is None:
        return None
    return (
        f"Version {version} has the code of version {left.before}, which was rolled back from "
        f"at {left.at} by {left.who}: fix it first"
    )


def check_succession(release: Release, seen: Alias, version: str, reason: str | None) -> str | None:
    """What the reason overrides, None if nothing; UsageError if a reason is needed and missing."""
    found = objection(release, seen, version)
    if found is not None and not (reason or "").strip():
        raise UsageError(f"{found}, or say why not with --reason TEXT.")
    return found


def doubt(seen: Alias, linked: Sequence[Entry], version: str) -> str | None:
    """Why nobody can take a version for good; None if it is live, or was, or passed the gate."""
    if version == seen.version:
        return None
    for known, found in ledger.ways_back(seen, linked):
        if known == version:
            return found and f"is known to be bad ({found})"
    words = (each.verdict for each in linked if each.kind == "gate" and each.version == version)
    last = next(words, None)
    if last == "fail":
        return "is known to be bad (the gate failed it)"
    return None if last == "pass" else "was never judged good"


def check_doubt(seen: Alias, linked: Sequence[Entry], version: str, reason: str) -> None:
    """UsageError where a reason is needed and missing."""
    found = doubt(seen, linked, version)
    if found is not None and not reason:
        raise UsageError(f"Version {version} {found}: say why it is to serve with --reason TEXT.")


def is_older(version: str, live: str) -> bool:
    """Whether it was published before the live one."""
    return version.isdigit() and live.isdigit() and int(version) < int(live)


def is_insisted(linked: Sequence[Entry], version: str) -> bool:
    """Whether somebody gave the reason with the version's canary, since the last move."""
    for entry in linked:
        if entry.moves:
            return False
        if entry.kind == "canary" and entry.version == version:
            return True
    return False


def find_left(functions: Functions, seen: Alias, version: str) -> Entry | None:
    """The rollback that left this version, or another version of the same code, for good."""
    left = ledger.barred_versions(ledger.read(functions, seen))
    if version in left:
        return left[version]
    found = functions.find_version(version) if left else None
    for number, entry in left.items():
        other = functions.find_version(number)
        if found and other and found.code_sha256 == other.code_sha256:
            return entry
    return None
