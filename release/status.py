"""`status`: what the alias serves, what watches it, what waits in the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release import alias, ledger
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


SHOWN = 10
"""Entries of the ledger that `status` shows."""

_HEADINGS = (
    "at", "kind", "from", "to", "verdict", "figures", "commit", "pullRequest", "who",
    "codeSha256", "reason",
)  # fmt: skip
_WIDEST = 40


def status(
    functions: Functions, monitoring: Monitoring, letters: DeadLetters | None, outputs: Outputs
) -> Result:
    """Read everything, change nothing; what cannot be read is shown as such."""
    seen = alias.read(functions)
    alarms = _alarms(monitoring, [*outputs.standing_alarms, *outputs.release_alarms])
    details = _details(outputs, seen, alarms, _visible(letters))
    details["ledger"] = rows(functions, seen)[:SHOWN]
    return Result(Exit.DONE, table(details), details)


def show_ledger(functions: Functions, keep: int) -> Result:
    """The ledger, newest first; fails if it and the alias disagree."""
    seen = alias.read(functions)
    linked = ledger.read(functions, seen)
    wrong = ledger.disagreement(seen, linked)
    shown = rows(functions, seen)[:keep]
    message = ledger_table(shown) + (f"\n{wrong}: look at `drift`." if wrong else "")
    return Result(
        Exit.FAIL if wrong else Exit.DONE, message, {"ledger": shown, "disagreement": wrong}
    )


def rows(functions: Functions, seen: Alias) -> list[dict[str, object]]:
    """The ledger's entries with the digest of each version's code, newest first."""
    digests = functions.published()
    return [
        ledger.as_row(entry, digests.get(entry.version)) for entry in ledger.read(functions, seen)
    ]


def table(details: Mapping[str, object]) -> str:
    """Two aligned columns, and the ledger below them."""
    alarms, entries = details["alarms"], details["ledger"]
    shown = [
        (key, _cell(value)) for key, value in details.items() if key not in ("alarms", "ledger")
    ]
    if isinstance(alarms, list):
        shown += [(f"alarm {alarm['name']}", alarm["state"]) for alarm in alarms]
    width = max(len(label) for label, _ in shown)
    text = "\n".join(f"{label:<{width}}  {value}" for label, value in shown)
    return f"{text}\n\n{ledger_table(entries)}" if isinstance(entries, list) and entries else text


def ledger_table(entries: Sequence[Mapping[str, object]]) -> str:
    """Aligned columns, one line per entry."""
    lines = [
        tuple(_HEADINGS),
        *(tuple(_column(entry, name) for name in _HEADINGS) for entry in entries),
    ]
    widths = [max(len(line[index]) for line in lines) for index in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _column(entry: Mapping[str, object], name: str) -> str:
    if name == "figures":
        figures = entry.get("figures")
        if not isinstance(figures, dict):
            return "-"
        return (
            f"{figures['errors']}/{figures['samples']} failed, "
            f"live {figures['live_errors']}/{figures['live_samples']}, "
            f"p99 {figures['p99_ms']}/{figures['live_p99_ms']} ms"
        )
    value = entry.get(name)
    return "-" if value is None else str(value)[:_WIDEST]


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
