"""Lambda's way in: `order_processor.handler.handler`."""

from __future__ import annotations

import gc
import re
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

gc.disable()  # what initialising allocates stays: looking for garbage in it only costs time

from order_processor import settings, wiring  # noqa: E402
from order_processor.observability import Observability  # noqa: E402
from order_processor.process import Delivery, process  # noqa: E402
from order_processor.validation import order_id_of  # noqa: E402

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/=@+-]{1,128}")

_observability = Observability()


@_observability.observe
def handler(event: object, context: LambdaContext) -> dict[str, Any]:
    """Take one order and return its answer: confirmed, or rejected with every reason.

    Raises where a dependency fails, so that Lambda retries and then dead-letters the event.
    """
    started = perf_counter()
    delivery = _delivery(context)
    try:
        outcome = process(event, delivery, wiring.orders())
    except Exception as error:
        seconds = perf_counter() - started
        _observability.report_failure(error, order_id_of(event), delivery, seconds)
        raise
    _observability.report(outcome, delivery, perf_counter() - started)
    return outcome.answer


def _delivery(context: LambdaContext) -> Delivery:
    return Delivery(
        request_id=context.aws_request_id,
        correlation_id=_correlation_id(context),
        function_version=context.function_version,
        received_at=datetime.now(UTC),
    )


def _correlation_id(context: LambdaContext) -> str:
    """The caller's id from the client context, where it is one that may stand in logs."""
    custom = getattr(context.client_context, "custom", None)
    value = custom.get("correlationId") if isinstance(custom, dict) else None
    if isinstance(value, str) and _CORRELATION_ID.fullmatch(value):
        return value
    return context.aws_request_id


if settings.in_lambda():
    wiring.orders()  # during init, so that no order waits for it
gc.freeze()
gc.enable()
