"""Log events in the embedded metric format, as tests write them."""

from __future__ import annotations

from typing import Any

from emulator.tests.cloudwatch_client import NOON


def event(**changed: Any) -> dict[str, Any]:
    """An EMF event with one metric of one dimension."""
    return {
        "_aws": {
            "Timestamp": int(NOON * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "OrderProcessing",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "OrdersConfirmed", "Unit": "Count"}],
                }
            ],
        },
        "service": "orders",
        "OrdersConfirmed": [1.0, 2.0],
        "correlation_id": "ignored",
        **changed,
    }


def with_directive(**changed: Any) -> dict[str, Any]:
    """An EMF event whose directive is changed."""
    base = event()
    directive = {**base["_aws"]["CloudWatchMetrics"][0], **changed}
    return event(_aws={"Timestamp": int(NOON * 1000), "CloudWatchMetrics": [directive]})
