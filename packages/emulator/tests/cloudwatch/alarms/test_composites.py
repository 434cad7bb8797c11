from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from emulator.cloudwatch.alarms.composites import children, holds, parse_rule
from emulator.errors import AwsError
from emulator.tests.cloudwatch.alarms.alarms import put_alarm, put_error
from emulator.tests.cloudwatch_client import Bench, bench
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from emulator.cloudwatch.alarms.rules import State

STATES: dict[str, State] = {"a": "ALARM", "b": "OK", "c d": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALARM(a)", True),
        ('ALARM("a")', True),
        ("OK(a)", False),
        ('INSUFFICIENT_DATA("c d")', True),
        ("ALARM(gone)", False),
        ("TRUE", True),
        ("FALSE", False),
        ("NOT ALARM(a)", False),
        ("NOT (ALARM(a) AND OK(b))", False),
        ("ALARM(b) OR ALARM(a)", True),
        ("TRUE OR FALSE AND FALSE", True),
        ("(TRUE OR FALSE) AND FALSE", False),
        ("NOT FALSE AND FALSE", False),
        ("AT_LEAST(1, ALARM, (a, b))", True),
        ("AT_LEAST(2, ALARM, (a, b))", False),
        ('AT_LEAST(2, NOT OK, (a, b, "c d"))', True),
        ("AT_LEAST(50%, OK, (a, b))", True),
        ("AT_LEAST(51%, OK, (a, b))", False),
    ],
)
def test_rules(text: str, expected: bool) -> None:
    """W32 (CloudWatch API reference, PutCompositeAlarm): what a rule says of its children."""
    assert holds(parse_rule(text), STATES.get) is expected


@pytest.mark.parametrize(
    "text",
    [
        "ALARM",
        "ALARM()",
        "ALARM(a",
        "ALARM(a) ALARM(b)",
        "AND TRUE",
        "MAYBE(a)",
        'ALARM("a)',
        "",
        "AT_LEAST(x, OK, (a))",
        "AT_LEAST(1, BLUE, (a))",
        "AT_LEAST(1, OK, ())",
        "NOT " * 200 + "TRUE",
        " OR ".join(f"ALARM(a{index})" for index in range(101)),
        " OR ".join(["TRUE"] * 501),
    ],
)
def test_unreadable_rules_are_refused(text: str) -> None:
    """W32 (CloudWatch API reference, PutCompositeAlarm): faults and limits, a ValidationError."""
    with pytest.raises(AwsError, match="AlarmRule") as caught:
        parse_rule(text)
    assert caught.value.code == "ValidationError"


rules = st.recursive(
    st.sampled_from(["TRUE", "FALSE", "ALARM(a)", 'OK("b")', 'ALARM("c d")']),
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
    ),
    max_leaves=20,
)


@given(rules)
def test_rules_agree_with_python(text: str) -> None:
    """A rule of AND, OR and NOT is true exactly where the same Boolean expression is."""
    pythonic = text
    for rule, value in (("ALARM(a)", True), ('OK("b")', True), ('ALARM("c d")', False)):
        pythonic = pythonic.replace(rule, str(value))
    for word in ("TRUE", "FALSE", "AND", "OR", "NOT"):
        pythonic = pythonic.replace(word, word.title() if word.endswith("E") else word.lower())
    assert holds(parse_rule(text), STATES.get) is eval(pythonic)  # noqa: S307 - made above


@pytest.mark.behaviour("W32", "W33")
@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("ALARM(errors)", "ALARM"),
        ('ALARM("throttles")', "OK"),
        ("OK(throttles) AND NOT INSUFFICIENT_DATA(errors)", "ALARM"),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors) AND TRUE", "ALARM"),
        ("FALSE OR (ALARM(errors) AND ALARM(throttles))", "OK"),
        ("AT_LEAST(1, ALARM, (errors, throttles))", "ALARM"),
        ("AT_LEAST(100%, NOT ALARM, (errors, throttles))", "OK"),
    ],
)
def test_a_rule_decides_the_state(rule: str, state: str) -> None:
    """W32, W33 (CloudWatch API reference, PutCompositeAlarm): names, ARNs, operators, counts."""
    at = two_alarms()
    at.client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="drill")
    at.client.set_alarm_state(AlarmName="throttles", StateValue="OK", StateReason="drill")
    at.client.put_composite_alarm(AlarmName="any", AlarmRule=rule)
    assert at.state("any") == state


@pytest.mark.behaviour("W32")
@pytest.mark.parametrize("rule", ["ALARM(errors", "ALARM(errors) XOR TRUE", "BLUE(errors)"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    """W32 (CloudWatch API reference, PutCompositeAlarm): a ValidationError, and no alarm."""
    at = two_alarms()
    with pytest.raises(ClientError) as caught:
        at.client.put_composite_alarm(AlarmName="any", AlarmRule=rule)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_children_are_named_once() -> None:
    """The alarms of a rule, by name or ARN, however often they stand there."""
    assert children(parse_rule("ALARM(a) AND NOT (OK(a) OR AT_LEAST(1, OK, (b, c)))")) == set("abc")


def two_alarms() -> Bench:
    """Two metric alarms, on Errors and on Throttles."""
    at = bench()
    for name in ("Errors", "Throttles"):
        put_alarm(
            at.client, AlarmName=name.lower(), MetricName=name, TreatMissingData="notBreaching"
        )
    return at


@pytest.mark.behaviour("W33", "W34")
def test_a_composite_follows_its_children() -> None:
    """W33, W34 (CloudWatch User Guide, alarm-combining): ALARM where the rule is true, else OK."""
    at = two_alarms()
    at.client.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(errors) OR ALARM(throttles)")
    before = at.state("any")
    put_error(at)
    at.later(60)
    found = at.alarm("any")
    assert (before, found["StateValue"]) == ("OK", "ALARM")
    (trigger,) = json.loads(found["StateReasonData"])["triggeringAlarms"]
    assert trigger["arn"] == at.alarm("errors")["AlarmArn"]
    assert trigger["state"]["value"] == "ALARM"
    assert found["StateReason"].startswith(f"{trigger['arn']} transitioned to ALARM at Friday 15")


@pytest.mark.behaviour("W34")
def test_composites_of_composites_settle_at_once() -> None:
    """W34 (CloudWatch User Guide, alarm-combining): a chain follows in one evaluation."""
    at = two_alarms()
    at.client.put_composite_alarm(AlarmName="outer", AlarmRule="FALSE")
    at.client.put_composite_alarm(AlarmName="inner", AlarmRule="ALARM(errors)")
    at.client.put_composite_alarm(AlarmName="outer", AlarmRule="ALARM(inner)")
    at.client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="drill")
    assert at.state("outer") == "ALARM"


@pytest.mark.behaviour("W36")
def test_a_cycle_stops_and_does_not_hang() -> None:
    """W36 (CloudWatch API reference, DeleteAlarms): a cycle of composites ends its evaluation."""
    at = two_alarms()
    at.client.put_composite_alarm(AlarmName="x", AlarmRule="TRUE")
    at.client.put_composite_alarm(AlarmName="y", AlarmRule="NOT ALARM(x)")
    at.client.put_composite_alarm(AlarmName="x", AlarmRule="ALARM(y)")
    at.later(60)
    assert {at.state("x"), at.state("y")} <= {"OK", "ALARM"}


def test_a_rule_names_alarms_that_exist() -> None:
    """A rule over an alarm that does not exist is a ValidationError that names it."""
    with pytest.raises(ClientError, match="gone") as caught:
        bench().client.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(gone)")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_suppression_is_refused_by_name() -> None:
    """W35 is not emulated: an actions suppressor is refused rather than ignored."""
    at = two_alarms()
    with pytest.raises(ClientError, match="ActionsSuppressor "):
        at.client.put_composite_alarm(AlarmName="any", AlarmRule="TRUE", ActionsSuppressor="errors")


@pytest.mark.behaviour("W30")
def test_describe_separates_the_types() -> None:
    """W30 (CloudWatch API reference, DescribeAlarms): composites only where asked for."""
    at = two_alarms()
    at.client.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(errors)")
    assert at.client.describe_alarms().get("CompositeAlarms", []) == []
    types = at.client.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in types["CompositeAlarms"]] == ["any"]
    below = at.client.describe_alarms(
        ChildrenOfAlarmName="any", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    assert [alarm["AlarmName"] for alarm in below["MetricAlarms"]] == ["errors"]
    above = at.client.describe_alarms(ParentsOfAlarmName="errors", AlarmTypes=["CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in above["CompositeAlarms"]] == ["any"]


@pytest.mark.behaviour("W36")
def test_deleting_composites() -> None:
    """W36 (CloudWatch API reference, DeleteAlarms): one composite a call, and none in use."""
    at = two_alarms()
    at.client.put_composite_alarm(AlarmName="low", AlarmRule="ALARM(errors)")
    at.client.put_composite_alarm(AlarmName="high", AlarmRule="ALARM(low)")
    with pytest.raises(ClientError, match="At most one composite"):
        at.client.delete_alarms(AlarmNames=["low", "high"])
    with pytest.raises(ClientError, match="part of the rule of high"):
        at.client.delete_alarms(AlarmNames=["low"])
    at.client.delete_alarms(AlarmNames=["high"])
    at.client.delete_alarms(AlarmNames=["low", "errors"])
    assert [alarm["AlarmName"] for alarm in at.client.describe_alarms()["MetricAlarms"]] == [
        "throttles"
    ]
