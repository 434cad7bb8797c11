from __future__ import annotations

import importlib
import json
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from console.checkout import ROOT
from order_processor import wiring
from order_processor.repository import DependencyError
from service.declaration import load

from services.order_processor.tests.fakes import ClientContext, Context, FakeDynamoDB, Fault
from services.order_processor.tests.orders import ORDER, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = "order-processor"


class Function:
    """The handler as Lambda has it after init, and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.reload()

    def reload(self) -> None:
        """Initialise anew."""
        self._module = importlib.reload(importlib.import_module("order_processor.handler"))

    def handle(self, event: object, context: Context) -> dict[str, Any]:
        """Invoke the handler with its log going where pytest looks for output now."""
        for handler in logging.getLogger(SERVICE).handlers:
            assert isinstance(handler, logging.StreamHandler)
            handler.stream = sys.stdout
        answer: dict[str, Any] = self._module.handler(event, context)
        return answer

    def printed(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The log lines and the EMF documents since the last call."""
        documents = [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
        logs = [document for document in documents if "_aws" not in document]
        return logs, [document for document in documents if "_aws" in document]


@pytest.fixture
def function(
    endpoint: FakeDynamoDB, aws: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Function]:
    """A freshly initialised function in an environment like Lambda's."""
    del endpoint
    aws.setenv("ORDERS_TABLE_NAME", "orders")
    aws.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
    aws.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-local")
    aws.setenv("POWERTOOLS_SERVICE_NAME", SERVICE)
    aws.setenv("POWERTOOLS_METRICS_NAMESPACE", "OrderProcessing")
    wiring.orders.cache_clear()
    yield Function(capsys)
    orders: Any = wiring.orders()
    orders._client.close()
    wiring.orders.cache_clear()


def _metrics(documents: list[dict[str, Any]]) -> dict[tuple[str, ...], float]:
    """Metric values by name and the values of the dimensions other than the function."""
    found: dict[tuple[str, ...], float] = {}
    for document in documents:
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "OrderProcessing"
        assert document["FunctionName"] == "orders-local"
        for dimensions in directive["Dimensions"]:
            values = tuple(document[name] for name in dimensions if name != "FunctionName")
            for metric in directive["Metrics"]:
                key = (metric["Name"], *values)
                found[key] = found.get(key, 0) + sum(document[metric["Name"]])
    return found


def _counted(*names: str) -> set[tuple[str, ...]]:
    """Each metric of the function and of its version."""
    return {key for name in names for key in ((name,), (name, "7"))}


def test_connects_and_primes_during_init(function: Function, endpoint: FakeDynamoDB) -> None:
    """The first order finds an open connection; nothing is printed by then."""
    assert len(endpoint.requests) == 2
    assert function.printed() == ([], [])


def test_importing_outside_lambda_connects_to_nothing(
    endpoint: FakeDynamoDB, aws: pytest.MonkeyPatch
) -> None:
    """A tool that only looks at the handler needs no table and no AWS."""
    aws.setenv("POWERTOOLS_SERVICE_NAME", SERVICE)
    importlib.reload(importlib.import_module("order_processor.handler"))
    assert endpoint.requests == []


def test_a_confirmed_order_prints_one_line_and_its_metrics(function: Function) -> None:
    """Cold start is counted for the first order only."""
    answer = function.handle(ORDER, Context())
    logs, metrics = function.printed()
    assert answer["status"] == "confirmed"
    (line,) = logs
    assert line["order_id"] == "order-1"
    assert line["outcome"] == "confirmed"
    assert line["version"] == "7"
    assert line["function_request_id"] == "request-1"
    assert line["duration_ms"] > 0
    assert isinstance(line["cold_start"], bool)
    assert set(_metrics(metrics)) == _counted("OrdersConfirmed", "ProcessingTime", "ColdStart")
    function.handle(ORDER, Context(aws_request_id="request-2"))
    logs, metrics = function.printed()
    assert logs[0]["outcome"] == "duplicate"
    assert set(_metrics(metrics)) == _counted("OrderDuplicates", "ProcessingTime")


def test_the_line_is_powertools(function: Function, aws: pytest.MonkeyPatch) -> None:
    """Same members in the same order as from Powertools' own formatter, which is the oracle."""
    aws.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
    (handler,) = logging.getLogger(SERVICE).handlers
    for event in (ORDER, "no order"):
        records: list[logging.LogRecord] = []
        aws.setattr(handler, "filter", lambda record, kept=records: not kept.append(record))
        function.handle(event, Context())
        ((line,), _) = function.printed()
        (record,) = records
        theirs = LambdaPowertoolsFormatter(utc=True, use_rfc3339=True)
        assert isinstance(handler.formatter, LambdaPowertoolsFormatter)
        theirs.log_format = handler.formatter.log_format
        vars(record).update(vars(record).pop("fields"))
        assert list(line.items()) == list(json.loads(theirs.format(record)).items())


def test_one_invocation_that_comes_twice_confirms_once(function: Function) -> None:
    """Lambda's queue delivers at least once, under one request id: log and metric agree."""
    for _ in range(2):
        assert function.handle(ORDER, Context())["status"] == "confirmed"
    logs, metrics = function.printed()
    assert [line["outcome"] for line in logs] == ["confirmed", "duplicate"]
    assert _metrics(metrics)[("OrdersConfirmed",)] == 1
    assert _metrics(metrics)[("OrderDuplicates",)] == 1


def test_what_was_initialised_ahead_is_no_cold_start(
    function: Function, aws: pytest.MonkeyPatch
) -> None:
    """Under provisioned concurrency, in the metric as in the log line."""
    for kind, cold in (("provisioned-concurrency", False), ("on-demand", True)):
        aws.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
        function.reload()
        function.handle(changed(orderId=kind), Context(aws_request_id=kind))
        logs, metrics = function.printed()
        assert logs[0]["cold_start"] is cold
        assert (("ColdStart",) in _metrics(metrics)) is cold


def test_a_rejected_order_is_counted_by_reason(function: Function) -> None:
    """Once as an order and once for every distinct reason."""
    function.handle({"orderId": "a"}, Context())
    function.printed()
    answer = function.handle(changed(currency="XYZ", extra=1), Context())
    logs, metrics = function.printed()
    assert answer["status"] == "rejected"
    assert logs[0]["codes"] == ["CURRENCY_UNKNOWN", "UNKNOWN_MEMBER"]
    found = {key: n for key, n in _metrics(metrics).items() if key[0] != "ProcessingTime"}
    assert found == {
        ("OrdersRejected",): 1.0,
        ("OrdersRejected", "7"): 1.0,
        ("OrdersRejected", "7", "CURRENCY_UNKNOWN"): 1.0,
        ("OrdersRejected", "7", "UNKNOWN_MEMBER"): 1.0,
    }


def test_what_the_gate_reads_is_what_is_counted(function: Function) -> None:
    """Metrics, dimensions and reasons are those of service.toml, and the README's codes."""
    declared = load("order_processor").outcomes
    assert declared is not None
    for event in (ORDER, ORDER, changed(lines=[])):
        function.handle(event, Context(aws_request_id=str(id(event))))
    function.handle(ORDER, Context(aws_request_id="another"))
    _, documents = function.printed()
    directives = [document["_aws"]["CloudWatchMetrics"][0] for document in documents]
    assert {each["Namespace"] for each in directives} == {declared.namespace}
    counted = {
        (metric["Name"], *dimensions)
        for each in directives
        for dimensions in each["Dimensions"]
        for metric in each["Metrics"]
    }
    version = (declared.function_dimension, declared.version_dimension)
    outcomes = {declared.confirmed, declared.duplicate, declared.rejected}
    assert {(name, *version) for name in outcomes} <= counted
    assert {(name, version[0]) for name in outcomes} <= counted
    assert (declared.rejected, *version, declared.reason_dimension) in counted
    readme = (ROOT / "services/order_processor/README.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert sorted(declared.reasons) == sorted(documented)


ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.mark.parametrize("event", [changed(orderId="synthetic-1"), {"orderId": "synthetic-1"}])
def test_a_synthetic_order_stays_out_of_the_business_metrics(
    function: Function, event: dict[str, Any]
) -> None:
    """Smoke tests are counted apart, accepted or not."""
    function.handle(event, Context(invoked_function_arn=f"{ARN}:7"))
    logs, metrics = function.printed()
    assert len(logs) == 1
    assert _metrics(metrics) == {("SyntheticOrders",): 1.0}


@pytest.mark.parametrize("arn", [ARN, f"{ARN}:production", f"{ARN}:$LATEST", f"{ARN}:7a", "7"])
def test_nobody_else_can_send_a_synthetic_order(
    function: Function, endpoint: FakeDynamoDB, arn: str
) -> None:
    """Through the alias, or without a qualifier, its id is refused, and counted as a rejection."""
    answer = function.handle(changed(orderId="synthetic-1"), Context(invoked_function_arn=arn))
    assert [reason["code"] for reason in answer["reasons"]] == ["ORDER_ID_RESERVED"]
    assert ("OrdersRejected", "7", "ORDER_ID_RESERVED") in _metrics(function.printed()[1])
    assert not endpoint.items


@pytest.mark.parametrize("order_id", ["synthetic-1", "order-1"])
def test_a_synthetic_orders_record_alone_expires(
    function: Function, endpoint: FakeDynamoDB, order_id: str
) -> None:
    """A day later; the member `synthetic` of any caller changes nothing."""
    event = changed(orderId=order_id, synthetic=True)
    before = int(time.time())
    function.handle(event, Context(invoked_function_arn=f"{ARN}:7"))
    found = endpoint.items[order_id].get("expiresAt")
    if order_id == "order-1":
        assert found is None
        assert ("OrdersConfirmed",) in _metrics(function.printed()[1])
    else:
        assert found is not None
        assert before + 86_400 <= int(found["N"]) <= time.time() + 86_400


def test_a_failing_store_raises_and_prints_one_line(
    function: Function, endpoint: FakeDynamoDB
) -> None:
    """The error goes to Lambda, which counts it; no business metric is told."""
    endpoint.faults = [Fault(400, "AccessDeniedException")]
    with pytest.raises(DependencyError):
        function.handle(ORDER, Context())
    logs, metrics = function.printed()
    assert [(line["outcome"], line["error"]) for line in logs] == [("failed", "DependencyError")]
    assert logs[0]["order_id"] == "order-1"
    assert metrics == []


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        ({"correlationId": "web-1/2"}, "web-1/2"),
        ({"correlationId": "a b"}, "request-1"),
        ({"correlationId": "x" * 129}, "request-1"),
        ({"correlationId": 7}, "request-1"),
        ({}, "request-1"),
        ("text", "request-1"),
        (None, "request-1"),
    ],
)
def test_the_callers_correlation_id_goes_into_log_and_record(
    function: Function, endpoint: FakeDynamoDB, custom: object, expected: str
) -> None:
    """One that is missing or unfit for logs gives way to the request id."""
    function.handle(ORDER, Context(client_context=ClientContext(custom)))
    logs, _ = function.printed()
    assert logs[0]["correlation_id"] == expected
    assert endpoint.items["order-1"]["correlationId"] == {"S": expected}


def test_prints_nothing_of_the_customers_but_ids(function: Function) -> None:
    """No SKU, price, quantity or total in anything that is printed, whatever the outcome."""
    line = {"sku": "SECRET-SKU", "quantity": 7331, "unitPrice": "13.37"}
    for event in (
        changed(lines=[line]),
        changed(lines=[line, line]),
        changed(orderId="x y SECRET", lines=[line]),
        changed(customerId="SECRET", lines=[line | {"SECRET": "SECRET"}]),
    ):
        function.handle(event, Context())
        printed = json.dumps(function.printed())
        assert not [word for word in ("SECRET", "7331", "13.37", "98015") if word in printed]


def test_annotates_the_trace_with_ids_only(function: Function, aws: pytest.MonkeyPatch) -> None:
    """Outcome, order id and correlation id make a trace findable."""
    told: dict[str, object] = {}
    module = sys.modules["order_processor.handler"]
    aws.setattr(
        module._observability._tracer,
        "put_annotation",
        lambda key, value: told.update({key: value}),
    )
    function.handle(ORDER, Context())
    assert told == {"Outcome": "confirmed", "OrderId": "order-1", "CorrelationId": "request-1"}
