"""Orders, records and answers for the tests of judging."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from load.run_log.digests import content_digest as digest
from rehearsal.faults.judge import Evidence, Expected, expect
from rehearsal.faults.run_log import Answer

from services.order_processor.faults import draw, meant, total

if TYPE_CHECKING:
    from load.run_log.classify import Outcome

CONTENT = draw("order-1", random.Random(1))
OTHER = expect(draw("order-1", random.Random(2)), 0.0)
ORDERED = expect(CONTENT, 0.0)
REFUSED = expect(draw("order-1", random.Random(1), 999_999, valid=False), 0.0)


def item(ordered: Expected = ORDERED, **changes: dict[str, str]) -> dict[str, Any]:
    """Return the record that an order has to have."""
    event = ordered.event
    texts = {name: event[name] for name in ("orderId", "customerId", "currency", "placedAt")}
    texts |= {"contentDigest": ordered.digest, "total": total(event), "confirmedAt": "now"}
    texts["lines"] = json.dumps(event["lines"])
    return {name: {"S": text} for name, text in texts.items()} | changes


def confirmation(ordered: Expected = ORDERED, **changes: object) -> dict[str, Any]:
    """Return the answer that an order has to get."""
    event = ordered.event
    return {
        "status": "confirmed",
        "orderId": event["orderId"],
        "currency": event["currency"],
        "total": total(event),
        "lineCount": len(event["lines"]),
        "confirmedAt": "now",
        "contentDigest": meant(event),
        **changes,
    }


def answer(
    outcome: Outcome, body: dict[str, Any] | None = None, ordered: Expected = ORDERED
) -> Answer:
    """Return what one delivery came to."""
    mode = "async" if outcome == "accepted" else "sync"
    reasons = ",".join(reason["code"] for reason in (body or {}).get("reasons", []))
    return Answer("order-1", 0, mode, ordered.digest, outcome, body, reasons or None)


def recorded(*answers: Answer, ordered: Expected = ORDERED) -> Evidence:
    """Return the evidence of an order that was written once, as it had to be."""
    kept = item(ordered)
    return Evidence(list(answers), kept, ordered.digest, [digest(kept)])
