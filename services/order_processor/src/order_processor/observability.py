"""The one seam to logs, metrics and traces; no other module knows who provides them.

Replacing any provider changes this module only. Metrics go out through `emf`, traces through
`xray`, since the X-Ray SDK is slow to import and in maintenance since 2026-02-25, no end named
(https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html). Nothing is emitted
at import.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from order_processor import emf, settings, xray
from order_processor.version import LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from order_processor.process import Delivery, Outcome

_MAX_CODES = 10
"""Reason codes counted per rejected order; every code belongs to a closed set."""
_REMEMBERED = 1_000
"""Invocations of this environment whose confirmation is known to have been told."""
# What they say of a request below that has the order, the signature and the session's token in it.
# Lambda sets the level of all loggers at once where its log format is JSON.
for _name in ("botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# No line tells of threads and processes: https://docs.python.org/3/howto/logging.html#optimization
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
# Made once; by default Powertools makes one for each line.
_encode = json.JSONEncoder(default=str, separators=(",", ":"), ensure_ascii=False).encode


class _Line(LambdaPowertoolsFormatter):
    """Powertools' line of the log, of the members that are named here and no others.

    Powertools itself looks through every attribute of a record for members; that was a third of a
    warm order's own CPU (docs/adr/0008).
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object: what is known of the invocation, and the record's `fields`."""
        members = {
            **self.log_format,
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.msg,
            "timestamp": self.formatTime(record),
            **getattr(record, "fields", {}),
            "xray_trace_id": self._get_latest_trace_id(),
        }
        return _encode({name: value for name, value in members.items() if value is not None})


class Observability:
    """Tells the outside what happened: one log line per order, EMF metrics, trace annotations.

    No line, metric or annotation carries anything of the customer's but ids.
    """

    def __init__(self) -> None:
        self._logger = Logger(logger_formatter=_Line(utc=True, use_rfc3339=True))
        self._namespace = settings.metrics_namespace()
        # By function, not by service: the stacks of an account share the service's name.
        self._function = {"FunctionName": settings.function_name()}
        # Everywhere: without a sampled trace, as outside Lambda, it sends nothing.
        self._tracer = xray.Provider()
        self._cold = not settings.provisioned()
        self._told: dict[str, None] = {}

    def observe(self, handler: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """Wrap a Lambda handler in a trace subsegment and put the invocation's context in logs."""

        @functools.wraps(handler)
        def traced(event: object, context: Any) -> dict[str, Any]:
            with self._tracer.in_subsegment(f"## {handler.__name__}") as subsegment:
                subsegment.put_annotation("ColdStart", self._cold)
                subsegment.put_annotation("Service", self._logger.service)
                self._logger.append_keys(
                    cold_start=self._cold,
                    function_name=context.function_name,
                    function_memory_size=context.memory_limit_in_mb,
                    function_arn=context.invoked_function_arn,
                    function_request_id=context.aws_request_id,
                )
                # Neither answers nor exceptions go into the trace: both may quote an order.
                return handler(event, context)

        return traced

    def report(self, outcome: Outcome, delivery: Delivery, seconds: float) -> None:
        """Tell what became of an order, after `seconds` of handling it.

        An invocation that comes twice here, as Lambda's queue may have it, confirms once.
        """
        cold, self._cold = self._cold, False
        if outcome.kind == "confirmed":
            outcome = self._once(outcome, delivery.request_id)
        self._annotate(outcome.kind, outcome.order_id, delivery)
        fields = self._fields(outcome.kind, outcome.order_id, delivery, seconds)
        fields["codes"] = outcome.codes[:_MAX_CODES]
        self._logger.info("order processed", extra={"fields": fields})
        if outcome.synthetic:
            self._emit({"SyntheticOrders": ("Count", 1.0)}, self._function)
        else:
            self._measure(outcome, delivery.function_version, seconds, cold=cold)

    def _once(self, outcome: Outcome, request_id: str) -> Outcome:
        if request_id in self._told:
            return outcome._replace(kind="duplicate")
        self._told[request_id] = None
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
        return outcome

    def report_failure(
        self, error: Exception, order_id: str | None, delivery: Delivery, seconds: float
    ) -> None:
        """Tell that handling an order failed; Lambda counts the error itself."""
        self._cold = False
        self._annotate("failed", order_id, delivery)
        fields = self._fields("failed", order_id, delivery, seconds)
        fields["error"] = type(error).__name__
        self._logger.error("order failed", extra={"fields": fields})

    def _fields(
        self, outcome: str, order_id: str | None, delivery: Delivery, seconds: float
    ) -> dict[str, object]:
        return {
            "order_id": order_id,
            "outcome": outcome,
            "duration_ms": round(seconds * 1000, 3),
            "correlation_id": delivery.correlation_id,
            "version": delivery.function_version,
            "release": LABEL,
        }

    def _annotate(self, outcome: str, order_id: str | None, delivery: Delivery) -> None:
        self._tracer.put_annotation("Outcome", outcome)
        self._tracer.put_annotation("CorrelationId", delivery.correlation_id)
        if order_id is not None:
            self._tracer.put_annotation("OrderId", order_id)

    def _measure(self, outcome: Outcome, version: str, seconds: float, *, cold: bool) -> None:
        """Count what `[outcomes]` of service.toml names: of the function, and of each version."""
        name = {
            "confirmed": "OrdersConfirmed",
            "duplicate": "OrderDuplicates",
            "rejected": "OrdersRejected",
        }[outcome.kind]
        metrics = {name: ("Count", 1.0), "ProcessingTime": ("Milliseconds", seconds * 1000)}
        if cold:
            metrics["ColdStart"] = ("Count", 1.0)
        by_version = self._function | {"ExecutedVersion": version}
        self._emit(metrics, self._function, by_version)
        for code in outcome.codes[:_MAX_CODES]:
            self._emit({name: ("Count", 1.0)}, by_version | {"ReasonCode": code})

    def _emit(self, metrics: Mapping[str, tuple[str, float]], *dimensions: dict[str, str]) -> None:
        sys.stdout.write(emf.document(self._namespace, metrics, *dimensions) + "\n")
