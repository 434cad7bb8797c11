"""What a rehearsal came to: the verdict on the release, and whether it is the one expected.

With a fault injected the release has to fail: then the rehearsal has done what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reporting.amounts import points, share, weight
from service.candidates import COLD_SHIFT

from rehearsal.traffic_shift import measurement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.report.model import Verdict
    from rehearsal.steps import Rehearsal

_CAUGHT = "Caught, as expected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`verdict` speaks of the release, `expected` of the rehearsal, as its exit status does.

    `headline` is a short line for a heading, `why` one or two sentences that give the reason.
    """

    verdict: Verdict
    expected: bool
    headline: str
    why: str


def judge(rehearsal: Rehearsal) -> Outcome:
    """Return what came of the rehearsal's steps."""
    failed = [step for step in rehearsal.journal.steps if step.status == "fail"]
    if failed:
        return _broken(rehearsal, failed[0].name, failed[0].seen)
    if rehearsal.settings.fault:
        return Outcome("fail", True, *_caught(rehearsal))
    live = rehearsal.facts.alias_after
    said = f"Pass: version {live} is live and no event was lost" if live else "Pass"
    return Outcome("pass", True, said, "Every step held.")


def _broken(rehearsal: Rehearsal, name: str, seen: str) -> Outcome:
    facts = rehearsal.facts
    shifts_count = bool(facts.load) and not rehearsal.settings.bad
    undecided = (
        facts.gate.get("decision") == "inconclusive"
        or facts.load.get("verdict") in ("invalid", "inconclusive")
        or (shifts_count and measurement.judge(facts.shifts, 0.0)[0] == "undecided")
    )
    lost = facts.load.get("events", {}).get("lost", 0)
    verdict: Verdict = "inconclusive" if undecided and not lost else "fail"
    said = "Not as expected" if rehearsal.settings.fault else verdict.capitalize()
    return Outcome(verdict, False, f"{said}: {name}", f"{name}: {seen}")


def _caught(rehearsal: Rehearsal) -> tuple[str, str]:
    """Headline and reason of a fault that was caught, as it had to be."""
    settings, facts = rehearsal.settings, rehearsal.facts
    injected = f"The fault '{settings.fault}' was injected: {settings.injected}"
    if settings.fault == COLD_SHIFT:
        dearest = max((cost.rise.raised for cost in facts.shifts), default=None)
        cost = measurement.judge(facts.shifts, facts.load["run"]["startedAt"])[1]
        return (
            f"{_CAUGHT}: the cold shift cost {points(dearest)} of refusals, "
            f"{weight(measurement.BUDGET).removesuffix(' %')} are allowed",
            f"{injected} The measurement had to see what that costs: {cost}.",
        )
    if facts.refused_by_smoke:
        found = "; ".join(facts.smoke_problems) or "synthetic events were not answered right"
        return (
            f"{_CAUGHT}: {_first(facts.smoke_problems)}, smoke test",
            f"{injected} The smoke test had to refuse it, and did: {found}. "
            "The alias never moved: no customer's event reached it.",
        )
    reasons = "; ".join(facts.gate.get("reasons", [])) or "it said no reason"
    return (
        f"{_CAUGHT}: {gate_saw(facts.gate)}",
        f"{injected} The gate had to refuse it, and did: {reasons}. "
        f"The alias serves version {facts.alias_after} alone again, without a person.",
    )


def gate_saw(gate: Mapping[str, Any]) -> str:
    """Say in a few words what a gate that refused saw: events that failed, and who noticed."""
    samples, errors = gate.get("samples") or 0, gate.get("errors") or 0
    reasons = gate.get("reasons") or []
    rung = [alarm["name"] for alarm in gate.get("alarms", []) if alarm["state"] == "ALARM"]
    who = f"{', '.join(short_names(rung, gate['alarms']))} alarm" if rung else "gate"
    if samples and errors:
        return f"{share(errors / samples)} of its events failed ({errors} of {samples}), {who}"
    proofs = [reason for reason in reasons if not reason.endswith("is in ALARM")]
    return f"{proofs[0]}, {who}" if proofs else f"{who}"


def short_names(names: Sequence[str], alarms: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return alarms' names without the words that all of them share."""
    words = [set(alarm["name"].split("-")) for alarm in alarms]
    common = set.intersection(*words) if len(words) > 1 else set()
    return [
        "-".join(word for word in name.split("-") if word not in common) or name for name in names
    ]


def _first(problems: Sequence[str]) -> str:
    return problems[0] if problems else "synthetic events were answered wrong"
