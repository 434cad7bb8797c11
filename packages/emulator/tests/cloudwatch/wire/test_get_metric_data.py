from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.cloudwatch_client import NOON, PROTOCOLS, Bench, bench


def moment(seconds: float) -> dt.datetime:
    """`seconds` after noon."""
    return dt.datetime.fromtimestamp(NOON + seconds, dt.UTC)


def query(identity: str, name: str = "m", stat: str = "Sum", period: int = 60) -> Any:
    """A query of a metric without dimensions."""
    metric = {"Namespace": "N", "MetricName": name}
    return {"Id": identity, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def put(at: Bench, *minutes: float, name: str = "m") -> None:
    """The sample `minute` in each of these minutes."""
    for minute in minutes:
        at.store.put("N", name, (), minute, NOON + 60 * minute)


def pages(at: Bench, *queries: Any, size: int) -> list[list[tuple[str, str, list[float]]]]:
    """Id, status and values of each result of each page, of an hour from noon."""
    call: Any = {"MetricDataQueries": list(queries), "MaxDatapoints": size}
    call |= {"StartTime": moment(0), "EndTime": moment(3600)}
    found: list[list[tuple[str, str, list[float]]]] = []
    while True:
        answer = at.client.get_metric_data(**call)
        found.append([(r["Id"], r["StatusCode"], r["Values"]) for r in answer["MetricDataResults"]])
        if "NextToken" not in answer:
            return found
        call["NextToken"] = answer["NextToken"]


@pytest.mark.behaviour("W37")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_points_come_in_pages(protocol: str) -> None:
    """W37 (LocalStack snapshot test_get_metric_data_pagination): at most MaxDatapoints a page."""
    at = bench(protocol)
    put(at, 1, 2, 3)
    put(at, 4, 5, name="other")
    asked = (query("a"), query("b", "absent"), query("c", "other"))
    assert pages(at, *asked, size=2) == [
        [("a", "PartialData", [3, 2]), ("b", "Complete", [])],
        [("a", "Complete", [1]), ("c", "PartialData", [5])],
        [("c", "Complete", [4])],
    ]
    assert len(pages(at, *asked, size=5)) == 1


@pytest.mark.behaviour("W67")
@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        ([("Sum", 60), ("Minimum", 30)], ["m Sum 60", "m Minimum 30"]),
        ([("Sum", 60), ("Minimum", 60)], ["m Sum", "m Minimum"]),
        ([("Sum", 60), ("Sum", 30)], ["m 60", "m 30"]),
        ([("Sum", 60)], ["m"]),
    ],
)
def test_labels_tell_statistics_and_periods_apart(
    asked: list[tuple[str, int]], labels: list[str]
) -> None:
    """LocalStack snapshot test_label_generation: what differs is part of the label."""
    at = bench()
    put(at, 0)
    answer = at.client.get_metric_data(
        MetricDataQueries=[
            query(f"q{index}", "m", stat, period) for index, (stat, period) in enumerate(asked)
        ],
        StartTime=moment(0),
        EndTime=moment(60),
    )
    assert [result["Label"] for result in answer["MetricDataResults"]] == labels


@pytest.mark.behaviour("W56")
def test_a_day_of_minutes_is_answered_from_any_second() -> None:
    """W56 (LocalStack snapshot test_invalid_amount_of_datapoints): 1,440 points, not one more."""
    at = bench()
    asked: Any = {"Namespace": "N", "MetricName": "m", "Statistics": ["Sum"]}
    asked["StartTime"] = moment(17.25)
    day = at.client.get_metric_statistics(**asked, EndTime=moment(17.25 + 86_400), Period=60)
    assert day["Datapoints"] == []
    with pytest.raises(
        ClientError, match="up to 86400 datapoints, which exceeds the limit of 1440"
    ):
        at.client.get_metric_statistics(**asked, EndTime=moment(17.25 + 86_400), Period=1)
    with pytest.raises(ClientError, match="up to 1441 datapoints"):
        at.client.get_metric_statistics(**asked, EndTime=moment(18.25 + 86_400), Period=60)
