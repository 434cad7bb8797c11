"""`promote`: all traffic to one version, in one write."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from console.errors import UsageError

from release.aws.clock import to_text
from release.commands.canary import changed_meanwhile
from release.errors import AliasChangedError
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.alias import Record, Watch
from release.state.ledger import Entry
from release.state.succession import check_succession, is_insisted
from release.state.versions import check_target, served_already

if TYPE_CHECKING:
    from release.aws.lambda_functions import Functions
    from release.context import Release
    from release.outputs import Outputs
    from release.state.alias import Alias

_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")

COMMIT_LENGTH = 12
"""Characters of a commit that the alias's description keeps."""

PULL_REQUEST_LENGTH = 12
"""Characters of a pull request's number that the ledger keeps."""


def promote(
    release: Release,
    version: str,
    *,
    commit: str | None = None,
    pull_request: str | None = None,
    reason: str | None = None,
    watch: float = 0.0,
) -> Result:
    """Make a canary that passed the gate live; done already is done.

    For `watch` seconds from then on it is to be watched (`live_watch`); the alias notes it.

    A reason breaks the glass: any runnable version is accepted and the reason recorded. Without one
    a version that is older than the live one, or was rolled back from, is refused unless the reason
    was given with its canary. The ledger's entry is written first and counts only once the alias
    names it.
    """
    check_target(release, version)
    seen = alias.read(release.functions)
    if seen.version == version and not seen.weights:
        return _result(release.outputs, seen, version, changed=False)
    record = _record(seen, version, commit, (reason or "").strip())
    if seen.version != version:
        if not is_insisted(ledger.read(release.functions, seen), version):
            check_succession(release, seen, version, reason)
        entry = _entry(
            release.functions, seen, version, record, pull_request, to_text(release.clock.now())
        )
        noted = Watch(to_text(release.clock.now()), round(watch)) if watch else None
        record = replace(record, entry=ledger.write(release.functions, entry), watch=noted)
    try:
        alias.make_live(release.functions, seen, version, record, release.clock)
    except AliasChangedError:
        return changed_meanwhile(release.outputs, version)
    return _result(release.outputs, seen, version, changed=True)


def admit(seen: Alias, version: str, reason: str) -> str:
    """The verdict by which the version may go live; UsageError if it may not."""
    candidate = seen.record.candidate
    judged = candidate is not None and candidate.version == version
    if seen.is_canary(version) and judged and candidate and candidate.verdict == "pass":
        return "pass"
    if reason:
        return "forced"
    if not seen.is_canary(version):
        raise UsageError(
            f"Version {version} is neither live nor the canary: run the canary and the gate, "
            "or say why not with --reason TEXT."
        )
    raise UsageError(
        f"The gate has not passed version {version}: run `gate`, or say why not with --reason TEXT."
    )


def _record(seen: Alias, version: str, commit: str | None, reason: str) -> Record:
    """What the alias will say of the version."""
    if seen.version == version:
        return _same_version(seen)
    if commit and not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is no commit: name it by 7 to 64 hexadecimal digits.")
    verdict = admit(seen, version, reason)
    short = commit[:COMMIT_LENGTH] if commit else None
    return Record(seen.version, short, verdict, reason if verdict == "forced" else None)


def _entry(
    functions: Functions, seen: Alias, version: str, record: Record, pull: str | None, at: str
) -> Entry:
    """What the ledger will say of it, with the figures of the gate's last word."""
    return Entry(
        version,
        "promote",
        at,
        before=seen.version,
        verdict=record.verdict,
        commit=record.commit,
        pull=pull[:PULL_REQUEST_LENGTH] if pull else None,
        who=ledger.author(),
        parent=seen.record.entry,
        reason=record.reason,
        figures=ledger.judged(ledger.read(functions, seen), version),
    )


def _same_version(seen: Alias) -> Record:
    """The version is live, only weights are left: Lambda's own, from while it changed, or those
    of another canary, which is not for a promotion to end."""
    candidate = seen.record.candidate
    if candidate is not None and seen.is_canary(candidate.version):
        raise UsageError(
            f"Version {seen.version} is live already and {candidate.version} is its canary: "
            "`rollback` ends that canary."
        )
    return seen.record


def _result(outputs: Outputs, seen: Alias, version: str, *, changed: bool) -> Result:
    verdict = "promoted" if changed else "nothing to promote"
    message = (
        f"{outputs.alias} serves version {version} (before: {seen.version})."
        if changed
        else served_already(outputs, version)
    )
    return Result(
        Exit.DONE,
        message,
        {"from": seen.version, "to": version, "changed": changed, "weights": {}},
        Change(seen.version, version, "not read", verdict),
    )
