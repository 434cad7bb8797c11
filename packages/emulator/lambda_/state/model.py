"""Plain values that the control plane hands to the data plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Version:
    """One immutable configuration of a function, `$LATEST` included (a new value per change)."""

    function_name: str
    version: str
    arn: str
    """Qualified ARN for a number, unqualified for `$LATEST`."""
    revision_id: str
    code_sha256: str
    code_size: int
    task_root: Path
    """The unzipped code, shared by all its environments, never written to."""
    handler: str
    runtime: str
    role_arn: str
    timeout_seconds: int
    memory_mb: int
    environment: dict[str, str] = field(default_factory=dict)
    dead_letter_arn: str | None = None
    tracing_mode: str = "PassThrough"
    log_group: str = ""
    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None
    description: str = ""
    last_modified: str = ""
    ephemeral_storage_mb: int = 512
    snap_start: bool = False

    @property
    def restored(self) -> bool:
        """Whether its environments start from a snapshot: only published versions have one."""
        return self.snap_start and self.version != "$LATEST"


@dataclass(frozen=True, slots=True)
class Target:
    """What one invocation of `name[:qualifier]` runs; the alias's draw is already made."""

    version: Version
    qualifier: str
    """As called: `$LATEST` when absent, a number or an alias name."""
    invoked_arn: str
    resource: str
    """CloudWatch's `Resource` dimension: `fn:alias`, `fn:number` or `fn` for unqualified calls."""
    via_alias: bool


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """Asynchronous handling of one qualifier (defaults of Lambda where nothing was put)."""

    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: int = 21_600
    on_success_arn: str | None = None
    on_failure_arn: str | None = None
