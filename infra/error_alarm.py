"""The alarm on the function's errors, over all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:
    from infra.paging import Paging


@dataclass(frozen=True, slots=True)
class ErrorAlarmArgs:
    """`function_name` is the function that is watched."""

    name: str
    function_name: pulumi.Input[str]
    paging: Paging
    tags: dict[str, str]


class ErrorAlarm(pulumi.ComponentResource):
    """In ALARM after more than one error within five minutes."""

    def __init__(
        self, name: str, args: ErrorAlarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("order-processing:infra:ErrorAlarm", name, None, opts)
        alarm = aws.cloudwatch.MetricAlarm(
            name,
            name=args.name,
            alarm_description="The order processor fails: read its log, then roll back.",
            namespace="AWS/Lambda",
            metric_name="Errors",
            dimensions={"FunctionName": args.function_name},
            statistic="Sum",
            period=300,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=1,
            treat_missing_data="notBreaching",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **args.paging.actions(),
        )
        self.name = alarm.name
        self.register_outputs({"name": self.name})
