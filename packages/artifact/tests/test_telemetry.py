"""What the function tells the outside, read as bytes: its output and its UDP datagrams.

All of it is seen from outside the unpacked zip, so that whoever provides logs, metrics and traces
can be replaced without touching these tests.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import socket
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from service.declaration import load

from artifact.build import Request, build
from services.order_processor.tests.fakes import FakeDynamoDB, Fault
from services.order_processor.tests.function_process import FunctionProcess
from services.order_processor.tests.orders import ORDER, changed, orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from artifact.tests.conftest import Artifact

README = ROOT / "services" / "order_processor" / "README.md"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
SECRET, NUMBER = "xyzzy", 73317331
METRICS = {
    "OrdersConfirmed": "Count",
    "OrdersRejected": "Count",
    "OrderDuplicates": "Count",
    "SyntheticOrders": "Count",
    "ColdStart": "Count",
    "ProcessingTime": "Milliseconds",
}


@dataclass
class Telemetry:
    """A running function, its store, and what both let out."""

    function: FunctionProcess
    store: FakeDynamoDB
    daemon: socket.socket
    seen: int = 0

    def lines(self) -> list[dict[str, Any]]:
        """Return what was printed since the last call; every line must be a JSON object."""
        printed = self.function.printed()
        new, self.seen = printed[self.seen :], len(printed)
        return [json.loads(line) for line in new.splitlines()]

    def logs(self) -> list[dict[str, Any]]:
        """Return the new lines that are no metrics."""
        return [line for line in self.lines() if "_aws" not in line]

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Return the new metrics by name and the values of their dimensions."""
        return {
            (name, *dimensions): value
            for line in self.lines()
            if "_aws" in line
            for name, dimensions, value in points(line)
        }

    def datagrams(self) -> list[bytes]:
        """Return what has come to the trace daemon's port since the last call."""
        found = []
        while True:
            try:
                found.append(self.daemon.recv(65_536))
            except BlockingIOError:
                return found


@pytest.fixture
def telemetry(artifact: Artifact) -> Iterator[Telemetry]:
    """The function of the unpacked zip, freshly started, with a trace daemon."""
    with _started(artifact.unpacked) as started:
        yield started


class _started:  # noqa: N801 - a context manager that reads like a function
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Telemetry:
        self._daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._daemon.bind(("127.0.0.1", 0))
        self._daemon.setblocking(False)
        address = f"127.0.0.1:{self._daemon.getsockname()[1]}"
        self._store = FakeDynamoDB()
        self._store.__enter__()
        variables = {"AWS_XRAY_DAEMON_ADDRESS": address, "POWERTOOLS_LOGGER_LOG_EVENT": "true"}
        self._function = FunctionProcess(self._directory, self._store.url, variables)
        return Telemetry(self._function.__enter__(), self._store, self._daemon)

    def __exit__(self, *_: object) -> None:
        self._function.__exit__()
        self._store.__exit__()
        self._daemon.close()


def points(document: dict[str, Any]) -> list[tuple[str, tuple[str, ...], float]]:
    """Return name, dimension values and value of each point, once the document proves valid.

    The rules are those of
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found = []
    assert isinstance(document["_aws"]["Timestamp"], int)
    assert document["_aws"]["Timestamp"] > 1_600_000_000_000  # milliseconds
    for directive in document["_aws"]["CloudWatchMetrics"]:
        assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
        assert re.fullmatch(r"[^:]{1,255}", directive["Namespace"])
        assert 1 <= len(directive["Metrics"]) <= 100
        names = [metric["Name"] for metric in directive["Metrics"]]
        assert len(set(names)) == len(names)
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            values = tuple(document[name] for name in dimensions)
            assert all(isinstance(value, str) and 1 <= len(value) <= 1_024 for value in values)
            found += [(name, values, _value(document[name])) for name in names]
        for metric in directive["Metrics"]:
            assert METRICS[metric["Name"]] == metric["Unit"]
            assert metric.get("StorageResolution", 60) in (1, 60)
    return found


def _value(target: object) -> float:
    values = target if isinstance(target, list) else [target]
    assert 1 <= len(values) <= 100
    assert all(type(value) in (int, float) for value in values)
    return float(sum(values))


def test_one_line_tells_what_became_of_an_order(telemetry: Telemetry) -> None:
    """Id, outcome, duration, version, cold start and the caller's id, for every kind of end."""
    custom = {"correlationId": "web-1/2"}
    telemetry.store.faults = [Fault(400, "AccessDeniedException")]
    events = [ORDER, ORDER, ORDER, changed(customerId="other"), changed(lines=[]), "text"]
    for number, event in enumerate(events):
        telemetry.function.invoke(json.dumps(event), custom)
        (line,) = telemetry.logs()
        assert line["outcome"] == (
            "failed", "confirmed", "duplicate", "rejected", "rejected", "rejected",
        )[number]  # fmt: skip
        assert line.get("order_id") == (None if event == "text" else "order-1")
        assert (line["version"], line["correlation_id"]) == ("7", "web-1/2")
        assert line["cold_start"] is (number == 0)
        assert line["duration_ms"] > 0
    assert telemetry.lines() == []


def test_counts_each_order_once_under_bounded_dimensions(telemetry: Telemetry) -> None:
    """Every document is valid EMF; dimensions hold function, version and published codes."""
    function, version = "orders", "7"
    telemetry.function.invoke(json.dumps(ORDER))
    assert set(telemetry.metrics()) == {
        (name, *dimensions)
        for name in ("OrdersConfirmed", "ProcessingTime", "ColdStart")
        for dimensions in ((function,), (function, version))
    }
    telemetry.function.invoke(json.dumps(ORDER))
    assert set(telemetry.metrics()) == {
        (name, *dimensions)
        for name in ("OrderDuplicates", "ProcessingTime")
        for dimensions in ((function,), (function, version))
    }
    telemetry.function.invoke(json.dumps(changed(currency="XYZ", lines=[1, 2])))
    found = telemetry.metrics()
    assert found.pop(("ProcessingTime", function)) > 0
    assert found.pop(("ProcessingTime", function, version)) > 0
    assert found == {
        ("OrdersRejected", function): 1,
        ("OrdersRejected", function, version): 1,
        ("OrdersRejected", function, version, "CURRENCY_UNKNOWN"): 1,
        ("OrdersRejected", function, version, "LINE_WRONG_TYPE"): 1,
    }
    telemetry.function.invoke(json.dumps(dict.fromkeys("abcdefghijklmnop", 1)))
    codes = {key[3] for key in telemetry.metrics() if len(key) == 4}
    published = re.findall(r"^\| `([A-Z_]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert codes
    assert codes <= set(published)


@pytest.mark.parametrize("event", [changed(orderId="synthetic-1"), {"orderId": "synthetic-1"}])
def test_a_smoke_test_leaves_the_business_metrics_alone(
    event: dict[str, Any], telemetry: Telemetry
) -> None:
    """Confirmed, repeated or rejected, a synthetic order is counted as one and nothing else."""
    for _ in range(2):
        telemetry.function.invoke(json.dumps(event), qualifier="7")
        assert telemetry.metrics() == {("SyntheticOrders", "orders"): 1}


def test_the_callers_id_is_in_line_record_and_trace(telemetry: Telemetry) -> None:
    """One id leads from the caller through everything that is kept."""
    told = telemetry.function.invoke(json.dumps(ORDER), {"correlationId": "web-1/2"}, TRACE)
    assert told.answer
    (line,) = telemetry.logs()
    ((header, document),) = [datagram.split(b"\n", 1) for datagram in telemetry.datagrams()]
    assert json.loads(header) == {"format": "json", "version": 1}
    segment = json.loads(document)
    assert line["correlation_id"] == "web-1/2"
    assert telemetry.store.items["order-1"]["correlationId"] == {"S": "web-1/2"}
    assert segment["annotations"]["CorrelationId"] == "web-1/2"
    assert segment["annotations"]["OrderId"] == "order-1"
    assert (segment["trace_id"], segment["parent_id"]) == (TRACE[5:40], TRACE[48:64])
    assert re.fullmatch("[0-9a-f]{16}", segment["id"])
    assert segment["start_time"] <= segment["end_time"]


def test_what_is_not_sampled_is_not_traced(telemetry: Telemetry) -> None:
    """Lambda decides; an order without a trace is no fault, and nothing is said about it."""
    for trace in ("", TRACE.replace("Sampled=1", "Sampled=0")):
        telemetry.function.invoke(json.dumps(ORDER), trace=trace)
    assert telemetry.datagrams() == []
    assert len(telemetry.logs()) == 2


@st.composite
def telltale_orders(draw: st.DrawFn) -> dict[str, Any]:
    """Return an order with the secret in one to six places: values, names, numbers."""
    order: dict[str, Any] = copy.deepcopy(draw(orders))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.sampled_from([order, *order["lines"]]))
        name = draw(st.sampled_from([*sorted(place), f"{SECRET}Name"]))
        if name != "lines":
            place[name] = draw(
                st.sampled_from(
                    [SECRET + " !", SECRET, NUMBER, f"{NUMBER}.5", [SECRET], {SECRET: 1}]
                )
            )
    if isinstance(order["orderId"], str) and not order["orderId"].endswith("!"):
        order["orderId"] = "o1"  # a valid id is no secret: it belongs into logs and traces
    return order


def _put_secrets_through(telemetry: Telemetry, examples: int) -> list[str]:
    """Send telltale orders, some into a failing store; return what Lambda would print of errors."""
    raised = []
    loud = Fault(400, "ValidationException", message=f"{SECRET} {NUMBER} is no value for sku")

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(telltale_orders(), st.booleans())
    def put_through(order: dict[str, Any], failing: bool) -> None:
        telemetry.store.faults = [loud] if failing else []
        custom = {"correlationId": f"{SECRET} !", "other": SECRET}
        told = telemetry.function.invoke(json.dumps(order), custom, TRACE)
        if told.raised:
            raised.append(f"{told.raised}: {told.message}{''.join(told.frames)}")

    put_through()
    return raised


def _leaks(telemetry: Telemetry, raised: list[str]) -> list[bytes]:
    lines = telemetry.function.printed().splitlines()
    everything = [*lines, *telemetry.datagrams(), *(text.encode() for text in raised)]
    return [each for each in everything if SECRET.encode() in each or str(NUMBER).encode() in each]


def test_nothing_of_the_customers_but_ids_comes_out(telemetry: Telemetry) -> None:
    """Confirmed, rejected or failed: no value and no name of an order in any byte that leaves."""
    raised = _put_secrets_through(telemetry, 200)
    outcomes = {line["outcome"] for line in telemetry.logs()}
    assert outcomes >= {"confirmed", "rejected", "failed"}
    assert any("ValidationException" in text for text in raised)
    assert _leaks(telemetry, raised) == []


def test_an_error_nobody_foresaw_does_not_quote_the_order(tmp_path: Path) -> None:
    """Its type and its place come out; its message, which holds the whole order, does not."""
    overlay = tmp_path / "overlay" / "order_processor"
    overlay.mkdir(parents=True)
    source = (ROOT / "services/order_processor/src/order_processor/pricing.py").read_text()
    priced = "    with localcontext(_EXACT):\n"
    raising = source.replace(priced, "    raise KeyError(repr(order))\n" + priced)
    assert raising != source
    (overlay / "pricing.py").write_text(raising)
    build(Request(load("order_processor"), tmp_path / "out", overlay=overlay.parent))
    with zipfile.ZipFile(tmp_path / "out" / "order_processor.zip") as archive:
        archive.extractall(tmp_path / "task")
    shutil.rmtree(tmp_path / "out")
    line = {"sku": SECRET, "quantity": 1, "unitPrice": f"{NUMBER}.5"}
    with _started(tmp_path / "task") as telemetry:
        told = telemetry.function.invoke(json.dumps(changed(lines=[line])), trace=TRACE)
        (log,) = telemetry.logs()
        assert (log["outcome"], log["error"], told.raised) == ("failed", "KeyError", "KeyError")
        assert any("pricing.py" in frame for frame in told.frames)
        assert _leaks(telemetry, [told.message, *told.frames]) == []
