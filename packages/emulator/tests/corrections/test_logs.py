from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import refusal

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

HOUR_MS = 3_600_000
_groups = itertools.count()


@pytest.fixture
def logs(emulator: RunningEmulator) -> Any:
    """A client for CloudWatch Logs."""
    return emulator.client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    """A group with the streams `a` and `b`."""
    name = f"group-{next(_groups)}"
    logs.create_log_group(logGroupName=name)
    for stream in "ab":
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def put(logs: Any, group: str, *events: tuple[int, str], stream: str = "a") -> Any:
    """PutLogEvents; events are a timestamp and a message."""
    batch = [{"timestamp": at, "message": message} for at, message in events]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def found(logs: Any, group: str, **asked: Any) -> list[list[str]]:
    """The messages of each page of FilterLogEvents."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **asked)
    return [[event["message"] for event in page["events"]] for page in pages]


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


@pytest.mark.behaviour("S1")
def test_a_search_goes_on_past_ten_thousand_events(logs: Any, group: str) -> None:
    """FilterLogEvents tells of a next page, of events of the same millisecond too."""
    moment = now()
    for stream in "ab":
        messages = [(moment, f"REPORT {stream}{number}") for number in range(6_000)]
        put(logs, group, *messages, stream=stream)
    pages = found(logs, group, filterPattern="REPORT")
    assert [len(page) for page in pages] == [10_000, 2_000]
    assert len({message for page in pages for message in page}) == 12_000


@pytest.mark.behaviour("S1")
@pytest.mark.parametrize("from_head", [True, False])
def test_pages_are_in_the_order_of_time(logs: Any, group: str, from_head: bool) -> None:
    """Streams are merged, from the head or from the end; a page has at most 1 MB."""
    moment = now()
    for index, stream in enumerate("ab"):
        texts = [(moment + 2 * number + index, f"{2 * number + index}") for number in range(4)]
        put(logs, group, *texts, stream=stream)
    expected = [["0", "1", "2"], ["3", "4", "5"], ["6", "7"]]
    if not from_head:
        expected = [["7", "6", "5"], ["4", "3", "2"], ["1", "0"]]
    assert found(logs, group, limit=3, startFromHead=from_head) == expected
    for stream in "ab":
        put(logs, group, (moment + 9, "x" * 600_000), stream=stream)
    sizes = [9, 1] if from_head else [1, 9]
    assert [len(page) for page in found(logs, group, startFromHead=from_head)] == sizes


@pytest.mark.behaviour("S2")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", ["ERROR one", "ERROR two"]),
        ('"ERROR two"', ["ERROR two"]),
        ("ERROR -two", ["ERROR one"]),
        ("?one ?two", ["ERROR one", "ERROR two"]),
        ("error", []),
    ],
)
def test_patterns_of_terms(logs: Any, group: str, pattern: str, expected: list[str]) -> None:
    """All terms, quoted ones whole, any of those with `?`, none with `-`; by case."""
    put(logs, group, *((now(), text) for text in ("ERROR one", "ERROR two", "fine")))
    assert found(logs, group, filterPattern=pattern) == [expected]


@pytest.mark.behaviour("S2")
@pytest.mark.parametrize("pattern", ["{ $.level = 1 }", "[ip, user]", "%a|b%"])
def test_other_patterns_are_refused_by_name(logs: Any, group: str, pattern: str) -> None:
    """Storage would take them for a pattern that everything meets."""
    _, code, text = refusal(logs.filter_log_events, logGroupName=group, filterPattern=pattern)
    assert (code, "is not emulated" in text) == ("InvalidParameterException", True)


@pytest.mark.behaviour("S1")
def test_a_token_of_nowhere_is_refused(logs: Any, group: str) -> None:
    """A search goes on from a token of its own only."""
    asked = {"logGroupName": group, "nextToken": "elsewhere"}
    _, code, text = refusal(logs.filter_log_events, **asked)
    assert (code, text) == ("InvalidParameterException", "The specified nextToken is invalid.")


@pytest.mark.behaviour("S3")
def test_a_batch_is_in_order(logs: Any, group: str) -> None:
    """PutLogEvents refuses the whole batch otherwise, and one of more than 24 hours."""
    moment = now()
    for words, batch in {
        "chronological order": [(moment, "late"), (moment - 1, "early")],
        "span more than 24 hours": [(moment - 25 * HOUR_MS, "early"), (moment, "late")],
        "Upload too large": [(moment, "x" * 200_000) for _ in range(6)],
    }.items():
        _, code, text = refusal(lambda events=batch: put(logs, group, *events))
        assert (code, words in text) == ("InvalidParameterException", True), text
    assert found(logs, group) == [[]]


@pytest.mark.behaviour("S4")
def test_what_is_out_of_time_is_rejected_and_told(logs: Any, group: str) -> None:
    """RejectedLogEventsInfo: too old, beyond the retention, too new; the rest is stored."""
    moment = now()
    old, new = moment - 15 * 24 * HOUR_MS, moment + 3 * HOUR_MS
    told = put(logs, group, (old, "old"), (moment, "now"), (new, "new"))
    assert told["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1,
        "tooNewLogEventStartIndex": 2,
    }
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    told = put(logs, group, (moment - 4 * 24 * HOUR_MS, "expired"), (moment - 50 * HOUR_MS, "kept"))
    assert told["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert found(logs, group) == [["kept", "now"]]


@pytest.mark.behaviour("S5")
@pytest.mark.parametrize("by_arn", [True, False])
def test_a_protected_group_is_not_deleted(logs: Any, group: str, by_arn: bool) -> None:
    """From its creation or later, by name or ARN; DescribeLogGroups tells it."""
    name = f"{group}-protected"
    logs.create_log_group(logGroupName=name, deletionProtectionEnabled=True)
    assert refusal(logs.delete_log_group, logGroupName=name)[1] == "ValidationException"
    (described,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert described["deletionProtectionEnabled"] is True
    identifier = described["logGroupArn"] if by_arn else name
    for protected in (False, True, False):
        logs.put_log_group_deletion_protection(
            logGroupIdentifier=identifier, deletionProtectionEnabled=protected
        )
        (described,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert described["deletionProtectionEnabled"] is protected
    logs.delete_log_group(logGroupName=name)
    gone = {"logGroupIdentifier": identifier, "deletionProtectionEnabled": True}
    _, code, _ = refusal(logs.put_log_group_deletion_protection, **gone)
    assert code == "ResourceNotFoundException"


@pytest.mark.behaviour("S6")
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("fields @timestamp | stats count(*) by bin(5m)", "command stats"),
        ("parse @message '* *' as a, b", "command parse"),
        ("filter level = 'ERROR'", "filter level"),
        ("fields @duration", "@duration"),
    ],
)
def test_what_insights_lacks_is_refused_by_name(
    logs: Any, group: str, query: str, named: str
) -> None:
    """StartQuery does not leave out a part of a query."""
    asked = {"logGroupName": group, "startTime": 0, "endTime": now(), "queryString": query}
    _, code, text = refusal(logs.start_query, **asked)
    assert (code, named in text) == ("InvalidParameterException", True), text


@pytest.mark.behaviour("S6")
def test_a_query_of_insights(logs: Any, group: str) -> None:
    """Fields, filters, order and limit; a pipe within a pattern is no command."""
    put(logs, group, *((now(), text) for text in ("a|1", "b|2", "a|3")))
    query = r"fields @message | filter @message like /a\||z/ | sort @message desc | limit 1"
    started = logs.start_query(logGroupName=group, startTime=0, endTime=now(), queryString=query)
    (row,) = logs.get_query_results(queryId=started["queryId"])["results"]
    assert {cell["field"]: cell["value"] for cell in row}["@message"] == "a|3"
