"""`prune`: forget old ledger entries and delete the versions that nothing needs any longer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from console.errors import UsageError

from release.aws.clock import from_text
from release.commands import hold
from release.errors import UnavailableError, UnfinishedError
from release.result import Exit, Result
from release.state import alias, ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from release.context import Release
    from release.outputs import Outputs
    from release.state.alias import Alias
    from release.state.ledger import Entry
    from release.stored import StoredEntry

KEEP = 30
"""Entries: some ten releases, of a few decisions each."""
KEEP_SNAPSHOTS = 9
"""Entries where each version that is kept costs a snapshot: some three releases."""

ORPHAN_AGE = timedelta(hours=1)
"""After so long the writer of an entry that the alias never came to name is dead."""


def prune(release: Release, keep: int | None = None) -> Result:
    """Keep the newest `keep` entries and every version that is live, previous, a canary, deployed,
    named by an entry that is kept, or by any alias, and every version newer than the live one and
    the candidate, which a deployment may have just made; delete the others. Idempotent.

    Unless told otherwise it keeps KEEP, or KEEP_SNAPSHOTS where versions have snapshots.
    """
    if keep is None:
        keep = KEEP_SNAPSHOTS if release.functions.snapshots() else KEEP
    if keep < 2:
        raise UsageError("--keep must be at least 2 entries: the last move and what led to it.")
    stored = release.functions.entries()
    seen = alias.read(release.functions)
    linked = ledger.chain(seen.record.entry, stored)
    kept = linked[: hold.reach(linked, max(keep, 1 + last_move(linked)))]
    forgotten = old_entries(stored, linked, kept, release.clock.now())
    needed = needed_versions(seen, release.outputs, kept) | release.functions.referenced()
    needed |= {each.version for each in stored if each.name not in forgotten}
    published, snapshots = list(release.functions.published()), release.functions.snapshots()
    newest = max(int(each) for each in (seen.version, release.outputs.candidate_version) if each)
    unneeded = [each for each in published if each not in needed and int(each) < newest]
    try:
        for name in forgotten:
            release.functions.delete_entry(name)
        deleted = [number for number in unneeded if release.functions.delete_version(number)]
    except UnavailableError as error:
        raise UnfinishedError(f"Pruning stopped midway; a repeat goes on: {error}") from error
    charged = len(set(snapshots) - set(deleted))
    return Result(
        Exit.DONE,
        f"Deleted {len(deleted)} versions and {len(forgotten)} ledger entries; "
        f"{len(kept)} entries are kept."
        + (f" {charged} versions are kept with a snapshot, which costs." if charged else ""),
        {
            "deletedVersions": deleted,
            "keptVersions": [number for number in published if number not in deleted],
            "snapshots": charged,
            "inUse": [number for number in unneeded if number not in deleted],
            "deletedEntries": len(forgotten),
            "keptEntries": len(kept),
        },
    )


def last_move(linked: Sequence[Entry]) -> int:
    """Index of the entry that says which version is live; -1 if there is none."""
    return next((index for index, entry in enumerate(linked) if entry.moves), -1)


def needed_versions(seen: Alias, outputs: Outputs, kept: Sequence[Entry]) -> frozenset[str]:
    """Versions that serve, may serve again, or that the ledger still speaks of."""
    record = seen.record
    candidate = record.candidate.version if record.candidate else None
    named = {seen.version, *seen.weights, record.previous, candidate, outputs.candidate_version}
    named |= {entry.version for entry in kept} | {entry.before for entry in kept}
    return frozenset(version for version in named if version)


def old_entries(
    stored: Collection[StoredEntry], linked: Sequence[Entry], kept: Sequence[Entry], now: datetime
) -> list[str]:
    """Names of entries beyond those that are kept, and of orphans that are surely dead."""
    chained, remain = {entry.name for entry in linked}, {entry.name for entry in kept}
    return sorted(
        each.name
        for each in stored
        if each.name not in remain and (each.name in chained or _is_dead(each, now))
    )


def _is_dead(orphan: StoredEntry, now: datetime) -> bool:
    entry = ledger.decode(orphan)
    if entry is None:
        return False  # none of ours
    try:
        return now - from_text(entry.at) > ORPHAN_AGE
    except ValueError:
        return True
