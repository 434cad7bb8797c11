"""What a run found: a table for people, `report.json` for machines."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporting import amounts, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rehearsal.faults.judge import Verdict
    from rehearsal.faults.plan import PlannedEvent
    from rehearsal.faults.settings import Settings

_COLUMNS = (
    "events", "faults", "confirmed", "rejected", "deadLettered", "errors",
    "lost", "doubled", "wrong",
)  # fmt: skip
_SHOWN = 20


@dataclass(slots=True)
class Report:
    """The counts of a run by kind, and every complaint as (kind, event id, sentence)."""

    settings: Settings
    seconds: float
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    complaints: list[tuple[str, str, str]] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    """The kinds of complaint there were: lost, doubled, wrong, unmet."""

    @property
    def passed(self) -> bool:
        """Whether every event had exactly one effect and every kind of fault happened."""
        return not self.complaints

    @property
    def replay(self) -> str:
        """The command that repeats the run, or the one kind that went wrong."""
        kinds = {kind for kind, _, _ in self.complaints}
        return self.settings.command(kinds.pop() if len(kinds) == 1 else self.settings.only)

    def text(self) -> str:
        """Return the table, and what is not as it must be."""
        head = ("kind", "events", "faults", "how they ended")
        rows = [(kind, *_cells(counts)) for kind, counts in self.kinds.items()]
        rows.append(("all", *_cells(self._sum())))
        lines = list(terminal.table(head, rows, right=(1, 2)))
        lines += [f"{event_id}: {text}" for _, event_id, text in self.complaints[:_SHOWN]]
        if len(self.complaints) > _SHOWN:
            lines.append(f"… and {len(self.complaints) - _SHOWN} more, in report.json")
        lines.append(
            f"seed {self.settings.seed}, {amounts.seconds(self.seconds)}: "
            + ("every event had exactly one effect" if self.passed else "FAILED")
        )
        if not self.passed:
            lines.append(f"replay: {self.replay}")
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write `report.json`."""
        content: dict[str, Any] = {
            "verdict": "pass" if self.passed else "fail",
            "seed": self.settings.seed,
            "seconds": round(self.seconds, 1),
            "replay": self.replay,
            "all": _named(self._sum()),
            "kinds": {kind: _named(counts) for kind, counts in self.kinds.items()},
            "complaints": [
                {"kind": kind, "eventId": event_id, "text": text}
                for kind, event_id, text in self.complaints
            ],
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def _sum(self) -> Counter[str]:
        return sum(self.kinds.values(), Counter())


def assemble(
    settings: Settings,
    seconds: float,
    judged: Iterable[tuple[PlannedEvent, Verdict]],
    met: Mapping[str, int],
) -> Report:
    """Count the verdicts by kind; `met` is what befell each event, by its id.

    A kind whose fault never happened proves nothing, and is complained about as well.
    """
    report = Report(settings, seconds)
    for event, verdict in judged:
        counts = report.kinds.setdefault(event.kind, Counter())
        counts.update(["events", verdict.fate])
        counts["faults"] += met.get(event.event_id, 0)
        for fault in {fault for fault, _ in verdict.complaints} - {"lost"}:
            counts[fault] += 1
        for fault, text in verdict.complaints:
            report.faults.add(fault)
            report.complaints.append((event.kind, event.event_id, text))
    report.kinds = dict(sorted(report.kinds.items()))
    for kind, counts in report.kinds.items():
        if not counts["faults"]:
            report.faults.add("unmet")
            report.complaints.append((kind, kind, "this fault never happened"))
    return report


def _cells(counts: Counter[str]) -> tuple[str, ...]:
    """Events, faults, and every end that some of them had."""
    ends = [name for name in _COLUMNS[2:] if counts[name]]
    said = ", ".join(f"{amounts.count(counts[name])} {terminal.spaced(name)}" for name in ends)
    return (*(amounts.count(counts[name]) for name in _COLUMNS[:2]), said)


def _named(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in _COLUMNS}
