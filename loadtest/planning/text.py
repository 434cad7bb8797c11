"""A plan for the terminal and as Markdown sentences."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from reporting.amounts import milliseconds, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BAR = 36
_WIDTH = 100


def answer(plan: Mapping[str, Any]) -> str:
    """Return the answer in a sentence or two; `Reserve N` goes before it."""
    low, high = plan["neededInterval"]
    said = (
        f"{_exact(plan['atNeeded']['peak'])} of the attempts in an hour "
        f"of {plan['peakRate']:g} orders/s would be refused (the target is "
        f"{_exact(plan['target'])})."
    )
    if low != high:
        said += f" The slot time's interval makes that {low} to {high}."
    return said


def facts(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the answer rests on and what follows from it, as (name, text)."""
    slot = plan["slotTime"]
    return [
        ("slot time", f"{milliseconds(slot['mean'] * 1000)}, {slot['source']}"),
        ("offered", f"{plan['offeredErlangs']:.2f} executions busy on average at the peak"),
        ("bound by", _bound(plan)),
        ("headroom", f"{plan['headroomRate']:.1f} orders/s before the target is missed"),
        ("over a day", f"{_exact(plan['atNeeded']['day'])} refused, all 24 hours of the profile"),
        ("rate x time", _division(plan)),
        *([("in the run", _present(plan))] if plan["present"] else []),
        ("account", account(plan["account"], plan["needed"])),
        *costs(plan),
    ]


def costs(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the cost of a month, and of what it is made."""
    cost, prices = plan["cost"], plan["prices"]
    every = cost["everyOrderServed"]
    per = f"${prices['per_gb_second']:.10f} per GB-second, ${prices['per_request'] * 1e6:.2f}"
    return [
        (
            "a month",
            f"{_usd(every['total'])}: duration {_usd(every['duration'])} at {plan['memoryMb']} MB, "
            f"requests {_usd(every['requests'])}, for {cost['ordersPerMonth']:,.0f} orders, "
            "each served in the end",
        ),
        (
            "retries",
            f"{_usd(cost['retriedUntilServed'])} of it for orders that are refused first and come "
            "again; a refused attempt itself is not billed",
        ),
        ("reservation", "free of charge; no provisioned concurrency is planned"),
        (
            "prices",
            f"{prices['region']}, {prices['architecture']}, {per} per million requests, list "
            f"prices without free tier ({prices['source']}, checked {prices['checked']})",
        ),
    ]


def account(found: Mapping[str, Any], needed: int) -> str:
    """Return what the account's limit leaves."""
    if not found["compared"]:
        return f"not compared: {found['why']}"
    limit = f"limit {found['limit']:,}; this function could reserve {found['reservable']:,} of it"
    if found["fits"]:
        return f"{limit}; with {needed:,} all others share {found['left']:,}"
    return f"{limit}: {needed:,} DO NOT FIT; ask for a higher limit first"


def render(plan: Mapping[str, Any]) -> str:
    """Return the plan for a terminal."""
    said = textwrap.wrap(f"Reserve {plan['needed']}: {answer(plan)}", _WIDTH)
    return "\n".join([*said, "", *_facts(plan), "", *_curve(plan)]) + "\n"


def _facts(plan: Mapping[str, Any]) -> Iterator[str]:
    for name, text in facts(plan):
        yield from textwrap.wrap(f"{name:<12}{text}", _WIDTH, subsequent_indent=" " * 12)


def _curve(plan: Mapping[str, Any]) -> Iterator[str]:
    yield "reserved     peak      day   refused at the peak"
    for point in plan["curve"]:
        bar = "#" * round(point["peak"] * _BAR)
        note = " <- needed" if point["slots"] == plan["needed"] else ""
        if plan["present"] and point["slots"] == plan["present"]["slots"]:
            note += " <- in the run"
        yield (
            f"{point['slots']:>8} {_exact(point['peak']):>8} {_exact(point['day']):>8}"
            f"   {bar}{note}"
        ).rstrip()


def _division(plan: Mapping[str, Any]) -> str:
    rule = plan["byDivision"]
    refused = _exact(rule["peak"])
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
    return f"{present['slots']} reserved, {_exact(present['peak'])} refused at this peak"


def _exact(value: float) -> str:
    """Return a share, near a target of some hundredths with two digits after the point."""
    if 0 < value < 0.00005:
        return "< 0.01 %"
    return share(value) if value >= 0.1 else f"{value * 100:.2f} %"


def _usd(value: float) -> str:
    return f"${value:,.2f}"
