"""Alarms on a Lambda function's metrics, as tests put them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.tests.cloudwatch_client import Bench
    from types_boto3_cloudwatch import CloudWatchClient


FUNCTION = (("FunctionName", "f"),)


DIMENSIONS: Any = [{"Name": "FunctionName", "Value": "f"}]


def put_alarm(client: CloudWatchClient, **changed: Any) -> None:
    """An alarm on the sum of errors above 0 in a minute."""
    wanted = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": DIMENSIONS,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changed,
    }
    client.put_metric_alarm(**{name: value for name, value in wanted.items() if value is not None})


def put_error(at: Bench, value: float = 1.0, name: str = "Errors") -> None:
    """One sample now."""
    at.store.put("AWS/Lambda", name, FUNCTION, value, at.clock.now())


def stat(identity: str, name: str, *, returned: bool = False, period: int = 60) -> dict[str, Any]:
    """A query of the sum of a Lambda metric."""
    metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": DIMENSIONS}
    return {
        "Id": identity,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"},
        "ReturnData": returned,
    }


MATH = {
    "Namespace": None,
    "MetricName": None,
    "Dimensions": None,
    "Statistic": None,
    "Period": None,
    "Metrics": [
        stat("errors", "Errors"),
        stat("runs", "Invocations"),
        {"Id": "rate", "Expression": "IF(runs > 0, 100 * errors / runs, 0)"},
    ],
    "Threshold": 20.0,
}
