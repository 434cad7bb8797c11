"""What the registry keeps of a function: its versions, aliases and settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from emulator.lambda_.state.model import EventInvokeConfig, Version

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class StoredVersion(Version):
    """A version with the settings that callers read back and the data plane does not need."""

    architectures: tuple[str, ...] = ("x86_64",)
    environment_given: bool = False
    """AWS shows an empty `Environment` only where a caller has set one."""


# What a version is called and when it was made does not make it different from another.
_IDENTITY = frozenset({"arn", "version", "revision_id", "last_modified", "environment_given"})
_CONTENT = tuple(f.name for f in fields(StoredVersion) if f.name not in _IDENTITY)


def same_content(one: StoredVersion, other: StoredVersion) -> bool:
    """Whether publishing `other` after `one` would publish nothing new."""
    return all(getattr(one, name) == getattr(other, name) for name in _CONTENT)


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias; `weights` maps at most one additional version to its share (0.0 to 1.0)."""

    name: str
    arn: str
    function_version: str
    revision_id: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)

    def versions(self) -> frozenset[str]:
        """Every version that the alias may route to, whatever its weight."""
        return frozenset({self.function_version, *self.weights})


@dataclass(frozen=True, slots=True)
class InvokeConfig:
    """An EventInvokeConfig as put: what was not set is `None`."""

    maximum_retry_attempts: int | None = None
    maximum_event_age_seconds: int | None = None
    on_success_arn: str | None = None
    on_failure_arn: str | None = None
    last_modified: float = 0.0

    def effective(self) -> EventInvokeConfig:
        """The same with Lambda's defaults."""
        default = EventInvokeConfig()
        retries, age = self.maximum_retry_attempts, self.maximum_event_age_seconds
        return EventInvokeConfig(
            default.maximum_retry_attempts if retries is None else retries,
            default.maximum_event_age_seconds if age is None else age,
            self.on_success_arn,
            self.on_failure_arn,
        )


@dataclass(slots=True)
class Policy:
    """A resource-based policy; it keeps its revision while its function changes otherwise."""

    statements: dict[str, dict[str, object]] = field(default_factory=dict)
    """By statement id."""
    revision_id: str = ""


@dataclass(frozen=True, slots=True)
class PublishedFrom:
    """What `$LATEST` was when it was last published, and the number it got."""

    content: StoredVersion
    number: str


@dataclass(slots=True)
class Function:
    """One function. `latest` is what the control plane shows, `running` what calls run.

    The two differ while an update is under way, and in the revision after a mere publish or policy
    change; `running` is `None` while the function is being created. `settles_at` (seconds since
    the epoch) is when the change under way will be done.
    """

    name: str
    arn: str
    latest: StoredVersion
    running: StoredVersion | None = None
    settles_at: float | None = None
    versions: dict[str, StoredVersion] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    """Numbers published by the change that is under way."""
    snapshots: dict[str, float] = field(default_factory=dict)
    """When (seconds since the epoch) the snapshot of each new version will have been made."""
    published_from: PublishedFrom | None = None
    aliases: dict[str, Alias] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    invoke_configs: dict[str, InvokeConfig] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    """By qualifier (empty for the function itself)."""
    tags: dict[str, str] = field(default_factory=dict)
