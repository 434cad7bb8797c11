"""The ledger: one immutable entry per decision, chained from the alias backwards.

An entry is written before the alias is, and counts only once the alias names it as its head: the
alias's one write commits both. Every entry names the one before it, so what can be reached from the
alias is exactly what happened, and an entry whose writer died or lost its race is an orphan that
belongs to nothing (the same way in which a branch commits to its commits; docs/adr/0010).
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, get_args

from release.errors import AliasChangedError, UnavailableError
from release.state.alias import DESCRIPTION_LIMIT
from release.stored import StoredEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from release.state.alias import Alias
    from release.stored import History

Kind = Literal["canary", "gate", "promote", "rollback", "hold", "lift"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_KEYS = {
    "kind": "k", "before": "f", "at": "t", "verdict": "v", "commit": "c", "pull": "p", "who": "w",
    "parent": "u", "reason": "r",
}  # fmt: skip
"""Members of an entry and what they are called in its 256 characters."""

_FIRST_FIGURES = 7
"""So many did entries have before rejected events were counted."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a verdict rests on. Counts are invocations, durations milliseconds."""

    samples: int = 0
    errors: int = 0
    live_samples: int = 0
    live_errors: int = 0
    throttles: int = 0
    p99_ms: int = 0
    live_p99_ms: int = 0
    rejected: int = 0
    live_rejected: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision about `version`: that it went live, that the gate judged it, that somebody
    insisted on its canary; or, while it was live, that a commit is held, or none any longer.

    `before` is the version that was live (for a rollback: the one left), `parent` the name of the
    entry before, None for the first.
    """

    version: str
    kind: Kind
    at: str
    before: str | None = None
    verdict: str | None = None
    commit: str | None = None
    pull: str | None = None
    who: str | None = None
    parent: str | None = None
    reason: str | None = None
    figures: Figures | None = None
    name: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def moves(self) -> bool:
        """Whether it says which version is live."""
        return self.kind in ("promote", "rollback")


def encode(entry: Entry) -> str:
    """The entry as JSON of at most 256 characters; a long reason is cut to fit."""
    content: dict[str, object] = {
        key: value for name, key in _KEYS.items() if (value := getattr(entry, name)) is not None
    }
    if entry.figures is not None:
        content["n"] = [getattr(entry.figures, each.name) for each in fields(Figures)]
    reason = (entry.reason or "")[:DESCRIPTION_LIMIT]
    while len(text := _dump(content)) > DESCRIPTION_LIMIT and reason:
        reason = reason[:-1]
        content["r"] = reason
    if len(text) > DESCRIPTION_LIMIT:
        raise ValueError("the ledger's entry exceeds 256 characters")
    return text


def decode(stored: StoredEntry) -> Entry | None:
    """The entry, None for text that is none of ours."""
    try:
        content = json.loads(stored.text)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("k") not in KINDS:
        return None
    known = {
        name: value
        for name, key in _KEYS.items()
        if isinstance(value := content.get(key), str) and value
    }
    kind: Kind = content["k"]
    return Entry(
        version=stored.version,
        kind=kind,
        at=known.get("at", ""),
        before=known.get("before"),
        verdict=known.get("verdict"),
        commit=known.get("commit"),
        pull=known.get("pull"),
        who=known.get("who"),
        parent=known.get("parent"),
        reason=known.get("reason"),
        figures=_figures(content.get("n")),
        name=stored.name,
    )


def chain(head: str | None, stored: Iterable[StoredEntry]) -> tuple[Entry, ...]:
    """The entries from the head back, newest first, until one has no parent or was pruned."""
    found = {entry.name: entry for each in stored if (entry := decode(each))}
    linked: list[Entry] = []
    while head is not None and (entry := found.pop(head, None)) is not None:
        linked.append(entry)
        head = entry.parent
    return tuple(linked)


def read(history: History, seen: Alias) -> tuple[Entry, ...]:
    """The ledger of the alias as it was seen, newest first."""
    return chain(seen.record.entry, history.entries())


def last_known(history: History) -> tuple[Entry, ...]:
    """The ledger of an alias that is gone, newest first: what can be reached from the newest entry.

    That one may be an orphan, of a write that was cut short or lost its race: without the alias
    nobody can tell. It is the last decision on record all the same.
    """
    stored = history.entries()
    known = [entry for each in stored if (entry := decode(each))]
    newest = max(known, key=lambda entry: entry.at, default=None)
    return chain(newest.name if newest else None, stored)


def write(history: History, entry: Entry) -> str:
    """Keep the entry and return its name, for the alias to name as its head.

    A name that is taken is our own where the reply was lost and the SDK repeated the request.
    """
    stored = StoredEntry(entry.name, entry.version, encode(entry))
    try:
        history.add_entry(stored)
    except AliasChangedError:
        if stored not in history.entries():
            raise UnavailableError(f"The ledger has another entry {entry.name}: repeat.") from None
    return entry.name


def try_write(history: History, entry: Entry) -> str | None:
    """As `write`, but None where that is impossible: what is urgent does not wait for its entry."""
    try:
        return write(history, entry)
    except UnavailableError:
        return None


def leaves(entry: Entry) -> bool:
    """Whether it is a rollback from a newer version, and so a verdict on that."""
    back = entry.kind == "rollback" and entry.before is not None
    return back and _is_newer(str(entry.before), entry.version)


def barred_versions(linked: Sequence[Entry]) -> dict[str, Entry]:
    """Versions left (`left_versions`) since somebody lifted a hold: their code needs a reason."""
    lifted = next((at for at, entry in enumerate(linked) if entry.kind == "lift"), len(linked))
    return left_versions(linked[:lifted])


def left_versions(linked: Sequence[Entry]) -> dict[str, Entry]:
    """Versions that were rolled back from and have not been live since, with that rollback.

    Going forward again by `rollback --version` is no verdict on the older version that it leaves.
    """
    left: dict[str, Entry] = {}
    for entry in reversed(linked):
        if not entry.moves:
            continue
        left.pop(entry.version, None)
        if leaves(entry):
            left[str(entry.before)] = entry
    return left


def commit_of(linked: Sequence[Entry], version: str) -> str | None:
    """The commit that a version was made from, as its promotion has it; None if unknown."""
    return next((e.commit for e in linked if e.version == version and e.moves and e.commit), None)


def ways_back(seen: Alias, linked: Sequence[Entry]) -> Iterator[tuple[str, str | None]]:
    """The versions that were live before, the last one first, each with what speaks against it."""
    left = set(left_versions(linked))
    previous = seen.record.previous
    if previous and seen.record.verdict == "rollback" and _is_newer(previous, seen.version):
        left.add(previous)  # whatever became of that rollback's entry
    moves = [entry for entry in linked if entry.moves]
    known = [previous, *(version for entry in moves for version in (entry.version, entry.before))]
    for version in dict.fromkeys(each for each in known if each and each != seen.version):
        yield version, "it was rolled back from" if version in left else failing(linked, version)


def failing(linked: Sequence[Entry], version: str) -> str | None:
    """How the ledger shows that a version fails, by its last word on it; None if it does not.

    That is a gate that failed it, or one of a later candidate that saw most of its answers fail.
    """
    for entry in linked:
        seen = entry.figures
        if entry.version == version and entry.verdict in ("fail", "pass", "forced"):
            return "the gate failed it" if entry.verdict == "fail" else None
        judged = entry.kind in ("gate", "promote") and entry.before == version
        if judged and seen and seen.live_samples:
            if 2 * seen.live_errors > seen.live_samples:
                return f"{seen.live_errors} of its last {seen.live_samples} invocations failed"
            return None
    return None


def judged(linked: Sequence[Entry], version: str) -> Figures | None:
    """The figures of the gate's last word on a version, None if it has none."""
    return next((e.figures for e in linked if e.kind == "gate" and e.version == version), None)


def disagreement(seen: Alias, linked: Sequence[Entry]) -> str | None:
    """One sentence if alias and ledger tell different stories, None if they agree."""
    head = seen.record.entry
    if head is None:
        return None if not seen.record.verdict else "the alias names no entry of the ledger"
    if not linked or linked[0].name != head:
        return f"the alias names entry {head}, which is not in the ledger"
    last = next((entry for entry in linked if entry.moves), None)
    if last is not None and last.version != seen.version:
        if seen.record.verdict == "rollback" and seen.record.previous == last.version:
            return (
                f"the rollback from version {last.version} to {seen.version} could not be written "
                f"to the ledger: `rollback --version {seen.version}` does so now"
            )
        return f"the ledger's last move is to version {last.version}, not {seen.version}"
    return None


def as_row(entry: Entry, digest: str | None = None) -> dict[str, object]:
    """The entry for a program."""
    row: dict[str, object] = {
        "entry": entry.name,
        "at": entry.at,
        "kind": entry.kind,
        "from": entry.before,
        "to": entry.version,
        "verdict": entry.verdict,
        "commit": entry.commit,
        "pullRequest": entry.pull,
        "who": entry.who,
        "reason": entry.reason,
        "codeSha256": digest,
    }
    if entry.figures is not None:
        row["figures"] = {each.name: getattr(entry.figures, each.name) for each in fields(Figures)}
    return row


def author(environment: Mapping[str, str] = os.environ) -> str:
    """Who decides: the workflow's actor, or this machine's user; at most 39 characters (GitHub's
    limit for a login)."""
    who = environment.get("GITHUB_ACTOR")
    if not who:
        with suppress(OSError, KeyError):  # a container without a password file has no name
            who = getpass.getuser()
    return (who or "unknown")[:39]


def _figures(numbers: object) -> Figures | None:
    names = [each.name for each in fields(Figures)]
    if not isinstance(numbers, list) or not _FIRST_FIGURES <= len(numbers) <= len(names):
        return None
    if not all(isinstance(number, int) for number in numbers):
        return None
    return Figures(*numbers)


def _is_newer(version: str, other: str) -> bool:
    return version.isdigit() and other.isdigit() and int(version) > int(other)


def _dump(content: dict[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"))
