"""`hold`: a commit that was rolled back from holds its service until it is mended or lifted.

What is held stands in the ledger: a rollback holds the commit that it left, a person may set a hold
or lift all. Whether a release is of a commit that holds it, git knows (`release.commits`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import UsageError

from release import commits
from release.aws.clock import to_text
from release.commands.promote import COMMIT_LENGTH
from release.errors import AliasChangedError
from release.remedy import Typed
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.ledger import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.context import Release
    from release.state.alias import Alias
    from release.state.ledger import Kind


@dataclass(frozen=True, slots=True)
class Hold:
    """A commit that is held, by which decision; `since` is the commit that was gone back to."""

    commit: str
    entry: Entry
    since: str | None = None

    def __str__(self) -> str:
        entry = self.entry
        why = f": {entry.reason}" if entry.reason else ""
        left = entry.kind == "rollback"
        how = f"version {entry.before} was rolled back from" if left else "it was set"
        return f"commit {self.commit} is held, for {how} at {entry.at} by {entry.who}{why}"


def find(linked: Sequence[Entry]) -> list[Hold]:
    """What is held by the ledger (newest first), the newest first.

    A commit that goes live again by itself is held no longer.
    """
    found: dict[str, Hold] = {}
    older: list[Entry] = []
    for entry in reversed(linked):
        if entry.kind == "lift":
            found.clear()
        elif entry.kind == "hold" and entry.commit:
            found[entry.commit] = Hold(entry.commit, entry)
        elif entry.moves:
            found.pop(entry.commit or "", None)
            left = ledger.commit_of(older, str(entry.before)) if ledger.leaves(entry) else None
            if left and left != entry.commit:
                found[left] = Hold(left, entry, entry.commit)
        older.insert(0, entry)
    return list(found.values())[::-1]


def reach(linked: Sequence[Entry], keep: int) -> int:
    """How many of the newest entries tell all that is held, `keep` at least."""
    whole = find(linked)
    while keep < len(linked) and find(linked[:keep]) != whole:
        keep += 1
    return keep


def check(release: Release, seen: Alias, commit: str | None) -> None:
    """UsageError where the commit holds one that is held, or nobody can tell."""
    found = find(ledger.read(release.functions, seen))
    if not found:
        return
    lift = _typed(release, "--lift", "--reason", "TEXT")
    if commit is None:
        raise UsageError(
            f"Held: {found[0]}; and of which commit this release is nobody says: name it with "
            f"--commit, or lift the hold with `{lift}`."
        )
    for each in found:
        if commits.holds(commit, each.commit, each.since):
            raise UsageError(
                f"Held: {each}. Revert it, or name it in a fix's message (`Fixes: {each.commit}`); "
                f"or lift the hold with `{lift}`."
            )


def held_already(release: Release, seen: Alias, version: str, left: Entry) -> Result:
    """Say that there is nothing new to release: this code was rolled back from."""
    lift = _typed(release, "--lift", "--reason", "TEXT")
    return Result(
        Exit.DONE,
        f"Held: version {version} has the code of version {left.before}, which was rolled back "
        f"from at {left.at} by {left.who}; {release.outputs.alias} goes on serving version "
        f"{seen.version}. Revert or fix it, or lift the hold with `{lift}`.",
        {"from": seen.version, "to": seen.version, "changed": False, "held": True},
        Change(seen.version, seen.version, "not read", "held"),
    )


def show(release: Release) -> Result:
    """What is held; changes nothing."""
    seen = alias.read(release.functions)
    found = find(ledger.read(release.functions, seen))
    listed = "; ".join(map(str, found)) or "nothing is held"
    return _told(seen, found, f"{release.outputs.alias}: {listed}.", "held" if found else "free")


def put(release: Release, commit: str | None, reason: str) -> Result:
    """Hold whatever holds a commit, the live version's by default, until somebody lifts it."""
    seen, linked, said = _ready(release, reason)
    chosen = (commit or seen.record.commit or "")[:COMMIT_LENGTH].lower()
    if not chosen:
        raise UsageError("The ledger knows no commit of the live version: name it with --commit.")
    if any(each.commit == chosen for each in find(linked)):
        return _told(seen, find(linked), f"Commit {chosen} is held already.", "held")
    entry = _note(release, seen, "hold", said, chosen)
    found = [Hold(chosen, entry), *find(linked)]
    return _told(seen, found, f"Commit {chosen} is held: {said}.", "held")


def lift(release: Release, reason: str) -> Result:
    """End all holds, and what keeps the code that was rolled back from from coming again."""
    seen, linked, said = _ready(release, reason)
    if not find(linked) and not ledger.barred_versions(linked):
        return _told(seen, [], "Nothing is held.", "free")
    _note(release, seen, "lift", said, None)
    return _told(seen, [], f"The hold is lifted: {said}.", "lifted")


def _ready(release: Release, reason: str) -> tuple[Alias, Sequence[Entry], str]:
    """The alias and its ledger; UsageError where nothing may be noted now."""
    if not reason.strip():
        raise UsageError("Say why with --reason TEXT.")
    seen = alias.read(release.functions)
    if seen.weights:
        raise UsageError(
            f"{release.outputs.alias} has a canary, which would take the note for somebody else's "
            "change: wait for its gate, or end it with `rollback --canary-only`."
        )
    return seen, ledger.read(release.functions, seen), reason.strip()


def _note(release: Release, seen: Alias, kind: Kind, reason: str, commit: str | None) -> Entry:
    """Write it into the ledger and make the alias name it; traffic stays as it is."""
    entry = Entry(
        seen.version, kind, to_text(release.clock.now()), verdict=kind, commit=commit,
        who=ledger.author(), parent=seen.record.entry, reason=reason,
    )  # fmt: skip
    name = ledger.write(release.functions, entry)
    try:
        alias.note(release.functions, seen, name)
    except AliasChangedError:
        raise UsageError(
            f"{release.outputs.alias} was changed by somebody else in between: look at `status`, "
            "then repeat."
        ) from None
    return entry


def _typed(release: Release, *options: str) -> str:
    return Typed("release_hold", release.outputs.place, options).again()


def _told(seen: Alias, found: Sequence[Hold], message: str, verdict: str) -> Result:
    held = [
        {"commit": each.commit, "kind": each.entry.kind, "at": each.entry.at,
         "who": each.entry.who, "reason": each.entry.reason}
        for each in found
    ]  # fmt: skip
    change = Change(seen.version, seen.version, "not read", verdict)
    return Result(Exit.DONE, message, {"held": held}, change)
