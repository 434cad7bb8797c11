"""The stack outputs file, the release's only knowledge of what was deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import UsageError
from service import declaration
from service.outputs import read_outcomes

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Outcomes


WATCH_SECONDS = 600
"""For outputs that do not say how long a promotion is watched."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the commands need of a stack; None where the file does not say.

    `code_sha256` is the artifact's digest as Lambda reports it (base64), of `candidate_version`;
    `built_sha256` the digest in the manifest that the caller named, which any version must have.
    """

    function: str
    alias: str
    region: str | None
    candidate_version: str | None
    code_sha256: str | None
    release_alarms: tuple[str, ...]
    dead_letter_url: str | None
    reserved_concurrency: int | None = None
    built_sha256: str | None = None
    dead_letter_arn: str | None = None
    table: str | None = None
    standing_alarms: tuple[str, ...] = ()
    """Those that watch the stack at all times, whatever is released."""
    dashboard: str | None = None
    stack: str = "STACK"
    """As a person types it; to be filled in where the file does not say."""
    service: str | None = None
    outcomes: Outcomes | None = None
    """How it counts what became of events; None where nobody can compare its answers."""
    plan: str | None = None
    """How a rollout shifts traffic to a candidate: a name of `release.plans`."""
    watch_seconds: float = 0.0
    """How long a version is watched after its promotion; 0 for not at all."""

    @property
    def place(self) -> tuple[str, ...]:
        """What a session is told of it: the stack, and the service where there are several."""
        several = self.service is not None and len(declaration.names()) > 1
        return (self.stack, str(self.service)) if several else (self.stack,)

    @property
    def plots(self) -> str | None:
        """Where a person sees what CloudWatch has measured, a URL; None if nobody knows."""
        if self.dashboard is None or self.region is None:
            return None
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home"
        return f"{console}?region={self.region}#dashboards/dashboard/{self.dashboard}"


def load(path: Path) -> Outputs:
    """Read the file; UsageError if it is missing or no outputs file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no outputs file {path}: deploy the stack first.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"The outputs file {path} cannot be read: {error}.") from None
    if not isinstance(values, dict):
        raise UsageError(f"The outputs file {path} is no JSON object: deploy the stack again.")
    return _parse(values, path)


def _parse(values: dict[str, object], path: Path) -> Outputs:
    return Outputs(
        function=_required(values, "lambdaFunctionName", path),
        alias=_required(values, "lambdaAliasName", path),
        region=_region(_optional(values, "lambdaFunctionArn")),
        candidate_version=_optional(values, "candidateVersion"),
        code_sha256=_optional(values, "codeSha256"),
        release_alarms=_names(values, "releaseAlarmNames", path),
        dead_letter_url=_optional(values, "dlqQueueUrl"),
        reserved_concurrency=_whole(values.get("reservedConcurrency")),
        dead_letter_arn=_optional(values, "dlqQueueArn"),
        table=_optional(values, "tableName"),
        standing_alarms=_names(values, "standingAlarmNames", path),
        dashboard=_optional(values, "dashboardName"),
        stack=_optional(values, "stack") or "STACK",
        service=_optional(values, "service"),
        outcomes=read_outcomes(values),
        plan=_optional(values, "plan"),
        watch_seconds=_seconds(values.get("watchSeconds")),
    )


def _names(values: dict[str, object], key: str, path: Path) -> tuple[str, ...]:
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{key} in {path} is no list of names: deploy again.")
    return tuple(found)


def _required(values: dict[str, object], key: str, path: Path) -> str:
    value = _optional(values, key)
    if value is None:
        raise UsageError(f"The outputs file {path} lacks {key}: deploy the stack again.")
    return value


def _optional(values: dict[str, object], key: str) -> str | None:
    value = values.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _whole(value: object) -> int | None:
    """Pulumi's numbers may come as 5 or 5.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)


def _seconds(value: object) -> int:
    found = _whole(value)
    return WATCH_SECONDS if found is None else found


def _region(arn: str | None) -> str | None:
    """Field 4 of `arn:partition:service:region:account:...`."""
    fields = (arn or "").split(":")
    return fields[3] or None if len(fields) > 3 else None
