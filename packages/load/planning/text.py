"""A plan for the terminal and as Markdown sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporting import terminal
from reporting.amounts import count, dollars, milliseconds, number, rate, share, weight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BAR = 30
_HEAD = ("reserved", "peak", "day", "refused at the peak")


def answer(plan: Mapping[str, Any]) -> str:
    """Return the answer in a sentence or two; `Reserve N` goes before it."""
    low, high = plan["neededInterval"]
    said = (
        f"{share(plan['atNeeded']['peak'])} of the attempts in an hour "
        f"of {rate(plan['peakRate'])} would be refused (the target is "
        f"{weight(plan['target'])})."
    )
    if low != high:
        said += f" The slot time's interval makes that {low} to {high}."
    return said


def facts(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the answer rests on and what follows from it, as (name, text)."""
    slot = plan["slotTime"]
    return [
        ("slot time", f"{milliseconds(slot['mean'] * 1000)}, {slot['source']}"),
        (
            "offered",
            f"{number(round(plan['offeredErlangs'], 2))} executions busy on average at the peak",
        ),
        ("bound by", _bound(plan)),
        ("headroom", f"{rate(plan['headroomRate'])} before the target is missed"),
        ("over a day", f"{share(plan['atNeeded']['day'])} refused, all 24 hours of the profile"),
        ("rate x time", _division(plan)),
        *([("in the run", _present(plan))] if plan["present"] else []),
        ("account", account(plan["account"], plan["needed"])),
        *costs(plan),
    ]


def costs(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the cost of a month, and of what it is made."""
    cost, prices = plan["cost"], plan["prices"]
    every = cost["everyEventServed"]
    # A price list's own figures: every digit of them counts.
    per = f"${prices['per_gb_second']:.10f} per GB-second, {dollars(prices['per_request'] * 1e6)}"
    return [
        (
            "a month",
            f"{dollars(every['total'])}: duration {dollars(every['duration'])} at "
            f"{plan['memoryMb']} MB, requests {dollars(every['requests'])}, for "
            f"{count(cost['eventsPerMonth'])} events, each served in the end",
        ),
        (
            "retries",
            f"{dollars(cost['retriedUntilServed'])} of it for events that are refused first and "
            "come again; a refused attempt itself is not billed",
        ),
        ("reservation", "free of charge; no provisioned concurrency is planned"),
        ("logs", f"{dollars(cost['logs'])} a month to take them in, as {cost['logFormat']}"),
        ("snapshots", _snapshots(plan)),
        ("warm table", _warming(cost)),
        (
            "prices",
            f"{prices['region']}, {prices['architecture']}, {per} per million requests, list "
            f"prices without free tier ({prices['source']}, checked {prices['checked']})",
        ),
    ]


def _snapshots(plan: Mapping[str, Any]) -> str:
    cost, prices = plan["cost"], plan["prices"]
    if not cost["snapshotVersions"]:
        return "none: each version kept with one costs money (--snapshots N)"
    restored = prices["per_restored_gb"] * plan["memoryMb"] / 1024
    return (
        f"{dollars(cost['snapshots'])} a month for {count(cost['snapshotVersions'])} versions kept "
        f"with one, and ${restored:.6f} each time an environment starts from it; `nox -s prune` "
        "deletes what nothing needs"
    )


def _warming(cost: Mapping[str, Any]) -> str:
    if not cost["warmingOnce"]:
        return f"free of charge up to {count(cost['warmWrites'])} events a second at once"
    return f"{dollars(cost['warmingOnce'])} once, for {count(cost['warmWrites'])} events a second"


def account(found: Mapping[str, Any], needed: int) -> str:
    """Return what the account's limit leaves."""
    if not found["compared"]:
        return f"not compared: {found['why']}"
    reservable = count(found["reservable"])
    limit = f"limit {count(found['limit'])}; this function could reserve {reservable} of it"
    if found["fits"]:
        return f"{limit}; with {count(needed)} all others share {count(found['left'])}"
    return f"{limit}: {count(needed)} DO NOT FIT; ask for a higher limit first"


def render(plan: Mapping[str, Any], columns: int | None = None) -> str:
    """Return the plan for a terminal, `columns` wide or as the terminal is."""
    wide = columns or terminal.width()
    said = terminal.wrapped(f"Reserve {plan['needed']}: {answer(plan)}", wide)
    curve = terminal.table(_HEAD, _curve(plan), wide, right=(0, 1, 2))
    return "\n".join([*said, "", *terminal.pairs(facts(plan), wide), "", *curve]) + "\n"


def _curve(plan: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for point in plan["curve"]:
        notes = ["#" * round(point["peak"] * _BAR)]
        if point["slots"] == plan["needed"]:
            notes.append("<- needed")
        if plan["present"] and point["slots"] == plan["present"]["slots"]:
            notes.append("<- in the run")
        text = " ".join(note for note in notes if note)
        yield str(point["slots"]), share(point["peak"]), share(point["day"]), text


def _division(plan: Mapping[str, Any]) -> str:
    rule = plan["byDivision"]
    refused = share(rule["peak"])
    return f"would give {rule['slots']}, and refuse {refused}: arrivals come in bunches"


def _bound(plan: Mapping[str, Any]) -> str:
    if plan["boundByRate"]:
        return (
            "synchronous requests, of which Lambda takes ten a second for each reserved execution: "
            "shorter executions would not save one"
        )
    return "executions at once"


def _present(plan: Mapping[str, Any]) -> str:
    present = plan["present"]
    return f"{present['slots']} reserved, {share(present['peak'])} refused at this peak"
