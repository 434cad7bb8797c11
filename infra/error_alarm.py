"""An alarm on what goes wrong with the function, over all its versions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.paging import Paging, description
from infra.stack_file import PROJECT

PERIOD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class ErrorAlarmArgs:
    """`metric` is one of the function's in AWS/Lambda; more than `tolerated` of it within five
    minutes is an alarm. `page` is the runbook's."""

    name: str
    function_name: pulumi.Input[str]
    metric: str
    tolerated: int
    meaning: str
    page: str
    paging: Paging
    tags: dict[str, str]


class ErrorAlarm(pulumi.ComponentResource):
    """In ALARM while the metric's sum over five minutes is above what is tolerated."""

    def __init__(
        self, name: str, args: ErrorAlarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:ErrorAlarm", name, None, opts)
        alarm = aws.cloudwatch.MetricAlarm(
            name,
            name=args.name,
            alarm_description=description(args.meaning, args.page),
            namespace="AWS/Lambda",
            metric_name=args.metric,
            dimensions={"FunctionName": args.function_name},
            statistic="Sum",
            period=PERIOD_SECONDS,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=args.tolerated,
            treat_missing_data="notBreaching",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **args.paging.actions(),
        )
        self.name = alarm.name
        self.register_outputs({"name": self.name})
