"""`rollback`: all traffic to a version that was good, in one write, without a build or Pulumi."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.aws.clock import to_text
from release.commands.promote import COMMIT_LENGTH
from release.errors import (
    AliasChangedError,
    MovedOnError,
    NoAliasError,
    UnavailableError,
    UnfinishedError,
)
from release.remedy import Typed
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.alias import Record
from release.state.ledger import Entry
from release.state.restore import restore
from release.state.succession import check_doubt, is_older
from release.state.versions import check_exists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.aws.lambda_functions import Functions
    from release.context import Release
    from release.outputs import Outputs
    from release.state.alias import Alias

ATTEMPTS = 5
"""Writes tried when others write the alias at the same time."""

_TOO_FAST = "The alias is being changed too fast by others: stop them, then repeat."


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where to go back to; `mends` says that a write is needed even where it is live already."""

    version: str
    commit: str | None = None
    reason: str | None = None
    mends: bool = False


def rollback(
    release: Release,
    version: str | None = None,
    *,
    commit: str | None = None,
    reason: str | None = None,
) -> Result:
    """Move the live traffic back, and end a canary with the same write.

    Without a version or commit it goes to the good one that was live before. A repeat chooses no
    further target: where a rollback was the last move, the next one has to be named. One that was
    never judged good, or is known to be bad, needs a reason. The ledger remembers what was left,
    and `canary` refuses it from then on. An alias that is gone is made anew, at what the ledger
    says was live last.
    """
    began = release.clock.monotonic()
    try:
        first = alias.read(release.functions)
    except NoAliasError as gone:
        known = _last_known(release.functions, needed=version is None)
        if commit:
            version = find_commit(known, commit)
        return restore(release, known, gone, version, reason)
    linked = _known(release.functions, first)
    if commit:
        version = find_commit(linked or (), commit)
    mends = _mends(first, linked, named=bool(version))
    chosen = first.version if mends and not version else version
    remarks: list[str] = []
    if chosen is None:
        chosen, remarks = choose(first, linked or (), release.outputs)
    target = _check_exists(release, chosen)
    said = (reason or "").strip()
    if linked is not None:
        check_doubt(first, linked, target, said)
    goal = _Goal(target, ledger.commit_of(linked or (), target), said or None, mends=mends)
    try:
        changed, noted = _put_back(release, goal)
    except MovedOnError:
        raise
    except UnfinishedError as error:
        because = ("--reason", said) if said else ()
        typed = Typed("rollback", release.outputs.place, ("--version", target, *because))
        raise UnfinishedError(f"{error} Next: `{typed.again()}`, which ends it.") from error
    if not noted:
        again = Typed("rollback", release.outputs.place, ("--version", target)).again()
        remarks.append(f"The ledger could not be written: `{again}` does so.")
    seconds = round(release.clock.monotonic() - began, 3)
    return _result(release.outputs, first, target, remarks, changed=changed, seconds=seconds)


def _mends(first: Alias, linked: Sequence[Entry] | None, *, named: bool) -> bool:
    """Whether a version that is live already has to be written once more: the ledger tells another
    story, and somebody names it, or the rollback to it could not be written there."""
    differs = linked is not None and ledger.disagreement(first, linked) is not None
    return differs and (named or (_went_back(first) and not first.weights))


def end_canary(release: Release, *, fence: bool = False, reason: str | None = None) -> Result:
    """End a canary that nobody watches any longer; with a reason the ledger remembers it as left.

    Unlike a rollback it never moves the live version, whatever others do meanwhile. Without a
    canary nothing is done; with `fence` the alias is written all the same, as it is, so that a
    rollout that still goes on somewhere begins none (`release.state.fence`).
    """
    said = (reason or "").strip()
    began = release.clock.monotonic()
    first = seen = alias.read(release.functions)
    for _ in range(ATTEMPTS):
        ends = bool(seen.weights)
        try:
            if ends or fence:
                goal = _Goal(seen.version, reason=said or None)
                at = to_text(release.clock.now())
                record = _record(seen, goal)
                if ends and said:
                    entry = ledger.try_write(release.functions, _entry(seen, goal, at))
                    record = replace(record, entry=entry or record.entry)
                alias.make_live(release.functions, seen, seen.version, record, release.clock)
        except AliasChangedError:
            seen = alias.read(release.functions)
            continue
        seconds = round(release.clock.monotonic() - began, 3)
        return _result(release.outputs, first, seen.version, changed=ends, seconds=seconds)
    raise UnavailableError(_TOO_FAST)


def choose(seen: Alias, linked: Sequence[Entry], outputs: Outputs) -> tuple[str, list[str]]:
    """The version to go back to, and a sentence for each that was skipped; UsageError if no good
    one is known."""
    found, skipped = None, []
    for version, objection in ledger.ways_back(seen, linked):
        if objection is None:
            found = version
            break
        skipped.append(f"Version {version} was skipped: {objection}.")
    only = "".join(f" Its canary, version {each}, ends by --canary-only." for each in seen.weights)
    if found is None:
        none = f"{outputs.alias} records no good version before {seen.version}"
        raise UsageError(" ".join([f"{none}: name one with --version N.{only}", *skipped]))
    if _went_back(seen):
        raise UsageError(
            f"{outputs.alias} was rolled back already, from version {seen.record.previous} to "
            f"{seen.version}: to go back further, name the version with --version {found}.{only}"
        )
    return found, skipped


def _went_back(seen: Alias) -> bool:
    """Whether the last move was a rollback to an older version."""
    left = seen.record.previous
    back = left is not None and is_older(seen.version, left)
    return back and seen.record.verdict == "rollback"


def _check_exists(release: Release, version: str) -> str:
    """The version unless it is known to be none: Lambda itself refuses one that does not exist."""
    try:
        return check_exists(release, version)
    except UnavailableError:
        return version


def _last_known(functions: Functions, *, needed: bool) -> Sequence[Entry]:
    """The ledger of an alias that is gone; empty where it cannot be read and is not needed."""
    try:
        return ledger.last_known(functions)
    except UnavailableError:
        if needed:
            raise
        return ()


def find_commit(linked: Sequence[Entry], commit: str) -> str:
    """The version that the ledger has for a commit, the newest one; UsageError if there is none."""
    short = commit[:COMMIT_LENGTH].lower()
    for entry in linked:
        if entry.moves and entry.commit and entry.commit.lower().startswith(short):
            return entry.version
    raise UsageError(f"The ledger knows no version of commit {commit}: name one with --version N.")


def _known(functions: Functions, seen: Alias) -> Sequence[Entry] | None:
    """The ledger; None where it cannot be read: a rollback does not wait for it."""
    try:
        return ledger.read(functions, seen)
    except UnavailableError:
        return None


def _put_back(release: Release, goal: _Goal) -> tuple[bool, bool]:
    """Write until the alias serves the goal alone; whether that was needed, and is in the ledger.

    A rollback is urgent, so a write by somebody else in between does not stop it; the goal was
    chosen once, from what the caller saw, so two at a time do not undo each other.
    """
    for _ in range(ATTEMPTS):
        seen = alias.read(release.functions)
        if seen.version == goal.version and not seen.weights and not goal.mends:
            return False, True
        entry = ledger.try_write(
            release.functions, _entry(seen, goal, to_text(release.clock.now()))
        )
        if entry is None and seen.version == goal.version and not seen.weights:
            return False, False  # only the ledger was to be mended
        record = replace(_record(seen, goal), entry=entry or seen.record.entry)
        try:
            alias.make_live(release.functions, seen, goal.version, record, release.clock)
        except AliasChangedError:
            continue
        return True, entry is not None
    raise UnavailableError(_TOO_FAST)


def _record(seen: Alias, goal: _Goal) -> Record:
    if seen.version == goal.version:  # only a canary ends; how this version came to be live stands
        return replace(seen.record, write=None)
    return Record(
        previous=seen.version, commit=goal.commit, verdict="rollback", entry=seen.record.entry
    )


def _entry(seen: Alias, goal: _Goal, at: str) -> Entry:
    """What the ledger will say: the version that was left is the canary's where only that ends."""
    ends = seen.version == goal.version
    return Entry(
        goal.version,
        "rollback",
        at,
        before=next(iter(seen.weights), None) if ends else seen.version,
        verdict="rollback",
        commit=seen.record.commit if ends else goal.commit,
        who=ledger.author(),
        parent=seen.record.entry,
        reason=goal.reason,
    )


def _result(
    outputs: Outputs,
    first: Alias,
    target: str,
    remarks: Sequence[str] = (),
    *,
    changed: bool,
    seconds: float,
) -> Result:
    canary = next(iter(first.weights), None)
    before = first.version + (f" with canary {canary}" if canary else "")
    message = (
        f"{outputs.alias} serves version {target} alone (before: {before}); "
        f"{'it took' if changed else 'nothing to do,'} {amounts.seconds(seconds)}."
    )
    kept = _kept(outputs, first, target)
    message = " ".join([message, *remarks, kept])
    details = {
        "from": first.version,
        "to": target,
        "changed": changed,
        "seconds": seconds,
        "endedCanary": canary,
        "remarks": [*remarks, kept],
    }
    verdict = "rolled back" if changed else "nothing to roll back"
    return Result(Exit.DONE, message, details, Change(before, target, "not read", verdict, message))


def _kept(outputs: Outputs, first: Alias, target: str) -> str:
    """What a rollback leaves as it is, for whoever expected more of it."""
    if first.version != target:
        return "Not changed: what is merged, what runs already, and the dead-letter queue."
    further = (
        f"; `{Typed('rollback', outputs.place).again()}` leaves it too" if first.weights else ""
    )
    return f"Not changed: version {target}, which was live already{further}."
