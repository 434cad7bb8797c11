"""The stack's configuration, typed: the one place that reads Pulumi's config.

Defaults stand in the schema of `Pulumi.yaml` alone; here a value is present and right, or refused.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from console.checkout import ROOT
from console.errors import UsageError
from service.names import STACK, STACK_RULE

from infra.stack_file import MANIFEST_RUNTIME
from infra.stack_file import PROJECT as PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The only retentions that CloudWatch Logs takes (API reference, PutRetentionPolicy).
_RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731}
    | {1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
COLD_WRITES = 4_000
"""Writes a second that every new on-demand table takes (DynamoDB Developer Guide, warm throughput).
What one table takes at most is 40,000, unless its quota was raised."""
UNBOUNDED = "none"
"""Value of `permissionsBoundaryArn` for a stack whose role nothing bounds: by choice, visibly."""
_KEYS = (
    "artifact",
    "runtime",
    "architecture",
    "snapStart",
    "memoryMb",
    "timeoutSeconds",
    "reservedConcurrency",
    "logRetentionDays",
    "logFormat",
    "logLevel",
    "warmWritesPerSecond",
    "guardData",
    "releaseDurationMs",
    "releaseThrottlePercent",
    "alarmWarmUpMinutes",
    "alarmTopicArn",
    "permissionsBoundaryArn",
    "createdAt",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """One stack's settings; `artifact_directory` is absolute."""

    stack: str
    region: str
    artifact_directory: Path
    runtime: str
    architecture: str
    snap_start: bool
    memory_mb: int
    timeout_seconds: int
    reserved_concurrency: int
    log_retention_days: int
    log_format: str
    log_level: str
    """As Lambda spells it: INFO, WARN, ERROR or FATAL."""
    warm_writes: int
    """Writes a second of a cold table; what AWS gives anyhow where it is `COLD_WRITES`."""
    guard_data: bool
    release_duration_ms: int
    release_throttle_percent: int
    alarm_warm_up_minutes: int
    alarm_topic_arn: str | None
    """Who is paged; nobody where it is None."""
    permissions_boundary_arn: str | None
    """What bounds the execution role; nothing where it is None."""
    created_at: str


@dataclass(frozen=True, slots=True)
class _Values:
    """A stack's raw values, and the sentence for each that is missing or wrong."""

    stack: str
    raw: Mapping[str, str | None]

    def text(self, key: str) -> str:
        value = self.raw.get(key)
        if not value:
            raise UsageError(
                f"Stack '{self.stack}' has no value for {self._name(key)}: "
                f"add it to infra/stacks/Pulumi.{self.stack}.yaml."
            )
        return value

    def matching(self, key: str, pattern: str, rule: str) -> str:
        value = self.text(key)
        if not re.fullmatch(pattern, value):
            raise self._wrong(key, value, rule)
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.text(key)
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise self._wrong(key, value, f"a whole number from {low} to {high}")
        return int(value)

    def retention(self, key: str) -> int:
        days = self.whole(key, 1, max(_RETENTION_DAYS))
        if days not in _RETENTION_DAYS:
            raise self._wrong(key, str(days), "a retention CloudWatch Logs knows, such as 7 or 30")
        return days

    def optional(self, key: str, pattern: str, rule: str) -> str | None:
        return self.matching(key, pattern, rule) if self.raw.get(key) else None

    def boundary(self, key: str) -> str | None:
        if not self.raw.get(key):
            raise UsageError(
                f"Stack '{self.stack}' has no {self._name(key)}, without which the workflows may "
                f"not make the function's role: put what `nox -s bootstrap` printed for it into "
                f"infra/stacks/Pulumi.{self.stack}.yaml, or `{UNBOUNDED}` where nobody but "
                "administrators deploys."
            )
        rule = f"a policy's ARN or '{UNBOUNDED}'"
        value = self.matching(key, rf"arn:aws[a-z-]*:iam::\d{{12}}:policy/\S+|{UNBOUNDED}", rule)
        return None if value == UNBOUNDED else value

    def flag(self, key: str) -> bool:
        return self.matching(key, "true|false", "true or false") == "true"

    def day(self, key: str) -> str:
        value = self.text(key)
        try:
            return dt.date.fromisoformat(value).isoformat()
        except ValueError:
            raise self._wrong(key, value, "a day such as 2026-11-23") from None

    def _name(self, key: str) -> str:
        return key if ":" in key else f"{PROJECT}:{key}"

    def _wrong(self, key: str, value: str, rule: str) -> UsageError:
        return UsageError(
            f"{self._name(key)} of stack '{self.stack}' is '{value}' but must be {rule}: "
            f"correct it in infra/stacks/Pulumi.{self.stack}.yaml."
        )


def parse(stack: str, raw: Mapping[str, str | None]) -> Settings:
    """Read the settings out of Pulumi's strings; raises UsageError for the first bad one."""
    if not re.fullmatch(STACK, stack):
        raise UsageError(
            f"Stack name '{stack}' must be {STACK_RULE}: it becomes part of AWS names."
        )
    values = _Values(stack, raw)
    return Settings(
        stack=stack,
        region=values.matching("aws:region", r"[a-z]{2}(-[a-z]+)+-\d", "a region, as us-east-1"),
        artifact_directory=ROOT / values.text("artifact"),
        runtime=values.matching(
            "runtime", rf"python3\.\d+|{MANIFEST_RUNTIME}", f"python3.N or '{MANIFEST_RUNTIME}'"
        ),
        architecture=values.matching("architecture", "x86_64|arm64", "x86_64 or arm64"),
        snap_start=values.flag("snapStart"),
        memory_mb=values.whole("memoryMb", 128, 10_240),
        timeout_seconds=values.whole("timeoutSeconds", 1, 900),
        # At 0 Lambda throttles every call: a stop, not a deployment.
        reserved_concurrency=values.whole("reservedConcurrency", 1, 100_000),
        log_retention_days=values.retention("logRetentionDays"),
        log_format=values.matching("logFormat", "Text|JSON", "Text or JSON"),
        # Below INFO the AWS client logs its requests, and these hold orders.
        log_level=values.matching(
            "logLevel", "INFO|WARN|ERROR|FATAL", "INFO, WARN, ERROR or FATAL"
        ),
        warm_writes=values.whole("warmWritesPerSecond", COLD_WRITES, 40_000),
        guard_data=values.flag("guardData"),
        release_duration_ms=values.whole("releaseDurationMs", 1, 900_000),
        release_throttle_percent=values.whole("releaseThrottlePercent", 1, 100),
        alarm_warm_up_minutes=values.whole("alarmWarmUpMinutes", 0, 2880),
        alarm_topic_arn=values.optional(
            "alarmTopicArn", r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S+", "an SNS topic's ARN"
        ),
        permissions_boundary_arn=values.boundary("permissionsBoundaryArn"),
        created_at=values.day("createdAt"),
    )


def load() -> Settings:
    """Read the running program's stack; raises UsageError."""
    config = pulumi.Config(PROJECT)
    raw = {key: config.get(key) for key in _KEYS}
    raw["aws:region"] = pulumi.Config("aws").get("region")
    return parse(pulumi.get_stack(), raw)
