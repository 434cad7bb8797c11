"""Metrics as CloudWatch takes them from a log: the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Instead of Powertools' Metrics, which keep state between calls and check every value anew
(docs/adr/0008).
"""

from __future__ import annotations

import functools
import itertools
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
    """Return one line: unit and value of each metric by its name, once for each `dimensions`.

    There is at least one. A value is finite, a name needs no escape in JSON; what is not a value is
    written once and kept, so that all of it must be of a bounded set.
    """
    units = tuple((name, unit) for name, (unit, _) in metrics.items())
    directive, members = _frame(namespace, units, *(tuple(each.items()) for each in dimensions))
    values = "".join([f',"{name}":[{value}]' for name, (_, value) in metrics.items()])
    aws = f'{{"Timestamp":{int(time.time() * 1000)},"CloudWatchMetrics":[{directive}]}}'
    return f'{{"_aws":{aws},{members}{values}}}'


@functools.cache
def _frame(
    namespace: str, units: tuple[tuple[str, str], ...], *dimensions: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    """What each document of these metrics has: the directive, and the members of the dimensions."""
    directive = {
        "Namespace": namespace,
        "Dimensions": [[name for name, _ in each] for each in dimensions],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units],
    }
    return _encode(directive), _encode(dict(itertools.chain(*dimensions)))[1:-1]
