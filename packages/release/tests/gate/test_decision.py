"""The gate as a function of values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from release.gate.decision import Decision, decide, watches_candidate
from release.observation import Alarm, AlarmState, Policy, Samples
from release.tests.fakes import ALIAS, FUNCTION, START, watching

POLICY = Policy(FUNCTION, ALIAS, "2", started=START, since=START)
AFTER = START + timedelta(seconds=60)
BEFORE = START - timedelta(seconds=60)
ENOUGH = Samples(invocations=310, errors=0, p99_ms=80.0, throttles=3, newest=AFTER)
GOOD = (watching("errors", "2"), watching("throttles", "2"), watching("duration", "2"))
FAILING = watching("errors", "2", "ALARM", AFTER)

states = st.sampled_from(get_args(AlarmState))
good_alarms = st.sampled_from(GOOD)
moments = st.none() | st.integers(-600, 600).map(lambda s: START + timedelta(seconds=s))
any_alarms = st.builds(
    lambda name, version, state, changed_at, partial: replace(
        watching(name, version, state, changed_at), partial=partial
    ),
    st.text("ab", min_size=1, max_size=3),
    st.sampled_from(["1", "2"]),
    states,
    moments,
    st.booleans(),
)
alarm_lists = st.lists(good_alarms, max_size=3) | st.lists(any_alarms | good_alarms, max_size=5)
sample_values = (
    st.just(ENOUGH)
    | st.none()
    | st.builds(
        Samples,
        invocations=st.integers(0, 2000),
        errors=st.integers(0, 50),
        newest=moments,
    )
)


def test_passes_when_everything_holds() -> None:
    """All alarms OK on the candidate and enough fresh samples: pass, without a reason."""
    assert decide(GOOD, ENOUGH, POLICY) == Decision("pass", ())


def test_an_alarm_fails_it_even_if_all_else_is_unknown() -> None:
    """A fail beats inconclusive."""
    decision = decide([FAILING, Alarm("gone", "ABSENT")], None, POLICY)
    assert decision == Decision("fail", ("errors is in ALARM",))


@pytest.mark.parametrize(
    "alarm",
    [
        Alarm("gone", "ABSENT"),
        Alarm("locked", "UNREADABLE"),
        watching("errors", "2", "INSUFFICIENT_DATA"),
        watching("errors", "1"),
        watching("errors", "1", "ALARM", AFTER),
        watching("errors", "2", "ALARM", BEFORE),
        replace(watching("errors", "2"), partial=True),
        Alarm("composite", "OK"),
    ],
    ids=lambda alarm: f"{alarm.name}-{alarm.state}",
)
def test_an_alarm_that_proves_nothing_is_inconclusive(alarm: Alarm) -> None:
    """Absent, unreadable, without data, on other dimensions, stale or partial: no verdict."""
    decision = decide([*GOOD, alarm], ENOUGH, POLICY)
    assert decision.verdict == "inconclusive"
    assert len(decision.reasons) == 1
    assert decision.reasons[0].startswith(alarm.name)


def test_no_alarm_at_all_is_inconclusive() -> None:
    """ "Every alarm is OK" is not vacuously true."""
    assert decide([], ENOUGH, POLICY).verdict == "inconclusive"


@pytest.mark.parametrize(
    "samples",
    [
        None,
        Samples(),
        replace(ENOUGH, invocations=298),
        replace(ENOUGH, newest=BEFORE),
        replace(ENOUGH, newest=None),
    ],
)
def test_alarms_that_are_ok_for_want_of_traffic_are_no_pass(samples: Samples | None) -> None:
    """OK without enough fresh samples of the candidate is inconclusive."""
    assert decide(GOOD, samples, POLICY).verdict == "inconclusive"


def test_a_minimum_of_zero_still_needs_a_sample() -> None:
    """No policy lets a candidate pass that nobody called."""
    idle = Samples(invocations=0, newest=AFTER)
    assert decide(GOOD, idle, replace(POLICY, minimum_samples=0)).verdict == "inconclusive"


@pytest.mark.parametrize(("errors", "verdict"), [(4, "inconclusive"), (5, "fail")])
def test_too_many_errors_fail_it_before_the_alarm_does(errors: int, verdict: str) -> None:
    """Once so many errors would be a 1 in 500 chance at the limit of 1 %, it has failed."""
    samples = Samples(invocations=40, errors=errors, newest=AFTER)
    assert decide(GOOD, samples, POLICY).verdict == verdict


def test_an_arn_in_the_resource_dimension_watches_nothing() -> None:
    """CloudWatch's Resource is `function:alias`; an ARN there matches no metric."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}:{ALIAS}"
    dimensions = {("FunctionName", FUNCTION), ("Resource", arn), ("ExecutedVersion", "2")}
    assert not watches_candidate(Alarm("errors", "OK", None, (frozenset(dimensions),)), POLICY)


def test_an_expression_may_add_the_aliass_own_metrics() -> None:
    """A throttle share reads the alias as a whole beside the candidate; a third version not."""
    resource = {("FunctionName", FUNCTION), ("Resource", f"{FUNCTION}:{ALIAS}")}
    of_alias, of_two = frozenset(resource), frozenset(resource | {("ExecutedVersion", "2")})
    of_three = frozenset(resource | {("ExecutedVersion", "3")})
    assert watches_candidate(Alarm("share", "OK", None, (of_alias, of_two)), POLICY)
    assert not watches_candidate(Alarm("share", "OK", None, (of_alias,)), POLICY)
    assert not watches_candidate(Alarm("share", "OK", None, (of_alias, of_two, of_three)), POLICY)


@given(alarm_lists, sample_values)
def test_one_failing_alarm_more_always_fails(alarms: list[Alarm], samples: Samples | None) -> None:
    """Whatever else is known, an alarm raised by the candidate decides."""
    assert decide([*alarms, FAILING], samples, POLICY).verdict == "fail"


@given(alarm_lists, sample_values, any_alarms)
def test_another_alarm_never_mends_a_verdict(
    alarms: list[Alarm], samples: Samples | None, further: Alarm
) -> None:
    """More alarms can only keep a verdict or worsen it (an empty list aside, which has none)."""
    rank = {"pass": 0, "inconclusive": 1, "fail": 2}
    before = decide(alarms, samples, POLICY).verdict
    after = decide([*alarms, further], samples, POLICY).verdict
    assert rank[after] >= rank[before] or not alarms


@given(alarm_lists, sample_values, st.integers(0, 500))
def test_a_pass_has_everything(alarms: list[Alarm], samples: Samples | None, minimum: int) -> None:
    """A pass implies its whole definition, whatever the input."""
    policy = replace(POLICY, minimum_samples=minimum)
    decision = decide(alarms, samples, policy)
    event(decision.verdict)
    assert (decision.verdict == "pass") == (not decision.reasons)
    if decision.verdict != "pass":
        return
    assert alarms
    assert all(alarm.state == "OK" and not alarm.partial for alarm in alarms)
    assert all(watches_candidate(alarm, policy) for alarm in alarms)
    assert samples is not None
    assert samples.invocations >= max(1, minimum)
    assert samples.newest is not None
    assert samples.newest >= START
    assert samples.errors <= 0.01 * samples.invocations


@given(alarm_lists, sample_values)
def test_the_order_of_alarms_is_irrelevant(alarms: list[Alarm], samples: Samples | None) -> None:
    """A verdict is a property of the set of alarms."""
    turned = list(reversed(alarms))
    assert decide(alarms, samples, POLICY).verdict == decide(turned, samples, POLICY).verdict
