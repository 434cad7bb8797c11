"""`status`: what the alias serves, what watches it, what waits in the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from reporting import terminal
from reporting.amounts import count, digest, milliseconds, weight

from release.aws.clock import to_text
from release.commands import hold
from release.commands.live_watch import due
from release.errors import UnavailableError
from release.observation import Alarm
from release.result import Exit, Result
from release.state import alias, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from release.aws.cloudwatch import Monitoring
    from release.aws.lambda_functions import Functions
    from release.aws.sqs import DeadLetterQueue
    from release.context import Release
    from release.outputs import Outputs
    from release.state.alias import Alias


SHOWN = 10
"""Entries of the ledger that `status` shows."""
_UNREADABLE: Final = "UNREADABLE"


def status(release: Release) -> Result:
    """Read everything, change nothing; what cannot be read is shown as such."""
    seen = alias.read(release.functions)
    alarms = _alarms(
        release.monitoring, [*release.outputs.standing_alarms, *release.outputs.release_alarms]
    )
    details = _details(release.outputs, seen, alarms, _visible(release.queue))
    details["reservedConcurrency"] = _reserved(release.functions)
    held = hold.find(ledger.read(release.functions, seen))
    details["held"] = "; ".join(map(str, held)) or None
    details["ledger"] = rows(release.functions, seen)[:SHOWN]
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


def table(details: Mapping[str, object], columns: int | None = None) -> str:
    """Names and values, and the ledger below them, `columns` wide or as the terminal is."""
    wide = columns or terminal.width()
    alarms, entries = details["alarms"], details["ledger"]
    shown = [
        (terminal.spaced(key), _cell(key, value))
        for key, value in details.items()
        if key not in ("alarms", "ledger")
    ]
    if isinstance(alarms, list):
        shown += [(f"alarm {alarm['name']}", alarm["state"]) for alarm in alarms]
    text = "\n".join(terminal.pairs(shown, wide))
    return (
        f"{text}\n\n{ledger_table(entries, wide)}"
        if isinstance(entries, list) and entries
        else text
    )


def ledger_table(entries: Sequence[Mapping[str, object]], columns: int | None = None) -> str:
    """Each entry: a line of what was decided, below it on what grounds, from what, and why."""
    wide = columns or terminal.width()
    lines = [f"{'at':<24}  {'kind':<8}  {'from':>4}  {'to':>4}  verdict"] if entries else []
    for entry in entries:
        before = entry["from"] or "-"
        lines.append(
            f"{entry['at']!s:<24}  {entry['kind']!s:<8}  {before!s:>4}  {entry['to']!s:>4}  "
            f"{entry['verdict'] or '-'}"
        )
        for said in (_origin(entry), _figures(entry), str(entry["reason"] or "")):
            if said:
                lines += terminal.wrapped(f"    {said}", wide, indent=4)
    return "\n".join(lines)


def _origin(entry: Mapping[str, object]) -> str:
    """Who decided about which code."""
    commit, code = entry["commit"], entry["codeSha256"]
    facts = [
        f"by {entry['who'] or 'unknown'}",
        f"commit {digest(str(commit))}" if commit else "",
        f"pull request {entry['pullRequest']}" if entry["pullRequest"] else "",
        f"code sha256 {digest(str(code))}" if code else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def _figures(entry: Mapping[str, object]) -> str:
    found = entry.get("figures")
    if not isinstance(found, dict):
        return ""
    # The ledger's numbers are whole: its 0 is a time that nobody knew.
    return (
        f"failed {count(found['errors'])} of {count(found['samples'])}, live "
        f"{count(found['live_errors'])} of {count(found['live_samples'])}; "
        f"p99 {milliseconds(found['p99_ms'] or None)}, "
        f"live {milliseconds(found['live_p99_ms'] or None)}"
    )


def _visible(queue: DeadLetterQueue | None) -> int | None:
    try:
        return queue.visible() if queue else None
    except UsageError:
        return None


def _reserved(functions: Functions) -> int | str | None:
    try:
        return functions.reserved_concurrency()
    except UnavailableError:
        return _UNREADABLE


def _alarms(monitoring: Monitoring, names: Sequence[str]) -> tuple[Alarm, ...]:
    try:
        return monitoring.alarms(names)
    except UnavailableError:
        return tuple(Alarm(name, _UNREADABLE) for name in names)


def _details(
    outputs: Outputs, seen: Alias, alarms: Sequence[Alarm], dlq_messages: int | None
) -> dict[str, object]:
    record = seen.record
    canary, noted = record.candidate, due(seen)
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
        "watchedUntil": to_text(noted.until) if noted else None,
        "watchedAgainst": noted.before if noted else None,
        "dlqMessages": dlq_messages,
        "alarms": [{"name": alarm.name, "state": alarm.state} for alarm in alarms],
    }


def _cell(key: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{version}: {weight(share)}" for version, share in value.items()) or "-"
    if value is None:
        return "-"
    return digest(str(value)) if key == "commit" else str(value)
