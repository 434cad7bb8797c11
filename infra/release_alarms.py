"""What a release watches while the alias gives a candidate part of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.paging import description
from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from service.names import Names

PAGES = {"errors": "bad-release", "throttles": "throttle-storm", "duration": "slow-release"}
"""What to do where one rises, in docs/runbooks/."""
PERIOD_SECONDS = 60
ERROR_PERCENT, ERROR_MINIMUM = 5, 20
"""The share of a minute's invocations whose failure is beyond doubt, and how many make a share. A
single error would refuse a good candidate for its dependency's hiccup: finer differences belong to
the gate, which compares with the live version."""


@dataclass(frozen=True, slots=True)
class ReleaseAlarmsArgs:
    """`candidate_version` is the newest published version, a number."""

    names: Names
    function_name: pulumi.Input[str]
    alias_name: pulumi.Input[str]
    candidate_version: pulumi.Input[str]
    duration_ms: int
    throttle_percent: int
    warm_up_minutes: int
    """How long a new alarm without data has none to say; 0: it says OK at once."""
    tags: dict[str, str]


class ReleaseAlarms(pulumi.ComponentResource):
    """Errors and p99 duration of the candidate behind the alias, and the alias's throttle share.

    Without traffic they read OK (missing data is not breaching), so an OK alone is no pass: whoever
    judges a candidate must count its samples too.
    """

    def __init__(
        self, name: str, args: ReleaseAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:ReleaseAlarms", name, None, opts)
        alias: dict[str, pulumi.Input[str]] = {
            "FunctionName": args.function_name,
            # `function:alias`, not an ARN: CloudWatch would match nothing and stay silent.
            "Resource": pulumi.Output.concat(args.function_name, ":", args.alias_name),
        }
        candidate = {**alias, "ExecutedVersion": args.candidate_version}
        errors = self._alarm(
            name, "errors", args, metric_queries=error_share(candidate), threshold=ERROR_PERCENT
        )
        duration = self._alarm(
            name,
            "duration",
            args,
            **_metric("Duration", candidate, extended_statistic="p99"),
            threshold=args.duration_ms,
            **_two_of_three(),
        )
        throttles = self._alarm(
            name,
            "throttles",
            args,
            metric_queries=throttle_share(alias, candidate),
            threshold=args.throttle_percent,
            **_two_of_three(),
        )
        self.names = pulumi.Output.all(errors.name, throttles.name, duration.name)
        self.register_outputs({"names": self.names})

    def _alarm(
        self, name: str, watched: str, args: ReleaseAlarmsArgs, **what: Any
    ) -> aws.cloudwatch.MetricAlarm:
        settings: dict[str, Any] = {
            "evaluation_periods": 1,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": "notBreaching",
        }
        if args.warm_up_minutes:
            settings["warm_up_configuration"] = {
                "warm_up_period_duration_in_minutes": args.warm_up_minutes
            }
        return aws.cloudwatch.MetricAlarm(
            f"{name}-{watched}",
            name=args.names.release_alarm(watched),
            alarm_description=description(
                f"{args.names.service.title}, the candidate's {watched}: "
                "the gate puts the alias back on the live version.",
                PAGES[watched],
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **(settings | what),
        )


def error_share(candidate: dict[str, pulumi.Input[str]]) -> list[dict[str, Any]]:
    """Metric math: percentage of the candidate's invocations that failed, of a fair number."""
    share = f"IF(invocations >= {ERROR_MINIMUM}, 100 * errors / invocations, 0)"
    return [
        {"id": "share", "expression": share, "label": "Failed, %", "return_data": True},
        _query("errors", "Errors", candidate),
        _query("invocations", "Invocations", candidate),
    ]


def throttle_share(
    alias: dict[str, pulumi.Input[str]], candidate: dict[str, pulumi.Input[str]]
) -> list[dict[str, Any]]:
    """Metric math: percentage of the alias's requests that were throttled while a candidate runs.

    CloudWatch is not known to publish Throttles per executed version, as no version ran, and all
    versions share the reserved concurrency: so the alias's share is judged, and only in minutes in
    which the candidate took invocations. Minutes without any yield no point (CloudWatch User Guide,
    metric math: IF drops a point whose condition is missing).
    """
    share = "IF(candidate > 0, 100 * throttles / (throttles + invocations), 0)"
    return [
        {"id": "share", "expression": share, "label": "Throttled, %", "return_data": True},
        _query("throttles", "Throttles", alias),
        _query("invocations", "Invocations", alias),
        _query("candidate", "Invocations", candidate),
    ]


def _query(key: str, name: str, dimensions: dict[str, pulumi.Input[str]]) -> dict[str, Any]:
    metric = _metric(name, dimensions, stat="Sum")
    return {"id": key, "metric": metric, "return_data": False}


def _metric(name: str, dimensions: dict[str, pulumi.Input[str]], **what: str) -> dict[str, Any]:
    return {
        "namespace": "AWS/Lambda",
        "metric_name": name,
        "dimensions": dimensions,
        "period": PERIOD_SECONDS,
        **what,
    }


def _two_of_three() -> dict[str, int]:
    """One slow or crowded minute is weather; two of three are the candidate."""
    return {"evaluation_periods": 3, "datapoints_to_alarm": 2}
