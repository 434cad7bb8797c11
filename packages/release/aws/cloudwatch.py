"""CloudWatch: the release alarms and the candidate's samples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from release.aws.clients import CONTROL, translated
from release.errors import UnavailableError
from release.observation import Alarm, Answers, Count, Period, Samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import boto3
    from service.declaration import Outcomes
    from types_boto3_cloudwatch.type_defs import (
        DimensionTypeDef,
        MetricAlarmTypeDef,
        MetricDataQueryUnionTypeDef,
    )

    from release.observation import AlarmState, Dimensions, Policy

PERIOD = 60
"""Seconds: the finest grain in which Lambda publishes."""

BEFORE = timedelta(minutes=15)
"""How far back a version is seen whose place the candidate has taken: with a metric for each reason
of a rejection far from the 100,800 points that one request may ask for, in compressed time too."""

_LIVE = "live_"
"""What the names of the live version's series begin with."""

_NAMESPACE = "AWS/Lambda"
_OUTCOMES = ("confirmed", "duplicate", "rejected")
_STATES: Mapping[str, AlarmState] = {
    "OK": "OK",
    "ALARM": "ALARM",
    "INSUFFICIENT_DATA": "INSUFFICIENT_DATA",
}


class Monitoring(Protocol):
    """What watches the function."""

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """One per name, in that order; a missing one is ABSENT. UnavailableError as usual."""
        ...

    def samples(self, policy: Policy, now: datetime) -> Samples:
        """The candidate's samples up to now. UnavailableError if they are incomplete."""
        ...

    def used_concurrency(self, function: str, now: datetime) -> int:
        """Most execution environments busy at once of late, 0 without traffic."""
        ...


class CloudWatchMonitoring:
    """`Monitoring` on the CloudWatch API."""

    def __init__(self, session: boto3.Session) -> None:
        with translated("starting the CloudWatch client"):
            self._client = session.client("cloudwatch", config=CONTROL)

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """One per name, in that order; a missing one is ABSENT. UnavailableError as usual."""
        found: dict[str, Alarm] = {}
        if names:
            with translated("reading the alarms"):
                # Composite ones may be read by whoever may read every alarm, and there are none.
                pages = self._client.get_paginator("describe_alarms").paginate(
                    AlarmNames=list(names), AlarmTypes=["MetricAlarm"]
                )
                for page in pages:
                    for raw in page.get("MetricAlarms", []):
                        found[raw["AlarmName"]] = _alarm(raw)
        return tuple(found.get(name, Alarm(name, "ABSENT")) for name in names)

    def samples(self, policy: Policy, now: datetime) -> Samples:
        """The candidate's samples up to now. UnavailableError if they are incomplete."""
        series: dict[str, dict[datetime, float]] = {}
        end = min(now, policy.until or now)
        with translated("reading the candidate's samples"):
            pages = self._client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=_queries(policy),
                StartTime=policy.since - BEFORE if policy.follows else policy.since,
                EndTime=end + timedelta(seconds=PERIOD),
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    _check(result["Id"], result.get("StatusCode", "Complete"))
                    points = series.setdefault(result["Id"], {})
                    points.update(zip(result["Timestamps"], result["Values"], strict=True))
        return count(beside(series, policy.since) if policy.follows else series, policy)

    def used_concurrency(self, function: str, now: datetime) -> int:
        """Most execution environments busy at once of late, 0 without traffic."""
        dimensions: list[DimensionTypeDef] = [{"Name": "FunctionName", "Value": function}]
        with translated("reading the concurrency"):
            reply = self._client.get_metric_data(
                MetricDataQueries=[_query("used", "ConcurrentExecutions", "Maximum", dimensions)],
                StartTime=now - timedelta(seconds=3 * PERIOD),
                EndTime=now + timedelta(seconds=PERIOD),
            )
            results = reply["MetricDataResults"]
        values = [value for result in results for value in result["Values"][:3]]
        return round(max(values, default=0))


def beside(
    series: Mapping[str, Mapping[datetime, float]], since: datetime
) -> dict[str, Mapping[datetime, float]]:
    """Set what the live version did before `since` beside what the candidate did after it.

    The last period before is compared with the first one after, and so on outwards; those that are
    left count as periods without the candidate.
    """
    own = {at for name, points in series.items() if not name.startswith(_LIVE) for at in points}
    others = {at for name, points in series.items() if name.startswith(_LIVE) for at in points}
    after = sorted(at for at in own if at >= since)
    before = sorted((at for at in others if at < since), reverse=True)
    last = after[-1] if after else since
    spare = [last + timedelta(seconds=number) for number in range(1, len(before) + 1)]
    placed = dict(zip(before, [*after, *spare], strict=False))
    return {
        name: {placed[at]: value for at, value in points.items() if at in placed}
        if name.startswith(_LIVE)
        else points
        for name, points in series.items()
    }


def count(series: Mapping[str, Mapping[datetime, float]], policy: Policy) -> Samples:
    """Add up the periods that began at or after the policy's `since`.

    CloudWatch stamps a point with its period's start, so the period in which the canary began is
    left out: part of it is older than the canary.
    """
    kept = {
        name: {at: value for at, value in points.items() if at >= policy.since}
        for name, points in series.items()
    }
    invocations = {at: value for at, value in kept.get("invocations", {}).items() if value > 0}
    moments = sorted({at for points in kept.values() for at in points})
    return Samples(
        invocations=round(sum(invocations.values())),
        errors=round(sum(kept.get("errors", {}).values())),
        p99_ms=max(kept.get("duration", {}).values(), default=None),
        throttles=round(sum(kept.get("throttles", {}).values())),
        newest=max(invocations, default=None),
        periods=tuple(_period(kept, at, policy) for at in moments),
    )


def _period(series: Mapping[str, Mapping[datetime, float]], at: datetime, policy: Policy) -> Period:
    def whole(name: str) -> int:
        return round(series.get(name, {}).get(at, 0))

    def answers(prefix: str) -> Answers:
        confirmed, duplicate, rejected = (whole(f"{prefix}{each}") for each in _OUTCOMES)
        codes = enumerate(policy.outcomes.reasons if policy.outcomes else ())
        counted = {code: whole(f"{prefix}reason_{index}") for index, code in codes}
        reasons = {code: number for code, number in counted.items() if number}
        return Answers(confirmed + duplicate + rejected, rejected, reasons)

    return Period(
        candidate=Count(whole("invocations"), whole("errors")),
        live=Count(whole(f"{_LIVE}invocations"), whole(f"{_LIVE}errors")),
        candidate_p99=series.get("duration", {}).get(at),
        live_p99=series.get(f"{_LIVE}duration", {}).get(at),
        candidate_answers=answers(""),
        live_answers=answers(_LIVE),
    )


def _queries(policy: Policy) -> list[MetricDataQueryUnionTypeDef]:
    alias: list[DimensionTypeDef] = [
        {"Name": "FunctionName", "Value": policy.function},
        {"Name": "Resource", "Value": f"{policy.function}:{policy.alias}"},
    ]
    queries = [_query("throttles", "Throttles", "Sum", alias)]
    versions = {"": policy.version} | ({_LIVE: policy.live} if policy.live else {})
    for prefix, version in versions.items():
        executed: list[DimensionTypeDef] = [
            *alias,
            {"Name": "ExecutedVersion", "Value": version},
        ]
        queries += [
            _query(f"{prefix}invocations", "Invocations", "Sum", executed),
            _query(f"{prefix}errors", "Errors", "Sum", executed),
            _query(f"{prefix}duration", "Duration", "p99", executed),
        ]
        if policy.outcomes:
            queries += _outcome_queries(prefix, policy.function, version, policy.outcomes)
    return queries


def _outcome_queries(
    prefix: str, function: str, version: str, outcomes: Outcomes
) -> Iterator[MetricDataQueryUnionTypeDef]:
    """What the version counts itself, whoever invoked it: real events come by the alias alone."""
    executed: list[DimensionTypeDef] = [
        {"Name": outcomes.function_dimension, "Value": function},
        {"Name": outcomes.version_dimension, "Value": version},
    ]
    for kind in _OUTCOMES:
        metric = getattr(outcomes, kind)
        yield _query(f"{prefix}{kind}", metric, "Sum", executed, outcomes.namespace)
    for index, code in enumerate(outcomes.reasons):
        reason: DimensionTypeDef = {"Name": outcomes.reason_dimension, "Value": code}
        yield _query(
            f"{prefix}reason_{index}",
            outcomes.rejected,
            "Sum",
            [*executed, reason],
            outcomes.namespace,
        )


def _query(
    query_id: str,
    metric: str,
    statistic: str,
    dimensions: list[DimensionTypeDef],
    namespace: str = _NAMESPACE,
) -> MetricDataQueryUnionTypeDef:
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            "Period": PERIOD,
            "Stat": statistic,
        },
    }


def _check(query_id: str, status: str) -> None:
    """`PartialData` only says that another page follows; the other two are losses."""
    if status in {"InternalError", "Forbidden"}:
        raise UnavailableError(f"CloudWatch could not give {query_id} ({status}): try again later.")


def _alarm(raw: MetricAlarmTypeDef) -> Alarm:
    return Alarm(
        name=raw["AlarmName"],
        state=_state(raw["StateValue"]),
        changed_at=raw.get("StateTransitionedTimestamp") or raw.get("StateUpdatedTimestamp"),
        watched=_watched(raw),
        partial=bool(raw.get("EvaluationState")),
    )


def _state(value: str) -> AlarmState:
    return _STATES.get(value, "UNREADABLE")


def _watched(raw: MetricAlarmTypeDef) -> tuple[Dimensions, ...]:
    """The dimensions of the alarm's own metric, or of each metric in its expression."""
    stats = [query["MetricStat"] for query in raw.get("Metrics", []) if "MetricStat" in query]
    if stats:
        return tuple(_dimensions(stat["Metric"].get("Dimensions", [])) for stat in stats)
    if "MetricName" in raw:
        return (_dimensions(raw.get("Dimensions", [])),)
    return ()


def _dimensions(pairs: Sequence[DimensionTypeDef]) -> Dimensions:
    return frozenset((pair["Name"], pair["Value"]) for pair in pairs)
