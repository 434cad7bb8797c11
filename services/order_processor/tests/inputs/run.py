"""Puts malformed events through a function and holds each answer against the oracle."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
from hypothesis import HealthCheck, Phase, assume, given, settings

from services.order_processor.tests.inputs import oracle
from services.order_processor.tests.inputs.events import FIRST, TAKEN, events, render

if TYPE_CHECKING:
    from services.order_processor.tests.function_process import Told

RECURSION_LIMIT = 10_000
"""The oracle looks into deeply nested events with functions of plain Python."""
_ASYNCHRONOUS_LIMIT = 1_048_576
"""Lambda takes no larger event asynchronously, in bytes:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class Function(Protocol):
    """What takes an event as JSON text."""

    def invoke(self, event: str) -> Told:
        """Hand over the event."""
        ...


class Contradiction(AssertionError):  # noqa: N818 - an outcome of the test, not an error of it
    """The function and the oracle say different things about an event."""


@dataclass
class Tally:
    """What a run has seen: reasons by code, events by number of reasons, a sample of events."""

    events: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    most_reasons: int = 0
    sample: list[str] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """Count one rejection."""
        reasons = (told.answer or {})["reasons"]
        self.events += 1
        self.codes.update(reason["code"] for reason in reasons)
        self.most_reasons = max(self.most_reasons, len(reasons))

    def keep(self, text: str, wanted: int, examples: int) -> None:
        """Keep the event for the deployed stack where there is room for it, and Lambda takes it."""
        if len(text.encode()) > _ASYNCHRONOUS_LIMIT:
            return
        if self.events % max(1, examples // max(1, wanted)) == 0 and len(self.sample) < wanted:
            self.sample.append(text)


def run(function: Function, examples: int, seed: int, sample: int = 0) -> Tally:
    """Put `examples` malformed events through `function`; raises Contradiction at the first slip.

    The same seed gives the same events to the same source (hypothesis mixes in constants that it
    finds there). A slip is reduced by hypothesis to a small event first.
    """
    sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
    tally = Tally()
    confirmed = function.invoke(json.dumps(FIRST))
    if (confirmed.answer or {}).get("status") != "confirmed":
        raise Contradiction(f"the first order was not confirmed: {confirmed}")

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(events)
    def put_through(event: Any) -> None:
        text = render(event)
        parsed = json.loads(text)
        expected = expectation(parsed)
        assume(expected)
        told = function.invoke(text)
        complaint = judge(parsed, expected, told)
        if complaint:
            raise Contradiction(f"{complaint}\nevent: {text[:2_000]}")
        tally.add(told)
        tally.keep(text, sample, examples)

    put_through()
    return tally


def expectation(event: Any) -> Counter[oracle.Finding]:
    """Return all findings about `event`, the store's included; none for a valid order."""
    found = oracle.findings(event)
    if not found and event["orderId"] == TAKEN and "source" not in event:
        found["ORDER_ID_CONFLICT", "/orderId"] += 1
    return found


def judge(event: Any, expected: Counter[oracle.Finding], told: Told) -> str | None:
    """Return what is wrong with the answer to a malformed event, None where nothing is."""
    if told.answer is None:
        return f"raised {told.raised}: {told.message}"
    if set(told.answer) != {"status", "orderId", "reasons"}:
        return f"the answer has the members {sorted(told.answer)}"
    if told.answer["status"] != "rejected":
        return f"{told.answer['status']} instead of rejected for {dict(expected)}"
    if told.answer["orderId"] != oracle.order_id(event):
        return f"the answer names the order {told.answer['orderId']}"
    return _misread(expected, told.answer["reasons"]) or _pointless(event, told.answer["reasons"])


def _misread(expected: Counter[oracle.Finding], reasons: list[dict[str, str]]) -> str | None:
    found = Counter((reason["code"], reason["path"]) for reason in reasons)
    if expected.total() > oracle.MAX_REASONS:
        if found.pop(("TOO_MANY_REASONS", ""), 0) != 1 or found.total() != oracle.MAX_REASONS:
            return f"{found.total()} reasons are given of {expected.total()}"
        unexpected = found - expected
        return f"not expected: {dict(unexpected)}" if unexpected else None
    if found != expected:
        return f"not given: {dict(expected - found)}; not expected: {dict(found - expected)}"
    return None


def _pointless(event: Any, reasons: list[dict[str, str]]) -> str | None:
    for reason in reasons:
        missing = reason["code"].endswith("_MISSING")
        if not oracle.points_into(reason["path"], event, missing=missing):
            return f"{reason['code']} points to {reason['path']!r}, which is no such place"
        if set(reason) != {"code", "path", "message"} or not reason["message"]:
            return f"{reason['code']} has no message, or more than one"
    return None
