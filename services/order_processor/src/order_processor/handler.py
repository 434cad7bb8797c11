"""Lambda's way in: `order_processor.handler.handler`."""

from __future__ import annotations

import gc
import re
import sys
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

gc.disable()  # what initialising allocates stays: looking for garbage in it only costs time

from order_processor import startup  # noqa: E402

startup.preload()  # before the first library is imported
startup.defer()

from order_processor import settings, wiring  # noqa: E402
from order_processor.observability import Observability  # noqa: E402
from order_processor.process import Delivery, process  # noqa: E402
from order_processor.repository import DependencyError  # noqa: E402
from order_processor.validation import order_id_of  # noqa: E402

if TYPE_CHECKING:
    from typing import Protocol

    class Context(Protocol):
        """What is used of the context object that Lambda hands over.

        https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
        """

        aws_request_id: str
        function_name: str
        function_version: str
        memory_limit_in_mb: str
        invoked_function_arn: str
        client_context: Any


_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/=@+-]{1,128}")
# The ARN as the caller named the function: the eighth part is a version or an alias, and no alias
# consists of digits alone.
_BY_NUMBER = re.compile(r"(?:[^:]*:){7}[0-9]+")

# The runtime parses an event before any code here sees it; what it cannot parse is a function error
# and ends in the dead-letter queue, while this module would have rejected it. Bounded by the stack,
# and for whole numbers by the time that all of an event's take: Python's own limit of 4,300 digits
# (at 100,000 digits, 60 numbers took 2.75 s).
_MAX_NESTING = 10_000

_observability = Observability()


@_observability.observe
def handler(event: object, context: Context) -> dict[str, Any]:
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
        if not isinstance(error, DependencyError):
            error.args = ()  # what nobody foresaw may quote an order, and the runtime prints it
        raise
    _observability.report(outcome, delivery, perf_counter() - started)
    return outcome.answer


def _delivery(context: Context) -> Delivery:
    return Delivery(
        request_id=context.aws_request_id,
        correlation_id=_correlation_id(context),
        function_version=context.function_version,
        received_at=datetime.now(UTC),
        by_number=_BY_NUMBER.fullmatch(context.invoked_function_arn) is not None,
    )


def _correlation_id(context: Context) -> str:
    """The caller's id from the client context, where it is one that may stand in logs."""
    custom = getattr(context.client_context, "custom", None)
    value = custom.get("correlationId") if isinstance(custom, dict) else None
    if isinstance(value, str) and _CORRELATION_ID.fullmatch(value):
        return value
    return context.aws_request_id


if settings.in_lambda():
    sys.setrecursionlimit(_MAX_NESTING)
    wiring.orders()  # during init, so that no order waits for it
gc.freeze()
gc.enable()
