"""The dashboard: a plain dictionary, then JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from service.names import Names

_WIDTH, _HEIGHT = 8, 6
_TITLE_HEIGHT = 1
_PER_ROW = 24 // _WIDTH


@dataclass(frozen=True, slots=True)
class DashboardArgs:
    """The service's names, and the region whose metrics are shown."""

    names: Names
    region: str


class Dashboard(pulumi.ComponentResource):
    """One page on the function."""

    def __init__(
        self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:Dashboard", name, None, opts)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=args.names.function,
            dashboard_body=json.dumps(body(args.names, args.region), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = dashboard.dashboard_name
        self.register_outputs({"name": self.name})


def body(names: Names, region: str) -> dict[str, Any]:
    """Dashboard body (CloudWatch API reference, dashboard body structure)."""
    function = names.function
    widgets = [
        _metrics("Invocations", region, [_series(function, "Invocations", "Sum")]),
        _metrics("Errors", region, [_series(function, "Errors", "Sum")]),
        _metrics("Throttles", region, [_series(function, "Throttles", "Sum")]),
        _metrics(
            "Duration, ms",
            region,
            [_series(function, "Duration", "Average"), _series(function, "Duration", "Maximum")],
        ),
        _metrics(
            "Concurrent executions", region, [_series(function, "ConcurrentExecutions", "Maximum")]
        ),
        _metrics("Error rate, %", region, _error_rate(function)),
        *_outcomes(names, region),
    ]
    placed = [_place(widget, index) for index, widget in enumerate(widgets)]
    log = _log_events(names.log_group, region, -(-len(widgets) // _PER_ROW))
    return {"widgets": [_title(f"{names.service.title} on {names.stack}"), *placed, log]}


def _title(text: str) -> dict[str, Any]:
    place = {"x": 0, "y": 0, "width": 24, "height": _TITLE_HEIGHT}
    return {"type": "text", "properties": {"markdown": f"# {text}"}, **place}


def _metrics(title: str, region: str, metrics: list[list[Any]]) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "period": 60,
        "metrics": metrics,
    }
    return {"type": "metric", "properties": properties}


def _series(function: str, metric: str, statistic: str, **options: object) -> list[Any]:
    shown: dict[str, object] = {"stat": statistic, "label": f"{metric}, {statistic.lower()}"}
    return ["AWS/Lambda", metric, "FunctionName", function, shown | options]


def _outcomes(names: Names, region: str) -> list[dict[str, Any]]:
    """What became of real events; nothing of a service that does not count it."""
    declared = names.service.outcomes
    if declared is None:
        return []
    series: list[list[Any]] = [
        [
            declared.namespace,
            metric,
            declared.function_dimension,
            names.function,
            {"stat": "Sum", "label": kind},
        ]
        for kind, metric in (
            ("confirmed", declared.confirmed),
            ("duplicate", declared.duplicate),
            ("rejected", declared.rejected),
        )
    ]
    return [_metrics("Outcomes", region, series)]


def _error_rate(function: str) -> list[list[Any]]:
    """A quiet minute has no rate: IF spares it the division by zero."""
    rate = "IF(invocations > 0, 100 * errors / invocations, 0)"
    return [
        [{"id": "rate", "expression": rate, "label": "Errors per 100 invocations"}],
        _series(function, "Invocations", "Sum", id="invocations", visible=False),
        _series(function, "Errors", "Sum", id="errors", visible=False),
    ]


def _log_events(log_group: str, region: str, row: int) -> dict[str, Any]:
    query = f"SOURCE '{log_group}' | fields @timestamp, @message | sort @timestamp desc | limit 50"
    properties = {"title": "Recent log events", "region": region, "query": query, "view": "table"}
    place = {"x": 0, "y": _TITLE_HEIGHT + row * _HEIGHT, "width": 24, "height": _HEIGHT}
    return {"type": "log", "properties": properties, **place}


def _place(widget: dict[str, Any], index: int) -> dict[str, Any]:
    row, column = divmod(index, _PER_ROW)
    place = {"x": column * _WIDTH, "y": _TITLE_HEIGHT + row * _HEIGHT}
    return {**widget, **place, "width": _WIDTH, "height": _HEIGHT}
