"""Alarms and dashboards."""

from __future__ import annotations

from typing import Any

from engine.providers.aws import Aws, unless_gone
from engine.providers.base import Argument, Properties, Put, Resource
from engine.providers.values import (
    as_set,
    fresh_tags,
    json_text,
    stale_tags,
    tag_list,
    tag_map,
)

_PLAIN = {
    "name": "AlarmName",
    "actionsEnabled": "ActionsEnabled",
    "alarmDescription": "AlarmDescription",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "thresholdMetricId": "ThresholdMetricId",
    "comparisonOperator": "ComparisonOperator",
    "treatMissingData": "TreatMissingData",
    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
    "unit": "Unit",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
}


def _queries(value: Any) -> Any:
    """Metric queries as a set; what is empty or false is absent."""
    return as_set([{key: v for key, v in query.items() if v} for query in value or []])


class MetricAlarm(Resource):
    """`aws_cloudwatch_metric_alarm`: PutMetricAlarm takes over one that exists."""

    type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    title = "CloudWatch Metric Alarm"
    arguments = {
        "name": Argument(required=True, replaces=True),
        "comparisonOperator": Argument(required=True),
        "evaluationPeriods": Argument(required=True),
        "actionsEnabled": Argument(default=True),
        "treatMissingData": Argument(default="missing"),
        "evaluateLowSampleCountPercentiles": Argument(computed=True),
        "metricQueries": Argument(normal=_queries),
        "alarmActions": Argument(normal=as_set),
        "okActions": Argument(normal=as_set),
        "insufficientDataActions": Argument(normal=as_set),
        "dimensions": Argument(),
        "warmUpConfiguration": Argument(),
        "tags": Argument(),
        **{
            key: Argument()
            for key in (
                *("alarmDescription", "namespace", "metricName", "statistic"),
                *("extendedStatistic", "period", "datapointsToAlarm", "threshold"),
                *("thresholdMetricId", "unit"),
            )
        },
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        aws.cloudwatch.put_metric_alarm(**_request(inputs))
        return str(inputs["name"])

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        alarms = aws.cloudwatch.describe_alarms(AlarmNames=[id_], AlarmTypes=["MetricAlarm"])
        if not alarms["MetricAlarms"]:
            return None
        alarm: Any = alarms["MetricAlarms"][0]
        arn = alarm["AlarmArn"]
        return {key: _whole(alarm.get(api)) for key, api in _PLAIN.items()} | {
            "arn": arn,
            "treatMissingData": alarm.get("TreatMissingData", "missing"),
            "dimensions": _named(alarm.get("Dimensions")),
            "warmUpConfiguration": _held_warm_up(alarm.get("WarmUpConfiguration")),
            "metricQueries": [_held_query(query) for query in alarm.get("Metrics") or ()],
            "tags": tag_map(aws.cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags")),
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.cloudwatch.untag_resource(ResourceARN=state["arn"], TagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.cloudwatch.tag_resource(ResourceARN=state["arn"], Tags=tag_list(fresh))
        if changed - {"tags"}:
            # Tags given here count only for a new alarm (API reference, PutMetricAlarm).
            aws.cloudwatch.put_metric_alarm(**_request(inputs))

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(
            lambda: aws.cloudwatch.delete_alarms(AlarmNames=[id_]),
            *("ResourceNotFound", "ResourceNotFoundException"),
        )


def _request(inputs: Properties) -> dict[str, Any]:
    request: dict[str, Any] = {api: inputs[key] for key, api in _PLAIN.items() if key in inputs}
    if "dimensions" in inputs:
        request["Dimensions"] = _dimensions(inputs["dimensions"])
    if "metricQueries" in inputs:
        request["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
    if warm_up := inputs.get("warmUpConfiguration"):
        request["WarmUpConfiguration"] = {
            api: warm_up[key] for key, api in _WARM_UP.items() if key in warm_up
        }
    if "threshold" not in inputs and "thresholdMetricId" not in inputs:
        request["Threshold"] = 0.0
    return request | {"Tags": tag_list(inputs.get("tags"))}


def _query(query: Properties) -> dict[str, Any]:
    """Translate one metric query of the program into PutMetricAlarm's."""
    given: dict[str, Any] = {"Id": query["id"], "ReturnData": bool(query.get("returnData"))}
    given |= {api: query[key] for key, api in _QUERY.items() if key in query}
    if metric := query.get("metric"):
        given["MetricStat"] = {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric.get("dimensions") or {}),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
        }
    return given


_WARM_UP = {
    "warmUpPeriodDurationInMinutes": "WarmUpPeriodDurationInMinutes",
    "onlyStartEvaluatingAfterWarmUpPeriodEnds": "OnlyStartEvaluatingAfterWarmUpPeriodEnds",
}


def _held_warm_up(held: Any) -> Properties | None:
    return {key: held[api] for key, api in _WARM_UP.items() if held.get(api)} if held else None


_QUERY = {"expression": "Expression", "label": "Label", "period": "Period"}


def _held_query(query: Any) -> Properties:
    held = {"id": query["Id"], "returnData": query.get("ReturnData", False)}
    held |= {key: query[api] for key, api in _QUERY.items() if query.get(api)}
    if stat := query.get("MetricStat"):
        held["metric"] = {
            "namespace": stat["Metric"]["Namespace"],
            "metricName": stat["Metric"]["MetricName"],
            "dimensions": _named(stat["Metric"].get("Dimensions")),
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
    return held


def _dimensions(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _named(dimensions: Any) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in dimensions or ()}


def _whole(value: Any) -> Any:
    """Numbers that are whole as the program gives them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Dashboard(Put):
    """`aws_cloudwatch_dashboard`: PutDashboard takes over one that exists."""

    type = "aws:cloudwatch/dashboard:Dashboard"
    title = "CloudWatch Dashboard"
    name = "dashboardName"
    attributes = frozenset({"dashboardArn"})
    arguments = {
        "dashboardName": Argument(required=True, replaces=True),
        "dashboardBody": Argument(required=True, normal=json_text),
    }

    def _put(self, aws: Aws, inputs: Properties) -> None:
        aws.cloudwatch.put_dashboard(
            DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        found = unless_gone(
            lambda: aws.cloudwatch.get_dashboard(DashboardName=id_), "ResourceNotFound"
        )
        if found is None:
            return None
        return {
            "dashboardName": id_,
            "dashboardBody": found["DashboardBody"],
            "dashboardArn": found["DashboardArn"],
        }

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        aws.cloudwatch.delete_dashboards(DashboardNames=[id_])


KINDS = (MetricAlarm(), Dashboard())
