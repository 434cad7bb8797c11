"""The same function as documentation and tutorials build it: resolver, models, resource, utility.

Powertools' REST resolver, a pydantic model, `boto3.resource` and Powertools' Idempotency with its
DynamoDB layer; the lighter choice where there are two (no OpenAPI, one model, no envelope).
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext  # noqa: TC002
from pydantic import ConfigDict, Field

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
tracer = Tracer()
app = APIGatewayRestResolver()
orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE_NAME"])
idempotency = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE_NAME"])
config = IdempotencyConfig(event_key_jmespath="orderId")


@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="body", persistence_store=idempotency, config=config
)
def record(body: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Validate, price and store an order."""
    order = parse(event=body, model=Order)
    amount = sum((Decimal(line.unitPrice) * line.quantity for line in order.lines), Decimal(0))
    content = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    answer: dict[str, Any] = {
        "status": "confirmed",
        "orderId": order.orderId,
        "currency": order.currency,
        "total": str(amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)),
        "lineCount": len(order.lines),
        "confirmedAt": datetime.now(timezone.utc).isoformat(),  # noqa: UP017
        "contentDigest": hashlib.sha256(content.encode()).hexdigest(),
    }
    lines = json.dumps(body["lines"])
    orders.put_item(Item={**answer, "requestId": request_id, "lines": lines})
    return answer


@app.post("/orders")
@tracer.capture_method
def take() -> dict[str, Any]:
    """Take an order."""
    config.register_lambda_context(app.lambda_context)
    answer: dict[str, Any] = record(
        body=app.current_event.json_body, request_id=app.lambda_context.aws_request_id
    )
    logger.info("order processed", extra={"order_id": answer["orderId"]})
    metrics.add_metric(name="OrdersConfirmed", unit=MetricUnit.Count, value=1)
    return answer


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take an API Gateway event."""
    return app.resolve(event, context)
