"""An alarm on a share: of what the service took, so much was rejected or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.paging import Paging, description
from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERIOD_SECONDS = 300
MINIMUM = 20
"""Events that make a share: one of two in a quiet night is none."""


@dataclass(frozen=True, slots=True)
class ShareAlarmArgs:
    """The alarm is up while `part` is above `percent` of the sum of `whole`, which are metrics of
    `namespace` under `dimensions`, `part` among them. `page` is the runbook's."""

    name: str
    namespace: str
    part: str
    whole: Sequence[str]
    dimensions: Mapping[str, pulumi.Input[str]]
    percent: int
    meaning: str
    page: str
    paging: Paging
    tags: dict[str, str]


class ShareAlarm(pulumi.ComponentResource):
    """In ALARM while the share is too large in two of three periods of five minutes."""

    def __init__(
        self, name: str, args: ShareAlarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:ShareAlarm", name, None, opts)
        alarm = aws.cloudwatch.MetricAlarm(
            name,
            name=args.name,
            alarm_description=description(args.meaning, args.page),
            metric_queries=_queries(args),
            comparison_operator="GreaterThanThreshold",
            threshold=args.percent,
            # One caller's bad five minutes is no state of the service.
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data="notBreaching",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **args.paging.actions(),
        )
        self.name = alarm.name
        self.register_outputs({"name": self.name})


def _queries(args: ShareAlarmArgs) -> list[Any]:
    """SUM of an array passes over what is missing: who counts nothing prints no zero."""
    keys = {metric: f"m{index}" for index, metric in enumerate(args.whole)}
    whole = f"SUM([{', '.join(keys.values())}])"
    share = f"IF({whole} >= {MINIMUM}, 100 * {keys[args.part]} / {whole}, 0)"
    return [
        {"id": "share", "expression": share, "label": f"{args.part}, %", "return_data": True},
        *(
            {
                "id": key,
                "return_data": False,
                "metric": {
                    "namespace": args.namespace,
                    "metric_name": metric,
                    "dimensions": args.dimensions,
                    "period": PERIOD_SECONDS,
                    "stat": "Sum",
                },
            }
            for metric, key in keys.items()
        ),
    ]
