from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
from typing import Any

import cbor2
import pytest
from emulator.cloudwatch.wire.values import read_timestamp
from emulator.errors import AwsError
from emulator.http import Request, Response
from emulator.tests.cloudwatch_client import Bench, bench
from hypothesis import given, settings
from hypothesis import strategies as st


def test_several_faults_are_counted_and_joined() -> None:
    """The model's own constraints: one ValidationError for all of them."""
    at = bench()
    headers = {"x-amz-target": "GraniteServiceVersion20100801.SetAlarmState"}
    answer = send(at, headers, b'{"AlarmName": "", "StateValue": "X"}')
    message = json.loads(answer.body)["message"]
    assert message.startswith("3 validation errors detected: ")
    assert answer.headers["x-amzn-query-error"] == "ValidationError;Sender"


def send(at: Bench, headers: dict[str, str], body: bytes, path: str = "/") -> Response:
    """The reply to a raw request."""
    return asyncio.run(at.service.handle(Request("POST", path, {}, headers, body)))


CBOR = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}


BENCH = bench()


OPERATIONS = ("PutMetricData", "GetMetricData", "PutMetricAlarm", "PutDashboard", "Nonsense")


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(["m + 1", "Sum", "GreaterThanThreshold", "{}", "IF(m,1)"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "Namespace", "MetricData", "MetricName", "Value", "Timestamp", "Dimensions",
                    "MetricDataQueries", "StartTime", "EndTime", "Id", "Expression", "AlarmName",
                    "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "Statistic",
                    "Metrics", "DashboardName", "DashboardBody",
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200)
@given(st.sampled_from(OPERATIONS), anything)
def test_malformed_requests_get_an_error_of_aws(operation: str, value: Any) -> None:
    """Whatever a request holds, the reply is a success or a 4xx with an error code."""
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}"
    packed = send(BENCH, CBOR, cbor2.dumps(value), path)
    target = {"x-amz-target": f"GraniteServiceVersion20100801.{operation}"}
    plain = send(BENCH, target, json.dumps(value).encode())
    for answer in (packed, plain):
        assert answer.status in (200, 400, 404)
        assert (answer.status == 200) != ("x-amzn-query-error" in answer.headers)


@settings(max_examples=200)
@given(st.binary(max_size=60), st.sampled_from([CBOR, {"x-amz-target": "a.ListMetrics"}, {}]))
def test_bytes_get_an_error_of_aws(body: bytes, headers: dict[str, str]) -> None:
    """No body is answered with anything but a success or a 4xx."""
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    answer = send(BENCH, headers, body, path if headers is CBOR else "/")
    assert answer.status in (200, 400)


forms = st.dictionaries(
    st.sampled_from(
        [
            "Namespace", "MetricData.member.1.MetricName", "MetricData.member.1.Value",
            "MetricData.member.1", "MetricData.member.x.Value", "MetricData", "MetricData.member",
            "MetricData.member.1.Dimensions.member.1.Name", "MetricData.member.999999.Value",
            "MetricData.member.1.Timestamp", "MetricData.member.1.Values.member.1", "a.b.c",
        ]
    ),
    st.one_of(st.sampled_from(["1", "nan", "1e999", "N", "2027-01-15T12:00:00Z"]), st.text()),
)  # fmt: skip


@settings(max_examples=200)
@given(forms)
def test_any_form_gets_an_error_of_aws(form: dict[str, str]) -> None:
    """No combination of form fields is answered with anything but a success or a 4xx."""
    request = Request("POST", "/", {"Action": "PutMetricData", **form}, {}, b"")
    answer = asyncio.run(BENCH.service.handle(request))
    assert answer.status in (200, 400)


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        (1.5, 1.5),
        ("1970-01-01T00:00:02Z", 2.0),
        ("1970-01-01T00:00:02", 2.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        (dt.datetime.fromtimestamp(3, dt.UTC), 3.0),
    ],
)
def test_timestamps_are_read_from_each_form(raw: Any, seconds: float) -> None:
    """A number, an ISO 8601 text or a tagged CBOR time is seconds since the epoch."""
    assert read_timestamp(raw, "StartTime") == seconds


@pytest.mark.parametrize("raw", [1e12, "yesterday", float("nan"), True, []])
def test_other_timestamps_are_refused(raw: Any) -> None:
    """What is no time that could be shown is a SerializationException that names the member."""
    with pytest.raises(AwsError, match="'StartTime' is not a") as caught:
        read_timestamp(raw, "StartTime")
    assert caught.value.code == "SerializationException"


def test_compressed_bodies_are_bounded() -> None:
    """A small body that unpacks to a huge one is refused, one that is no gzip too."""
    headers = {"x-amz-target": "a.PutMetricData", "content-encoding": "gzip"}
    bomb = gzip.compress(b" " * (17 * 1024 * 1024))
    assert send(BENCH, headers, bomb).status == 413
    assert send(BENCH, headers, b"no gzip").status == 400
