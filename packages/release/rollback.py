"""`rollback`: all traffic to a version that was good, in one write, without a build or Pulumi."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.aws.clock import to_text
from release.errors import AliasChangedError, NoAliasError, UnavailableError, UnfinishedError
from release.promote import COMMIT_LENGTH
from release.remedy import Typed
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.alias import Record
from release.state.ledger import Entry
from release.state.restore import restore
from release.state.succession import is_older
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
    """Put the alias back.

    Without a version or commit: during a canary to the live version, else to the good one that was
    live before. A repeat chooses no further target: where a rollback was the last move, the next
    one has to be named. The ledger remembers what was left, and `canary` refuses it from then on.
    An alias that is gone is made anew, at what the ledger says was live last.
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
    differs = linked is not None and ledger.disagreement(first, linked) is not None
    # A live version is confirmed where somebody names it and the ledger tells another story, or
    # where the rollback to it could not be written there.
    mends = differs and (bool(version) or _went_back(first))
    chosen = first.version if mends and not version else version
    skipped: list[str] = []
    if chosen is None:
        chosen, skipped = choose(first, linked or (), release.outputs)
    target = _check_exists(release, chosen)
    goal = _Goal(target, ledger.commit_of(linked or (), target), reason, mends=mends)
    try:
        changed = _put_back(release, goal)
    except UnfinishedError as error:
        again = Typed("rollback", release.outputs.place, ("--version", target)).again()
        raise UnfinishedError(f"{error} Next: `{again}`, which ends it.") from error
    seconds = round(release.clock.monotonic() - began, 3)
    return _result(release.outputs, first, target, skipped, changed=changed, seconds=seconds)


def end_canary(release: Release, *, fence: bool = False) -> Result:
    """End a canary that nobody watches any longer.

    Unlike a rollback it never moves the live version, whatever others do meanwhile. Without a
    canary nothing is done; with `fence` the alias is written all the same, as it is, so that a
    rollout that still goes on somewhere begins none (`release.state.fence`).
    """
    began = release.clock.monotonic()
    first = seen = alias.read(release.functions)
    for _ in range(ATTEMPTS):
        ends = bool(seen.weights)
        try:
            if ends or fence:
                record = _record(seen, _Goal(seen.version))
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
    if seen.weights:
        return seen.version, []
    found, skipped = None, []
    for version, objection in ledger.ways_back(seen, linked):
        if objection is None:
            found = version
            break
        skipped.append(f"Version {version} was skipped: {objection}.")
    if found is None:
        none = f"{outputs.alias} records no good version before {seen.version}"
        raise UsageError(" ".join([f"{none}: name one with --version N.", *skipped]))
    if _went_back(seen):
        raise UsageError(
            f"{outputs.alias} was rolled back already, from version {seen.record.previous} to "
            f"{seen.version}: to go back further, name the version with --version {found}."
        )
    return found, skipped


def _went_back(seen: Alias) -> bool:
    """Whether the last move was a rollback to an older version."""
    left = seen.record.previous
    back = left is not None and is_older(seen.version, left)
    return back and seen.record.verdict == "rollback" and not seen.weights


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


def _put_back(release: Release, goal: _Goal) -> bool:
    """Write until the alias serves the goal alone; whether a write was needed.

    A rollback is urgent, so a write by somebody else in between does not stop it; the goal was
    chosen once, from what the caller saw, so two at a time do not undo each other.
    """
    for _ in range(ATTEMPTS):
        seen = alias.read(release.functions)
        if seen.version == goal.version and not seen.weights and not goal.mends:
            return False
        entry = ledger.try_write(
            release.functions, _entry(seen, goal, to_text(release.clock.now()))
        )
        if entry is None and seen.version == goal.version and not seen.weights:
            return False  # only the ledger was to be mended
        record = replace(_record(seen, goal), entry=entry or seen.record.entry)
        try:
            alias.make_live(release.functions, seen, goal.version, record, release.clock)
        except AliasChangedError:
            continue
        return True
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
        reason=(goal.reason or "").strip() or None,
    )


def _result(
    outputs: Outputs,
    first: Alias,
    target: str,
    skipped: Sequence[str] = (),
    *,
    changed: bool,
    seconds: float,
) -> Result:
    before = first.version
    if first.weights:
        before += " with canary " + ", ".join(first.weights)
    message = (
        f"{outputs.alias} serves version {target} alone (before: {before}); "
        f"{'it took' if changed else 'nothing to do,'} {amounts.seconds(seconds)}."
    )
    message = " ".join([message, *skipped])
    details = {
        "from": first.version,
        "to": target,
        "changed": changed,
        "seconds": seconds,
        "endedCanary": next(iter(first.weights), None),
        "skipped": list(skipped),
    }
    verdict = "rolled back" if changed else "nothing to roll back"
    return Result(Exit.DONE, message, details, Change(before, target, "not read", verdict))
