"""The same function as this service's, from Powertools and pydantic alone, as lean as they allow.

What a warm order's own CPU is compared with: a plain event instead of a REST resolver, one model,
one line of log, the same metrics, a digest, and `put` for the store. It leaves out the trace, the
canonical form and the text rules, which the service has.
"""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext  # noqa: TC002
from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]


class Line(BaseModel):
    """One position of an order."""

    model_config = ConfigDict(extra="forbid")
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    unitPrice: Annotated[str, Field(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$")]  # noqa: N815


class Order(BaseModel):
    """The order contract."""

    model_config = ConfigDict(extra="forbid")
    orderId: Identifier  # noqa: N815
    customerId: Identifier | None = None  # noqa: N815
    source: Identifier | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    placedAt: datetime  # noqa: N815
    lines: Annotated[list[Line], Field(min_length=1, max_length=10_000)]
    synthetic: bool = False


logger = Logger()
metrics = Metrics()


def put(item: dict[str, Any]) -> None:
    """Stand in for the store, which answers at once."""


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take an order."""
    started = time.perf_counter()
    order = Order.model_validate(event)
    amount = sum((Decimal(line.unitPrice) * line.quantity for line in order.lines), Decimal(0))
    content = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    answer: dict[str, Any] = {
        "status": "confirmed",
        "orderId": order.orderId,
        "currency": order.currency,
        "total": str(amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)),
        "lineCount": len(order.lines),
        "confirmedAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "contentDigest": hashlib.sha256(content.encode()).hexdigest(),
    }
    put({**answer, "requestId": context.aws_request_id, "lines": json.dumps(event["lines"])})
    seconds = time.perf_counter() - started
    logger.info(
        "order processed",
        extra={"order_id": order.orderId, "outcome": "confirmed", "duration_ms": seconds * 1000},
    )
    metrics.add_metric(name="OrdersConfirmed", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="ProcessingTime", unit=MetricUnit.Milliseconds, value=seconds * 1000)
    return answer
