from __future__ import annotations

import json
from typing import Any

import pytest
from emulator.emf import EmfError, Sample, extract
from emulator.tests.cloudwatch_client import NOON
from emulator.tests.embedded import event, with_directive
from hypothesis import given
from hypothesis import strategies as st


def test_metrics_in_a_log_event() -> None:
    """M26, M28 (CloudWatch User Guide, EMF specification): values and dimensions at the root."""
    dimensions = (("service", "orders"),)
    assert extract(json.dumps(event()), NOON) == [
        Sample("OrderProcessing", "OrdersConfirmed", dimensions, value, NOON, "Count")
        for value in (1.0, 2.0)
    ]


def test_each_dimension_set_publishes_each_metric() -> None:
    """M27 (CloudWatch User Guide, EMF specification): `[[]]` publishes without dimensions."""
    message = json.dumps(with_directive(Dimensions=[["service"], []]))
    found = extract(message, NOON)
    assert {sample.dimensions for sample in found} == {(("service", "orders"),), ()}


@pytest.mark.parametrize(
    "message",
    [
        "[INFO] " + json.dumps(event()),
        json.dumps({"message": json.dumps(event())}),
        json.dumps({"level": "INFO", "message": "no metrics"}),
        "plain text with CloudWatchMetrics",
        "",
    ],
)
def test_other_lines_carry_no_metrics(message: str) -> None:
    """M30 (CloudWatch User Guide, EMF specification): a prefix or nesting hides the metrics."""
    assert extract(message, NOON) == []


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ('{"_aws": {"CloudWatchMetrics": [', "EMFParsingErrors"),
        (event(_aws={"CloudWatchMetrics": []}), "EMFParsingErrors"),
        (event(_aws={"Timestamp": "now", "CloudWatchMetrics": []}), "EMFParsingErrors"),
        (event(_aws={"Timestamp": 1, "CloudWatchMetrics": []}), "EMFValidationErrors"),
        (event(_aws={"Timestamp": int(NOON * 1000), "CloudWatchMetrics": {}}), "EMFParsingErrors"),
        (with_directive(Namespace=5), "EMFParsingErrors"),
        (with_directive(Namespace=""), "EMFValidationErrors"),
        (with_directive(Dimensions="service"), "EMFParsingErrors"),
        (with_directive(Dimensions=[["absent"]]), "EMFValidationErrors"),
        (with_directive(Dimensions=[[f"d{index}" for index in range(31)]]), "EMFValidationErrors"),
        (with_directive(Metrics=[{"Unit": "Count"}]), "EMFParsingErrors"),
        (with_directive(Metrics=[{"Name": "absent"}]), "EMFValidationErrors"),
        (with_directive(Metrics=[{"Name": "service"}]), "EMFValidationErrors"),
        (
            with_directive(Metrics=[{"Name": "OrdersConfirmed", "Unit": "Parsecs"}]),
            "EMFValidationErrors",
        ),
        (
            with_directive(Metrics=[{"Name": "OrdersConfirmed", "StorageResolution": 5}]),
            "EMFValidationErrors",
        ),
        (with_directive(Metrics=[{"Name": "OrdersConfirmed"}] * 101), "EMFValidationErrors"),
        (event(OrdersConfirmed=[1.0] * 101), "EMFValidationErrors"),
        (event(OrdersConfirmed="1"), "EMFValidationErrors"),
        (event(OrdersConfirmed=True), "EMFValidationErrors"),
        (event(OrdersConfirmed=float("nan")), "EMFValidationErrors"),
        (event(service="x" * 1025), "EMFValidationErrors"),
    ],
)
def test_bad_embedded_metrics(bad: Any, kind: str) -> None:
    """M27, M28, M29 (CloudWatch Logs User Guide, monitoring): which error counts which fault."""
    with pytest.raises(EmfError) as caught:
        extract(bad if isinstance(bad, str) else json.dumps(bad), NOON)
    assert caught.value.kind == kind


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Namespace", "Dimensions", "Metrics", "Name", "Unit", "service"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


def outcome(message: str) -> str:
    """What reading `message` comes to."""
    try:
        extract(message, NOON)
    except EmfError as error:
        return error.kind
    return "read"


@given(values, values)
def test_any_event_is_read_or_counted(directives: Any, target: Any) -> None:
    """No log event makes extraction fail otherwise than with one of the two errors."""
    metadata = {"Timestamp": int(NOON * 1000), "CloudWatchMetrics": directives}
    for meta in (metadata, {**metadata, "CloudWatchMetrics": [directives]}):
        message = json.dumps(event(_aws=meta, OrdersConfirmed=target))
        assert outcome(message) in ("read", "EMFParsingErrors", "EMFValidationErrors")
