"""Metrics as CloudWatch takes them from a log: the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Instead of Powertools' Metrics, which keep state between calls, check every value anew, and were an
eighth of a warm order's own CPU (docs/adr/0008).
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_encode = json.JSONEncoder(separators=(",", ":")).encode


def document(
    namespace: str,
    metrics: Mapping[str, tuple[str, float]],
    *dimensions: Mapping[str, str],
) -> str:
    """Return one line: unit and value of each metric by its name, once for each `dimensions`."""
    definitions = [{"Name": name, "Unit": unit} for name, (unit, _) in metrics.items()]
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(each) for each in dimensions],
        "Metrics": definitions,
    }
    members: dict[str, object] = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    }
    for each in dimensions:
        members.update(each)
    members.update((name, [value]) for name, (_, value) in metrics.items())
    return _encode(members)
