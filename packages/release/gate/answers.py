"""Does the candidate reject the events that the live version rejects? Pure.

An answer can be wrong without an error. What is compared is whose the rejected events are, in all
and by each reason: docs/adr/0009 says why, and what that cannot see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

from release.gate import sequential

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from release.observation import Answers, Period, Policy, Samples

COUNTED = 0.5
"""Part of the invocations without an error whose outcome must be counted: metrics made of log lines
come later than Lambda's own."""

NOTICED = 5
"""Invocations of a version without an error of which none counted is no accident."""

AFTERWARDS = 2.0, 0.05
"""After a promotion a rejected share is too high above the one before, times this plus this: what
customers send changes too, and no version is drawn at random for each of them."""

_NAMED = 3
_SAY_SO = "if that is right, --accept-rejections REASON says so"


def evidence(samples: Samples, policy: Policy) -> float:
    """Evidence against "both versions reject alike", half staked on the sum, half on the reasons.

    1 where nobody is to compare them.
    """
    outcomes = policy.outcomes
    if outcomes is None or policy.accepted:
        return 1.0
    if policy.follows:
        return _much_more(samples)
    # A reason that nobody was given is no evidence, 1.
    seen = {*_codes(samples)} & {*outcomes.reasons}
    by_reason = sum(_by_reason(samples, code) for code in seen) + len(outcomes.reasons) - len(seen)
    in_all = _compared(samples.periods, lambda counted: counted.rejected)
    return (in_all + by_reason / len(outcomes.reasons)) / 2 if outcomes.reasons else in_all


def difference(samples: Samples, policy: Policy) -> str:
    """Both shares, and the reasons that tell the versions apart most."""
    mine, other = samples.answers
    told = sorted(_codes(samples), key=lambda code: -_by_reason(samples, code))[:_NAMED]
    reasons = ", ".join(
        f"{code} {mine.reasons.get(code, 0)} against {other.reasons.get(code, 0)}" for code in told
    )
    return (
        f"the candidate rejected {_share(mine)}, version {policy.live} {_share(other)}"
        + (f" ({reasons})" if reasons else "")
        + f"; {_SAY_SO}"
    )


def uncounted(samples: Samples, policy: Policy) -> list[str]:
    """Each version that answered events of which hardly any outcome is counted."""
    if policy.outcomes is None or policy.accepted:
        return []
    mine, other = samples.answers
    versions = [("the candidate", samples.invocations - samples.errors, mine)]
    live = samples.live
    versions += [(f"version {policy.live}", live.invocations - live.errors, other)]
    return [
        f"of {whose}'s {good} invocations without an error {counted.answered} outcomes are counted "
        f"in {policy.outcomes.namespace}, so its answers cannot be judged; {_SAY_SO}"
        for whose, good, counted in versions
        if good >= NOTICED and counted.answered < COUNTED * good
    ]


def _much_more(samples: Samples) -> float:
    mine, before = samples.answers
    times, plus = AFTERWARDS
    share = before.rejected / before.answered if before.answered else 0.0
    limit = times * share + plus
    return sequential.above(mine.rejected, mine.answered, limit) if limit < 1 else 1.0


def _by_reason(samples: Samples, code: str) -> float:
    return _compared(samples.periods, lambda counted: counted.reasons.get(code, 0))


def _compared(periods: Sequence[Period], rejected: Callable[[Answers], int]) -> float:
    """Evidence by the share of what was answered and by that of what was asked, the lesser.

    Where one version fails, events are missing among its answers; were they of one kind, the share
    of that kind among the rest would be another, though it is answered as ever.
    """
    hits = [(rejected(each.candidate_answers), rejected(each.live_answers)) for each in periods]
    answered = [
        ((each.candidate_answers.answered, mine), (each.live_answers.answered, other))
        for each, (mine, other) in zip(periods, hits, strict=True)
    ]
    asked = [
        ((each.candidate.invocations, mine), (each.live.invocations, other))
        for each, (mine, other) in zip(periods, hits, strict=True)
    ]
    return min(sequential.differs(answered), sequential.differs(asked))


def _codes(samples: Samples) -> list[str]:
    mine, other = samples.answers
    counted = mine + other
    return [code for code, number in counted.reasons.items() if number]


def _share(counted: Answers) -> str:
    share = counted.rejected / counted.answered if counted.answered else 0.0
    return f"{counted.rejected} of {counted.answered} events ({amounts.share(share)})"
