"""What samples prove of a candidate beside the live version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from release.gate.decision import decide
from release.gate.evidence import failures, is_slow, shortages, suspicions
from release.observation import Count, Period, Policy, Samples
from release.remedy import Remedy
from release.tests.fakes import ALIAS, FUNCTION, START, watching

POLICY = Policy(FUNCTION, ALIAS, "2", START, START, live="1", weight=0.3)
ALARMS = (watching("errors", "2"),)


def samples(*periods: Period) -> Samples:
    """The samples of these periods."""
    mine = sum((period.candidate for period in periods), Count())
    return Samples(mine.invocations, mine.errors, newest=START, periods=periods)


def test_failing_more_often_than_the_live_version_fails() -> None:
    """Eight errors on three tenths of the traffic and none on the rest are no chance."""
    seen = samples(Period(Count(300, 8), Count(700)))
    assert failures(seen, POLICY) == [
        "8 of 300 invocations of the candidate failed, 0 of 700 of version 1"
    ]
    assert decide(ALARMS, seen, POLICY).verdict == "fail"


def test_an_outage_that_hits_both_fails_nobody_and_passes_nobody() -> None:
    """A common error share convicts nobody, but such an hour proves nothing either."""
    seen = samples(Period(Count(300, 60), Count(700, 140)))
    decision = decide(ALARMS, seen, POLICY)
    assert decision.verdict == "inconclusive"
    assert decision.reasons[0].endswith("; the live version fails as well")


def test_the_fix_is_not_blocked_by_what_it_fixes() -> None:
    """While the live version fails every fifth event, a clean candidate is not failed."""
    seen = samples(Period(Count(400, 0), Count(700, 140)))
    assert decide(ALARMS, seen, POLICY).verdict == "pass"


def test_without_live_traffic_the_limit_alone_decides() -> None:
    """Ten of 40 is more than one in a hundred, whatever others do."""
    assert failures(samples(Period(Count(40, 10))), POLICY)
    assert not failures(samples(Period(Count(40, 1))), POLICY)


def test_a_slower_p99_period_after_period_fails() -> None:
    """Six slow minutes of six prove it; three of six only raise a suspicion."""
    slow = Period(Count(50), Count(100), 300.0, 100.0)
    fast = Period(Count(50), Count(100), 110.0, 100.0)
    assert failures(samples(*[slow] * 6), POLICY) == [
        "the candidate's p99 was above the live version's in 6 of 6 periods"
    ]
    assert suspicions(samples(*[slow] * 3), POLICY)
    assert not failures(samples(*[slow] * 3), POLICY)
    assert not suspicions(samples(*[fast] * 20, slow, slow), POLICY)


@pytest.mark.parametrize(
    "period",
    [
        Period(Count(4), Count(100), 900.0, 100.0),
        Period(Count(50), Count(4), 900.0, 100.0),
        Period(Count(50), Count(100), 900.0, None),
        Period(Count(50), Count(100), 24.0, 2.0),
    ],
)
def test_a_p99_of_few_samples_or_of_a_few_milliseconds_says_nothing(period: Period) -> None:
    """Neither a handful of invocations nor noise of some milliseconds makes a slow minute."""
    assert not is_slow(period)


def test_serving_less_than_its_weight_is_suspicious() -> None:
    """A refused request names no version, but the shares of those that ran tell."""
    refused = samples(Period(Count(310), Count(1400)))
    assert "less than its weight of 30 %" in suspicions(refused, POLICY)[0]
    assert not suspicions(samples(Period(Count(420), Count(980))), POLICY)
    assert not suspicions(refused, replace(POLICY, weight=None))


def test_throttle_shares_are_estimated_per_version() -> None:
    """Of 1,000 requests at a weight of 0.3 the candidate was asked 300 and served 240."""
    seen = replace(samples(Period(Count(240), Count(660))), throttles=100)
    assert seen.throttle_share == 0.1
    mine, others = seen.throttle_shares(0.3)
    assert mine == pytest.approx(0.2)
    assert others == pytest.approx(1 - 660 / 700)
    assert seen.throttle_shares(1.0) == (None, None)
    assert Samples().throttle_share is None


def test_an_error_costs_further_clean_samples() -> None:
    """One error in 310 is no pass yet; the sentence says how many more would make it one."""
    assert shortages(samples(Period(Count(310))), POLICY) == []
    sentence = shortages(samples(Period(Count(310, 1), Count(700, 2))), POLICY)[0]
    assert sentence.startswith("1 errors in 310 samples do not rule out an error share of 1 %")
    assert "(581 more" in sentence


def test_synthetic_events_are_samples_that_need_no_period() -> None:
    """A quiet hour is made good by events that the gate sent itself."""
    synthetic = Samples(synthetic=Count(310))
    assert decide(ALARMS, synthetic, POLICY).verdict == "pass"
    assert decide(ALARMS, Samples(synthetic=Count(310, 30)), POLICY).verdict == "fail"


def test_only_a_lack_of_samples_is_mended_by_more() -> None:
    """Synthetic traffic helps against too few samples, not an alarm that watches nothing."""
    assert decide(ALARMS, Samples(), POLICY).remedy is Remedy.SAMPLES
    assert (
        decide((*ALARMS, watching("errors", "1")), Samples(), POLICY).remedy is not Remedy.SAMPLES
    )
    assert decide((), Samples(), POLICY).remedy is not Remedy.SAMPLES
    assert decide(ALARMS, None, POLICY).remedy is not Remedy.SAMPLES
