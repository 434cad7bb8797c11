"""The alias: what it serves, and the only way to change that.

Every change is one UpdateAlias that carries version, weights, description and the RevisionId of
the alias as it was read, so it happens entirely or not at all, and only if nobody else wrote in
between. A write that was refused or not answered may have been made all the same: then the alias
is read, and tells. The description records which version was live before; being part of the same
write, it cannot disagree with the version.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from release.errors import (
    AliasChangedError,
    LastingError,
    MovedOnError,
    NoAliasError,
    UnavailableError,
    UnfinishedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from release.aws.clock import Clock
    from release.stored import AliasStore, StoredAlias

DESCRIPTION_LIMIT = 256
"""Characters (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html)."""

WRITER = secrets.token_hex(4)
"""This process's own: two that write the same from the same revision are told apart."""

SETTLE_ATTEMPTS = 10
SETTLE_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """The last version that was given a weight, since when, and what the gate said of it."""

    version: str
    since: str
    verdict: str | None = None
    watch: int | None = None
    """Seconds from then on that somebody meant to watch it for."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How long the live version is watched: so many seconds from its promotion on."""

    since: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the description says: how the live version came to be live."""

    previous: str | None = None
    commit: str | None = None
    verdict: str | None = None
    reason: str | None = None
    candidate: Candidate | None = None
    watch: Watch | None = None
    """What is due to the live version, against the previous one; None once it was judged."""
    entry: str | None = None
    """Head of the ledger: the name of the last decision's entry (`release.state.ledger`)."""
    write: str | None = None
    """A digest of the write and of the revision before it: tells our own from another's."""


@dataclass(frozen=True, slots=True)
class Alias:
    """The alias with its description understood."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    record: Record = Record()
    revision: str = ""

    def is_canary(self, version: str) -> bool:
        """Whether that version takes a share of the traffic beside the live one."""
        return version in self.weights


def encode(record: Record) -> str:
    """The record as JSON of at most 256 characters; a long reason is cut to fit.

    ValueError if it does not fit without its reason, which digits and hexadecimal commits do.
    """
    content = asdict(record)
    content["reason"] = (record.reason or "")[:DESCRIPTION_LIMIT]
    while len(text := _dump(content)) > DESCRIPTION_LIMIT:
        if not content["reason"]:
            raise ValueError("the alias's description exceeds 256 characters")
        content["reason"] = content["reason"][:-1]
    return text


def decode(description: str) -> Record:
    """The record in a description; an empty record for text that is none of ours."""
    try:
        content = json.loads(description)
    except ValueError:
        return Record()
    if not isinstance(content, dict):
        return Record()
    names = ("previous", "commit", "verdict", "reason", "entry", "write")
    return Record(
        **{name: _text(content.get(name)) for name in names},
        candidate=_decode_candidate(content.get("candidate")),
        watch=_decode_watch(content.get("watch")),
    )


def read(store: AliasStore) -> Alias:
    """The alias now; NoAliasError if there is none."""
    return _understand(store.read_alias())


def create(store: AliasStore, version: str, record: Record) -> Alias:
    """Make an alias that is gone anew; AliasChangedError if somebody else has done so."""
    description = _signed(Alias(version, {}, record))
    return _sent(store, version, description, "", lambda: store.create_alias(version, description))


def start_canary(
    store: AliasStore, seen: Alias, candidate: Candidate, weight: float, entry: str | None = None
) -> Alias:
    """Give a version a share of the traffic; the live version keeps the rest, and is no longer
    watched by itself."""
    record = replace(seen.record, candidate=candidate, watch=None, entry=entry or seen.record.entry)
    return _swap(store, seen, Alias(seen.version, {candidate.version: weight}, record))


def record_verdict(store: AliasStore, seen: Alias, verdict: str, entry: str | None = None) -> Alias:
    """Note what the gate said of the canary; traffic stays as it is."""
    return _swap(store, seen, replace(seen, record=_judged(seen.record, verdict, entry)))


def end_canary(store: AliasStore, seen: Alias, verdict: str, entry: str | None = None) -> Alias:
    """All traffic back to the live version, noting why."""
    return _swap(store, seen, Alias(seen.version, {}, _judged(seen.record, verdict, entry)))


def note(store: AliasStore, seen: Alias, entry: str) -> Alias:
    """Make an entry the ledger's head; traffic stays as it is."""
    return _swap(store, seen, replace(seen, record=replace(seen.record, entry=entry)))


def end_watch(store: AliasStore, seen: Alias) -> Alias:
    """Note that nothing speaks against the live version; traffic stays as it is."""
    return _swap(store, seen, replace(seen, record=replace(seen.record, watch=None)))


def make_live(store: AliasStore, seen: Alias, version: str, record: Record, clock: Clock) -> Alias:
    """All traffic to a version, and wait until no weight is left.

    Lambda itself may put weights on an alias for a moment while its version changes, so a change
    is done only when they are gone. UnfinishedError if they stay or nobody can tell; MovedOnError
    if somebody else moved the alias on before it was confirmed.
    """
    _swap(store, seen, Alias(version, {}, record))
    why = "it still has weights"
    for _ in range(SETTLE_ATTEMPTS):
        try:
            now = read(store)
        except AliasChangedError:
            raise MovedOnError(_moved_on(version)) from None
        except UnavailableError as error:
            why = str(error)
            if isinstance(error, LastingError):
                break
        else:
            if now.version != version:
                raise MovedOnError(_moved_on(version))
            if not now.weights:
                return now
        clock.sleep(SETTLE_PAUSE)
    raise UnfinishedError(f"The alias was moved to version {version}, not confirmed: {why}")


def _moved_on(version: str) -> str:
    return (
        f"The alias was moved to version {version}, and somebody else has changed it since: look "
        "at `status`, then repeat if it is still right."
    )


def _swap(store: AliasStore, seen: Alias, wanted: Alias) -> Alias:
    """Write `wanted` if the alias is still `seen`, else AliasChangedError."""
    description = _signed(replace(wanted, revision=seen.revision))
    return _sent(
        store,
        wanted.version,
        description,
        seen.revision,
        lambda: store.write_alias(wanted.version, wanted.weights, description, seen.revision),
    )


def _signed(wanted: Alias) -> str:
    """The description of a write: the same again for the same write from the same revision."""
    record = replace(wanted.record, write=None)
    content = (WRITER, wanted.version, sorted(wanted.weights.items()), record, wanted.revision)
    return encode(replace(record, write=hashlib.sha256(repr(content).encode()).hexdigest()[:8]))


def _sent(
    store: AliasStore,
    version: str,
    description: str,
    before: str,
    send: Callable[[], StoredAlias],
) -> Alias:
    """Send a write and tell what came of it; `before` is the alias's revision so far.

    An SDK repeats a request whose reply was lost, and the repeat is then refused for what the first
    one did: 412, or 409 for a new alias. So after any refusal the alias tells: it carries this very
    write (done), its revision is the same (the refusal stands), or somebody else wrote
    (AliasChangedError). UnfinishedError where it cannot be read.
    """
    try:
        return _understand(send())
    except (AliasChangedError, UnavailableError) as refusal:
        try:
            now = store.read_alias()
        except NoAliasError:
            raise refusal from None
        except UnavailableError as error:
            raise UnfinishedError(
                f"Whether the alias was written is not known ({str(refusal) or 'conflict'}), "
                f"for it cannot be read: {error}"
            ) from error
        if (now.version, now.description) == (version, description):
            return _understand(now)
        if now.revision == before:
            raise
        raise AliasChangedError from None


def _understand(stored: StoredAlias) -> Alias:
    record = decode(stored.description)
    return Alias(stored.version, dict(stored.weights), record, stored.revision)


def _judged(record: Record, verdict: str, entry: str | None) -> Record:
    judged = replace(record.candidate, verdict=verdict) if record.candidate else None
    return replace(record, candidate=judged, entry=entry or record.entry)


def _dump(content: dict[str, object]) -> str:
    candidate = content["candidate"]
    if isinstance(candidate, dict):
        content = {**content, "candidate": {k: v for k, v in candidate.items() if v}}
    return json.dumps({k: v for k, v in content.items() if v}, separators=(",", ":"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _decode_watch(content: object) -> Watch | None:
    if not isinstance(content, dict):
        return None
    since, seconds = _text(content.get("since")), content.get("seconds")
    return Watch(since, seconds) if since and isinstance(seconds, int) else None


def _decode_candidate(content: object) -> Candidate | None:
    if not isinstance(content, dict):
        return None
    version, since = _text(content.get("version")), _text(content.get("since"))
    if version is None or since is None:
        return None
    watch = content.get("watch")
    return Candidate(
        version, since, _text(content.get("verdict")), watch if isinstance(watch, int) else None
    )
