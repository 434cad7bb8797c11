"""Newer parts of AWS, deployed by the real program to the emulated AWS and used there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from load.planning.prices import LOGGED_BYTES
from load.report.telemetry import slot_seconds
from service.declaration import load
from service.names import Names

from infra.tests.integration.deployed import eventually, order
from infra.tests.integration.second import Second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.tests.integration.deployed import Deployed

SERVICE = load("order_processor")

NAMES = Names(SERVICE, "staging")
UNTRACED = f"Root=1-00000000-{'0' * 24};Sampled=0"
BYTES_BESIDE_EACH_EVENT = 26
"""What CloudWatch Logs counts for each (API reference, PutLogEvents)."""
SETTINGS: Any = {
    "architecture": "arm64",
    "logFormat": "JSON",
    "warmWritesPerSecond": "9000",
    "alarmWarmUpMinutes": "15",
    "reservedConcurrency": "5",
}


@pytest.fixture(scope="module")
def newer(stack: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    """Yield a stack with what can be had of each Python; snapshots are in tests/."""
    made = Second(stack, tmp_path_factory.mktemp("newer"), "staging")
    made.up(**SETTINGS)
    yield made
    made.destroy()


def test_what_was_asked_for_is_there(newer: Second) -> None:
    """As AWS's own calls show it."""
    made: Any = newer.first.lambda_.get_function_configuration(FunctionName=NAMES.function)
    assert made["Architectures"] == ["arm64"]
    assert made["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": NAMES.log_group,
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }
    watching = [NAMES.release_alarm(name) for name in ("errors", "throttles", "duration")]
    alarms: Any = newer.first.cloudwatch.describe_alarms(AlarmNames=watching)["MetricAlarms"]
    given = {"WarmUpPeriodDurationInMinutes": 15}
    assert [alarm["WarmUpConfiguration"] for alarm in alarms] == [given] * 3


def test_the_same_again_changes_nothing(newer: Second) -> None:
    """No setting differs from what AWS answers."""
    _, lines = newer.up(refreshed=True, **SETTINGS)
    assert not [line for line in lines if line.split()[0] in ("create", "update", "replace")]


def logged(stack: Deployed, names: Names) -> list[str]:
    """Place two orders, one after the other; return the lines of the warm one."""
    client = stack.lambda_
    # Untraced, as 19 of 20 are beyond the first of each second: a trace is part of the report.
    client.meta.events.register(
        "before-call.lambda.Invoke",
        lambda params, **_: params["headers"].update({"X-Amzn-Trace-Id": UNTRACED}),
    )
    for _ in range(2):
        reply: Any = client.invoke(
            FunctionName=names.function,
            Qualifier="production",
            Payload=json.dumps(order()).encode(),
        )
        assert json.loads(reply["Payload"].read())["status"] == "confirmed"
    request = reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]

    def lines() -> list[str] | None:
        events = stack.logs.filter_log_events(logGroupName=names.log_group)["events"]
        seen = [str(event["message"]) for event in events]
        first = next((at for at, line in enumerate(seen) if request in line), len(seen))
        done = any(slot_seconds(line) for line in seen[first:])
        return seen[first:] if done else None

    return eventually(lines)


def test_json_lines_keep_the_metrics_and_the_report(newer: Second) -> None:
    """The function's metrics, which have no level, and Lambda's word on the time it took."""
    lines = [json.loads(line) for line in logged(newer.first, NAMES)]
    assert [line for line in lines if "_aws" in line]
    assert [line for line in lines if line.get("type") == "platform.report"]


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_the_plan_counts_the_bytes_that_an_order_logs(newer: Second, log_format: str) -> None:
    """What `nox -s plan` multiplies with the price of a gigabyte; ids and times vary a little."""
    names = NAMES if log_format == "JSON" else Names(SERVICE, "local")
    lines = logged(newer.first, names)
    size = sum(len(line.encode()) + BYTES_BESIDE_EACH_EVENT for line in lines)
    assert size == pytest.approx(LOGGED_BYTES[log_format], abs=30), lines
