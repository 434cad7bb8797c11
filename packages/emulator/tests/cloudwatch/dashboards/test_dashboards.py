from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator.cloudwatch.dashboards.body import body_faults
from emulator.tests.cloudwatch_client import PROTOCOLS, bench
from hypothesis import given
from hypothesis import strategies as st

ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"
METRIC = {"metrics": [["AWS/Lambda", "Errors"]], "region": "us-east-1"}


def body(*widgets: Any, **members: Any) -> str:
    """A dashboard body of `widgets`."""
    return json.dumps({"widgets": list(widgets), **members})


def metric(**changed: Any) -> dict[str, Any]:
    """A metric widget with some of its properties changed."""
    return {"type": "metric", "properties": {**METRIC, **changed}}


GOOD = body(
    {**metric(), "x": 0, "y": 0, "width": 24, "height": 6},
    metric(
        metrics=[
            ["AWS/Lambda", "Errors", "FunctionName", "f", {"id": "e", "stat": "Sum"}],
            [".", "Invocations", ".", "."],
            ["...", "g", {"visible": False}],
            [{"expression": "100*e", "label": "Error rate", "id": "rate", "yAxis": "right"}],
        ],
        view="timeSeries",
        stacked=False,
        period=60,
        stat="Sum",
        title="Errors",
    ),
    {"type": "metric", "properties": {"annotations": {"alarms": [ALARM]}, "region": "us-east-1"}},
    {"type": "text", "properties": {"markdown": "# Orders"}},
    {
        "type": "log",
        "properties": {
            "region": "us-east-1",
            "query": "SOURCE '/aws/lambda/f' | fields @timestamp | sort @timestamp desc",
            "view": "table",
        },
    },
    {"type": "alarm", "properties": {"alarms": [ALARM], "states": ["ALARM"]}},
    start="-PT3H",
    periodOverride="inherit",
)


def test_a_good_body_has_no_faults() -> None:
    """W58 to W62 (CloudWatch API reference, Dashboard Body Structure): every widget type."""
    assert body_faults(GOOD) == []


@pytest.mark.behaviour("W58", "W59", "W60", "W61", "W62")
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", "/"),
        ("[]", "/"),
        ("{}", "/widgets"),
        (body(*[{"type": "text", "properties": {"markdown": ""}}] * 501), "/widgets"),
        (body(variables=[{}] * 26), "/variables"),
        (body(periodOverride="never"), "/periodOverride"),
        (body(start=5), "/start"),
        (body("text"), "/widgets/0"),
        (body({"type": "picture", "properties": {}}), "/widgets/0/type"),
        (body({"type": "text"}), "/widgets/0"),
        (body({**metric(), "x": 1}), "/widgets/0"),
        (body({**metric(), "x": 24, "y": 0}), "/widgets/0/x"),
        (body({**metric(), "width": 25}), "/widgets/0/width"),
        (body({**metric(), "height": 0}), "/widgets/0/height"),
        (body({**metric(), "height": "6"}), "/widgets/0/height"),
        (body(metric(region=None)), "/widgets/0/properties"),
        (body({"type": "metric", "properties": {"region": "r"}}), "/widgets/0/properties"),
        (body(metric(view="spiral")), "/widgets/0/properties/view"),
        (body(metric(period=90)), "/widgets/0/properties/period"),
        (body(metric(stacked="yes")), "/widgets/0/properties/stacked"),
        (body(metric(annotations={"alarms": []})), "/widgets/0/properties/annotations/alarms"),
        (body(metric(metrics="AWS/Lambda")), "/widgets/0/properties/metrics"),
        (body(metric(metrics=["AWS/Lambda"])), "/widgets/0/properties/metrics/0"),
        (body(metric(metrics=[["AWS/Lambda", 5]])), "/widgets/0/properties/metrics/0"),
        (body(metric(metrics=[["AWS/Lambda"]])), "/widgets/0/properties/metrics/0"),
        (body(metric(metrics=[["AWS/Lambda", "E", "F"]])), "/widgets/0/properties/metrics/0"),
        (body(metric(metrics=[[".", "E"]])), "/widgets/0/properties/metrics/0"),
        (
            body(metric(metrics=[["N", "m"], ["...", "a", "b", "c"]])),
            "/widgets/0/properties/metrics/1",
        ),
        (body(metric(metrics=[["N", "m", {"id": "E"}]])), "/widgets/0/properties/metrics/0/2/id"),
        (body({"type": "text", "properties": {}}), "/widgets/0/properties"),
        (
            body({"type": "log", "properties": {"region": "r", "query": "fields @message"}}),
            "/widgets/0/properties/query",
        ),
        (body({"type": "alarm", "properties": {"alarms": []}}), "/widgets/0/properties/alarms"),
        (
            body({"type": "alarm", "properties": {"alarms": ["x"]}}),
            "/widgets/0/properties/alarms/0",
        ),
    ],
)
def test_faults_are_found_at_their_path(text: str, path: str) -> None:
    """W58 to W62 (CloudWatch API reference, Dashboard Body Structure): one fault each."""
    at = bench()
    with pytest.raises(ClientError, match=r"there (is|are) \d validation error") as caught:
        at.client.put_dashboard(DashboardName="d", DashboardBody=text)
    response: Any = caught.value.response
    assert [item["DataPath"] for item in response["dashboardValidationMessages"]] == [path]
    assert at.client.list_dashboards()["DashboardEntries"] == []


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["widgets", "type", "properties", "metrics", "region", "x", "y"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=15,
)


@given(json_values)
def test_any_json_is_judged(value: Any) -> None:
    """No body makes the validation fail, and only a list of widgets can be without fault."""
    for text in (json.dumps(value), body({"type": "metric", "properties": value}), body(value)):
        faults = body_faults(text)
        assert faults or json.loads(text)["widgets"] is not None


@pytest.mark.behaviour("W57")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_put_get_list_delete(protocol: str) -> None:
    """W57 (CloudWatch API reference, PutDashboard): the body comes back as it was put."""
    at = bench(protocol)
    put = at.client.put_dashboard(DashboardName="orders-local", DashboardBody=GOOD)
    assert put["DashboardValidationMessages"] == []
    found = at.client.get_dashboard(DashboardName="orders-local")
    assert found["DashboardBody"] == GOOD
    assert found["DashboardArn"] == "arn:aws:cloudwatch::123456789012:dashboard/orders-local"
    (entry,) = at.client.list_dashboards(DashboardNamePrefix="orders")["DashboardEntries"]
    assert (entry["DashboardName"], entry["Size"]) == ("orders-local", len(GOOD))
    at.client.put_dashboard(DashboardName="orders-local", DashboardBody=body())
    assert at.client.get_dashboard(DashboardName="orders-local")["DashboardBody"] == body()
    at.client.delete_dashboards(DashboardNames=["orders-local"])
    assert at.client.list_dashboards()["DashboardEntries"] == []


@pytest.mark.behaviour("W64")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_bad_body_is_refused_with_its_faults(protocol: str) -> None:
    """W64 (botocore model, DashboardInvalidInputError): 400 InvalidParameterInput, all faults."""
    at = bench(protocol)
    with pytest.raises(ClientError, match="there are 2 validation errors") as caught:
        at.client.put_dashboard(
            DashboardName="d", DashboardBody=body(metric(view="x"), metric(period=1.5))
        )
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "InvalidParameterInput"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    paths = [item["DataPath"] for item in response["dashboardValidationMessages"]]
    assert paths == ["/widgets/0/properties/view", "/widgets/1/properties/period"]
    assert at.client.list_dashboards()["DashboardEntries"] == []


@pytest.mark.behaviour("W63")
def test_warnings_go_with_success() -> None:
    """W63 (CloudWatch API reference, PutDashboard): saved, with a message on what looks wrong."""
    at = bench()
    text = body({"type": "text", "properties": {"markdown": ""}, "colour": "red"})
    put = at.client.put_dashboard(DashboardName="d", DashboardBody=text)
    assert [item["DataPath"] for item in put["DashboardValidationMessages"]] == [
        "/widgets/0/colour"
    ]
    assert at.client.get_dashboard(DashboardName="d")["DashboardBody"] == text


@pytest.mark.behaviour("W57")
def test_names_and_missing_dashboards() -> None:
    """W57 (CloudWatch API reference, PutDashboard): names; a missing one is a 404."""
    at = bench()
    with pytest.raises(ClientError, match="invalid characters"):
        at.client.put_dashboard(DashboardName="a b", DashboardBody=GOOD)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        at.client.delete_dashboards(DashboardNames=[])
    at.client.put_dashboard(DashboardName="kept", DashboardBody=GOOD)
    with pytest.raises(ClientError) as caught:
        at.client.delete_dashboards(DashboardNames=["kept", "gone"])
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    assert len(at.client.list_dashboards()["DashboardEntries"]) == 1


@pytest.mark.behaviour("W65")
@pytest.mark.parametrize(
    ("metrics", "text"),
    [
        ("AWS/Lambda", 'Field "metrics" has to be an array of array of strings'),
        ([["AWS/Lambda", 5]], "Invalid metric field type, only 'String' type is allowed"),
    ],
)
def test_a_metric_that_is_no_list_of_texts_is_named(metrics: Any, text: str) -> None:
    """W65 (seen in public): in CloudWatch's words."""
    with pytest.raises(ClientError) as caught:
        bench().client.put_dashboard(DashboardName="d", DashboardBody=body(metric(metrics=metrics)))
    response: Any = caught.value.response
    (fault,) = response["dashboardValidationMessages"]
    assert fault["Message"].startswith(text)
