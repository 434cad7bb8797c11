from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import refusal

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


def metrics(count: int) -> list[dict[str, Any]]:
    """Values of `count` metrics: 200 are above the 10 KB from which every SDK compresses."""
    dimensions = [{"Name": "Where", "Value": "x" * 40}]
    return [{"MetricName": f"M{n}", "Value": n, "Dimensions": dimensions} for n in range(count)]


@pytest.mark.behaviour("W66")
def test_a_large_body_comes_compressed(emulator: RunningEmulator) -> None:
    """PutMetricData's trait requestCompression; what was sent can be read."""
    client = emulator.client("cloudwatch")
    client.put_metric_data(Namespace="Compressed", MetricData=metrics(200))
    pages = client.get_paginator("list_metrics").paginate(Namespace="Compressed")
    assert sum(len(page["Metrics"]) for page in pages) == 200


@pytest.mark.behaviour("W66")
def test_a_body_that_lies_about_gzip_is_refused(emulator: RunningEmulator) -> None:
    """In one sentence, as an error of the caller."""
    client = emulator.another_client("cloudwatch")

    def lie(request: Any, **_: object) -> None:
        request.headers["Content-Encoding"] = "gzip"

    client.meta.events.register("before-sign", lie)
    call = {"Namespace": "Lie", "MetricData": metrics(1)}
    status, code, message = refusal(client.put_metric_data, **call)
    assert (status, code, message) == (400, "SerializationException", "The body is not gzip")
