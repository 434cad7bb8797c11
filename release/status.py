"""`status`: what the alias serves, what watches it, what waits in the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release import alias
from release.errors import UnavailableError, UsageError
from release.gate import Alarm
from release.result import Exit, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from release.alias import Alias
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions
    from release.outputs import Outputs
    from release.sqs_adapter import DeadLetters


def status(
    functions: Functions, monitoring: Monitoring, letters: DeadLetters | None, outputs: Outputs
) -> Result:
    """Read everything, change nothing; what cannot be read is shown as such."""
    seen = alias.read(functions)
    alarms = _alarms(monitoring, outputs.release_alarms)
    details = _details(outputs, seen, alarms, _visible(letters))
    return Result(Exit.DONE, table(details), details)


def table(details: Mapping[str, object]) -> str:
    """Two aligned columns."""
    alarms = details["alarms"]
    rows = [(key, _cell(value)) for key, value in details.items() if key != "alarms"]
    if isinstance(alarms, list):
        rows += [(f"alarm {alarm['name']}", alarm["state"]) for alarm in alarms]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in rows)


def _visible(letters: DeadLetters | None) -> int | None:
    try:
        return letters.visible() if letters else None
    except UsageError:
        return None


def _alarms(monitoring: Monitoring, names: Sequence[str]) -> tuple[Alarm, ...]:
    try:
        return monitoring.alarms(names)
    except UnavailableError:
        return tuple(Alarm(name, "UNREADABLE") for name in names)


def _details(
    outputs: Outputs, seen: Alias, alarms: Sequence[Alarm], dead_letters: int | None
) -> dict[str, object]:
    record = seen.record
    canary = record.candidate
    return {
        "function": outputs.function,
        "alias": outputs.alias,
        "version": seen.version,
        "weights": dict(seen.weights),
        "previous": record.previous,
        "commit": record.commit,
        "verdict": record.verdict,
        "reason": record.reason,
        "deployedCandidate": outputs.candidate_version,
        "lastCanary": canary.version if canary else None,
        "lastCanarySince": canary.since if canary else None,
        "lastCanaryVerdict": canary.verdict if canary else None,
        "deadLetters": dead_letters,
        "alarms": [{"name": alarm.name, "state": alarm.state} for alarm in alarms],
    }


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{version}: {weight:.0%}" for version, weight in value.items()) or "-"
    return "-" if value is None else str(value)
