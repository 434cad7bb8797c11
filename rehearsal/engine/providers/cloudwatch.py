"""Alarms and dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rehearsal.engine.errors import EngineError
from rehearsal.engine.providers.base import Aws, Provider, stale_tags, tag_list

if TYPE_CHECKING:
    from types_boto3_cloudwatch.type_defs import TagTypeDef

    from rehearsal.engine.state import Properties

_ALARM = {
    "name": "AlarmName",
    "alarmDescription": "AlarmDescription",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparisonOperator": "ComparisonOperator",
    "treatMissingData": "TreatMissingData",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
}
_ALARM_SHAPED = {"dimensions", "metricQueries", "tags"}


def _apply_alarm(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    if unknown := inputs.keys() - _ALARM.keys() - _ALARM_SHAPED:
        raise EngineError(f"This engine knows no {', '.join(sorted(unknown))} of a MetricAlarm.")
    request: dict[str, Any] = {api: inputs[key] for key, api in _ALARM.items() if key in inputs}
    if "dimensions" in inputs:
        request["Dimensions"] = _dimensions(inputs["dimensions"])
    if "metricQueries" in inputs:
        request["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
    # Tags given here count only for a new alarm (CloudWatch API reference, PutMetricAlarm).
    tags = cast("list[TagTypeDef]", tag_list(inputs))
    aws.cloudwatch.put_metric_alarm(**request, Tags=tags)
    found = aws.cloudwatch.describe_alarms(AlarmNames=[inputs["name"]])["MetricAlarms"]
    arn = found[0]["AlarmArn"]
    if before:
        aws.cloudwatch.tag_resource(ResourceARN=arn, Tags=tags)
    if stale := stale_tags(inputs, before):
        aws.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=stale)
    return {"id": inputs["name"], "arn": arn}


def _query(query: Properties) -> dict[str, Any]:
    """Translate one metric query of the program into PutMetricAlarm's."""
    given: dict[str, Any] = {"Id": query["id"], "ReturnData": bool(query.get("returnData"))}
    if "expression" in query:
        return given | {"Expression": query["expression"], "Label": query.get("label", "")}
    metric = query["metric"]
    return given | {
        "MetricStat": {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric["dimensions"]),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
        }
    }


def _dimensions(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _delete_alarm(aws: Aws, outputs: Properties) -> None:
    aws.cloudwatch.delete_alarms(AlarmNames=[outputs["id"]])


def _apply_dashboard(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    del before
    name = inputs["dashboardName"]
    answer = aws.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=inputs["dashboardBody"])
    for message in answer.get("DashboardValidationMessages", []):
        raise EngineError(f"Dashboard {name} is not valid: {message.get('Message', message)}")
    return {"id": name}


def _delete_dashboard(aws: Aws, outputs: Properties) -> None:
    aws.cloudwatch.delete_dashboards(DashboardNames=[outputs["id"]])


METRIC_ALARM = Provider(_apply_alarm, _delete_alarm)
DASHBOARD = Provider(_apply_dashboard, _delete_dashboard, frozenset({"dashboardName"}))
