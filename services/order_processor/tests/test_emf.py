"""Documents of metrics are those of Powertools, which is the oracle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)
from order_processor import emf

if TYPE_CHECKING:
    import pytest


def test_the_document_is_powertools(capsys: pytest.CaptureFixture[str]) -> None:
    """Same members in the same order, but for the time, which has the same unit."""
    theirs = AmazonCloudWatchEMFProvider(
        namespace="Orders", service="", default_dimensions={"FunctionName": "orders"}
    )
    theirs.add_metric("OrdersConfirmed", "Count", 1)
    theirs.add_metric("ProcessingTime", "Milliseconds", 1.5)
    theirs.add_dimensions(ExecutedVersion="7")
    theirs.flush_metrics()
    expected = json.loads(capsys.readouterr().out)
    function = {"FunctionName": "orders"}
    ours = json.loads(
        emf.document(
            "Orders",
            {"OrdersConfirmed": ("Count", 1.0), "ProcessingTime": ("Milliseconds", 1.5)},
            function,
            function | {"ExecutedVersion": "7"},
        )
    )
    assert abs(ours["_aws"].pop("Timestamp") - expected["_aws"].pop("Timestamp")) < 3_600_000
    assert ours == expected
