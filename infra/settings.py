"""A service's configuration on a stack, typed: the one place that reads Pulumi's config.

What the stack file says for the service comes first, then what it says for all, then the service's
own declaration. Defaults of what is the same for all stand in the schema of `Pulumi.yaml` alone;
here a value is present and right, or refused.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from console.checkout import ROOT
from console.errors import UsageError
from service import declaration
from service.names import STACK, STACK_RULE

from infra.stack_file import MANIFEST_RUNTIME, SERVICE_KEYS, as_text
from infra.stack_file import PROJECT as PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from service.declaration import Service

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
    "logRetentionDays",
    "logFormat",
    "logLevel",
    "guardData",
    "plan",
    "alarmWarmUpMinutes",
    "watchSeconds",
    "alarmTopicArn",
    "permissionsBoundaryArn",
    "createdAt",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """One service's settings on one stack; `artifact_directory` is absolute."""

    service: Service
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
    plan: str
    """How a release shifts traffic; what each does is in `packages/release/plans.py`."""
    throttled_percent: int
    """Share of all requests whose refusal pages somebody."""
    rejected_percent: int
    """Share of all answers whose rejection pages somebody."""
    alarm_warm_up_minutes: int
    watch_seconds: int
    """How long a version is watched after its promotion; 0 for not at all."""
    alarm_topic_arn: str | None
    """Who is paged; nobody where it is None."""
    permissions_boundary_arn: str | None
    """What bounds the execution role; nothing where it is None."""
    created_at: str


@dataclass(frozen=True, slots=True)
class _Values:
    """A service's raw values on a stack, and the sentence for each that is missing or wrong."""

    stack: str
    raw: Mapping[str, str | None]
    service: Service
    own: Mapping[str, str]
    """What the stack file says for this service alone."""

    def get(self, key: str) -> str | None:
        return self.own.get(key) or self.raw.get(key) or self.service.settings.get(key)

    def text(self, key: str) -> str:
        value = self.get(key)
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
        return self.matching(key, pattern, rule) if self.get(key) else None

    def boundary(self, key: str) -> str | None:
        if not self.get(key):
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
        place = f"infra/stacks/Pulumi.{self.stack}.yaml"
        if not self.own.get(key) and not self.raw.get(key):
            place = f"services/{self.service.name}/{declaration.FILE}"
        return UsageError(
            f"{self._name(key)} of stack '{self.stack}' is '{value}' but must be {rule}: "
            f"correct it in {place}."
        )


def parse(stack: str, raw: Mapping[str, str | None], service: Service) -> Settings:
    """Read a service's settings out of Pulumi's strings; raises UsageError for the first bad one.

    `raw` has under `services` a JSON object of what is said for some services alone.
    """
    if not re.fullmatch(STACK, stack):
        raise UsageError(
            f"Stack name '{stack}' must be {STACK_RULE}: it becomes part of AWS names."
        )
    if unknown := sorted(service.settings.keys() - {*SERVICE_KEYS}):
        raise UsageError(
            f"services/{service.name}/{declaration.FILE} sets '{unknown[0]}', which is none of a "
            f"service's own settings ({', '.join(SERVICE_KEYS)}): take it out."
        )
    values = _Values(
        stack, raw, service, _said_for(stack, raw.get("services")).get(service.name, {})
    )
    return Settings(
        service=service,
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
        # Below INFO the AWS client logs its requests, and these hold events.
        log_level=values.matching(
            "logLevel", "INFO|WARN|ERROR|FATAL", "INFO, WARN, ERROR or FATAL"
        ),
        warm_writes=values.whole("warmWritesPerSecond", COLD_WRITES, 40_000),
        guard_data=values.flag("guardData"),
        release_duration_ms=values.whole("releaseDurationMs", 1, 900_000),
        release_throttle_percent=values.whole("releaseThrottlePercent", 1, 100),
        plan=values.matching("plan", "canary|linear|stepped", "canary, linear or stepped"),
        throttled_percent=values.whole("throttledPercent", 1, 100),
        rejected_percent=values.whole("rejectedPercent", 1, 100),
        alarm_warm_up_minutes=values.whole("alarmWarmUpMinutes", 0, 2880),
        watch_seconds=values.whole("watchSeconds", 0, 7200),
        alarm_topic_arn=values.optional(
            "alarmTopicArn", r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S+", "an SNS topic's ARN"
        ),
        permissions_boundary_arn=values.boundary("permissionsBoundaryArn"),
        created_at=values.day("createdAt"),
    )


def _said_for(stack: str, text: str | None) -> Mapping[str, Mapping[str, str]]:
    """What the stack file says for each service alone; UsageError for what is not to be said."""
    key = f"{PROJECT}:services of stack '{stack}'"
    mend = f"correct it in infra/stacks/Pulumi.{stack}.yaml."
    try:
        given = json.loads(text or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(own, dict) for own in given.values()):
        raise UsageError(f"{key} is not a table of settings by service: {mend}")
    if strange := sorted(given.keys() - {*declaration.names()}):
        known = ", ".join(declaration.names())
        raise UsageError(f"{key} names '{strange[0]}', and there are {known} alone: {mend}")
    for name, own in given.items():
        if strange := sorted(own.keys() - {*SERVICE_KEYS}):
            may = ", ".join(SERVICE_KEYS)
            raise UsageError(
                f"{key} sets '{strange[0]}' for {name}, and for one alone it may set {may}: {mend}"
            )
    return {
        name: {each: str(as_text(value)) for each, value in own.items()}
        for name, own in given.items()
    }


def load_all() -> list[Settings]:
    """Read the running program's stack, for each service; raises UsageError."""
    config = pulumi.Config(PROJECT)
    raw = {key: config.get(key) for key in (*_KEYS, *SERVICE_KEYS, "services")}
    raw["aws:region"] = pulumi.Config("aws").get("region")
    return [parse(pulumi.get_stack(), raw, service) for service in declaration.load_all()]
