"""`rollback`: all traffic to a version that was good, in one write, without a build or Pulumi."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from release import alias, ledger
from release.alias import Record
from release.clock import to_text
from release.errors import AliasChangedError, UnavailableError, UsageError
from release.ledger import Entry
from release.promote import COMMIT_LENGTH
from release.result import Change, Exit, Result
from release.target import check_number

if TYPE_CHECKING:
    from release.alias import Alias
    from release.clock import Clock
    from release.lambda_adapter import Functions
    from release.outputs import Outputs

ATTEMPTS = 5
"""Writes tried when others write the alias at the same time."""

_TOO_FAST = "The alias is being changed too fast by others: stop them, then repeat."


def rollback(
    functions: Functions,
    outputs: Outputs,
    clock: Clock,
    version: str | None = None,
    *,
    commit: str | None = None,
    reason: str | None = None,
) -> Result:
    """Put the alias back.

    Without a version or commit: during a canary to the live version, else to the one that was live
    before. That one then is the previous, so rolling back twice returns to where it began. The
    ledger remembers what was left, and `canary` refuses it from then on.
    """
    began = clock.monotonic()
    first = alias.read(functions)
    if commit:
        version = find_commit(functions, first, commit)
    target = check_number(version) if version else choose(first, outputs)
    if functions.find_version(target) is None:
        raise UsageError(
            f"{outputs.function} has no version {target}: name one that exists with --version."
        )
    # A live version that somebody names is confirmed where the ledger tells another story.
    mends = bool(version) and ledger.disagreement(first, ledger.read(functions, first)) is not None
    changed = _put_back(functions, clock, target, reason, mends=mends)
    seconds = round(clock.monotonic() - began, 3)
    return _result(outputs, first, target, changed=changed, seconds=seconds)


def end_canary(functions: Functions, outputs: Outputs, clock: Clock) -> Result:
    """End a canary that nobody watches any longer; without one, do nothing.

    Unlike a rollback it never moves the live version, whatever others do meanwhile.
    """
    began = clock.monotonic()
    first = alias.read(functions)
    seen, changed = first, False
    for _ in range(ATTEMPTS):
        if not seen.weights:
            seconds = round(clock.monotonic() - began, 3)
            return _result(outputs, first, seen.version, changed=changed, seconds=seconds)
        try:
            seen = alias.make_live(
                functions, seen, seen.version, _record(seen, seen.version), clock
            )
            changed = True
        except AliasChangedError:
            seen = alias.read(functions)
    raise UnavailableError(_TOO_FAST)


def choose(seen: Alias, outputs: Outputs) -> str:
    """The version to go back to; UsageError if none is known."""
    if seen.weights:
        return seen.version
    if seen.record.previous is None or seen.record.previous == seen.version:
        raise UsageError(f"{outputs.alias} records no previous version: name one with --version N.")
    return seen.record.previous


def find_commit(functions: Functions, seen: Alias, commit: str) -> str:
    """The version that the ledger has for a commit, the newest one; UsageError if there is none."""
    short = commit[:COMMIT_LENGTH].lower()
    for entry in ledger.read(functions, seen):
        if entry.moves and entry.commit and entry.commit.lower().startswith(short):
            return entry.version
    raise UsageError(f"The ledger knows no version of commit {commit}: name one with --version N.")


def _put_back(
    functions: Functions, clock: Clock, target: str, reason: str | None, *, mends: bool
) -> bool:
    """Write until the alias serves the target alone; whether a write was needed.

    A rollback is urgent, so a write by somebody else in between does not stop it; the target was
    chosen once, from what the caller saw, so two at a time do not undo each other.
    """
    for _ in range(ATTEMPTS):
        seen = alias.read(functions)
        if seen.version == target and not seen.weights and not mends:
            return False
        entry = ledger.try_write(functions, _entry(seen, target, reason, to_text(clock.now())))
        record = replace(_record(seen, target), entry=entry or seen.record.entry)
        try:
            alias.make_live(functions, seen, target, record, clock)
        except AliasChangedError:
            continue
        return True
    raise UnavailableError(_TOO_FAST)


def _record(seen: Alias, target: str) -> Record:
    if seen.version == target:  # only a canary ends; how this version came to be live stands
        return replace(seen.record, write=None)
    return Record(previous=seen.version, verdict="rollback", entry=seen.record.entry)


def _entry(seen: Alias, target: str, reason: str | None, at: str) -> Entry:
    """What the ledger will say: the version that was left is the canary's where only that ends."""
    left = next(iter(seen.weights), None) if seen.version == target else seen.version
    return Entry(
        target,
        "rollback",
        at,
        before=left,
        verdict="rollback",
        commit=seen.record.commit if seen.version == target else None,
        who=ledger.author(),
        parent=seen.record.entry,
        reason=(reason or "").strip() or None,
    )


def _result(
    outputs: Outputs, first: Alias, target: str, *, changed: bool, seconds: float
) -> Result:
    before = first.version
    if first.weights:
        before += " with canary " + ", ".join(first.weights)
    message = (
        f"{outputs.alias} serves version {target} alone (before: {before}); "
        f"{'it took' if changed else 'nothing to do,'} {seconds:.2f} s."
    )
    details = {
        "from": first.version,
        "to": target,
        "changed": changed,
        "seconds": seconds,
        "endedCanary": next(iter(first.weights), None),
    }
    verdict = "rolled back" if changed else "nothing to roll back"
    return Result(Exit.DONE, message, details, Change(before, target, "not read", verdict))
