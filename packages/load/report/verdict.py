"""The verdict on a run: a pure function of what was measured and the thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from reporting import amounts

if TYPE_CHECKING:
    from load.report.next_command import Remedy
    from load.thresholds import Thresholds

Decision = Literal["pass", "fail", "inconclusive", "invalid"]

EXIT_STATUS: Final[dict[Decision, int]] = {"pass": 0, "fail": 1, "invalid": 1, "inconclusive": 3}


@dataclass(frozen=True, slots=True)
class Measured:
    """What the verdict looks at: counts, shares 0..1, times in milliseconds where not named else.

    None is what could not be measured, or what the run had none of: it holds no threshold and
    breaks none.
    """

    sent_all: bool
    attempts: int
    served: int
    errors: int
    throttle_share: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    recovery_seconds: float | None
    drain_seconds: float | None
    send_lag_p99_ms: float | None
    cpu_share: float | None
    workers_lost: int
    lost: int
    duplicated: int
    unverified: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and every reason for it, as sentences; a pass needs none.

    An inconclusive one has the remedy that gets further, and no other has.
    """

    decision: Decision
    reasons: tuple[str, ...] = ()
    remedy: Remedy | None = None

    def __post_init__(self) -> None:
        """ValueError for an inconclusive verdict that leaves a person alone."""
        if (self.decision == "inconclusive") != (self.remedy is not None):
            raise ValueError("an inconclusive verdict has a remedy, and no other one has")


def decide(measured: Measured, limits: Thresholds) -> Verdict:
    """Judge a run.

    A lost or doubled event fails it whatever else held. Otherwise a run whose generator was the
    bottleneck is invalid, not passed and not failed; a threshold not held fails it; too few answers
    or events that could not be verified leave it undecided.
    """
    few, unverified = _few(measured, limits), _unverified(measured)
    ranked: tuple[tuple[Decision, list[str]], ...] = (
        ("fail", _events(measured, limits)),
        ("invalid", _generator(measured, limits)),
        ("fail", _thresholds(measured, limits)),
        ("inconclusive", [*few, *unverified]),
    )
    decision: Decision = next((decision for decision, reasons in ranked if reasons), "pass")
    remedy: Remedy = "load longer" if few else "judge again"
    return Verdict(
        decision,
        tuple(reason for _, reasons in ranked for reason in reasons),
        remedy if decision == "inconclusive" else None,
    )


def _events(measured: Measured, limits: Thresholds) -> list[str]:
    reasons = []
    if measured.lost > limits.lost:
        reasons.append(f"{measured.lost} events were lost (at most {limits.lost} may be).")
    if measured.duplicated > limits.duplicated:
        reasons.append(
            f"{measured.duplicated} events took effect twice (at most {limits.duplicated} may)."
        )
    return reasons


def _generator(measured: Measured, limits: Thresholds) -> list[str]:
    reasons = []
    if measured.workers_lost:
        reasons.append(
            f"{measured.workers_lost} of the sending processes did not finish their share."
        )
    if not measured.sent_all:
        reasons.append("The generator did not send every event that was due.")
    lag = measured.send_lag_p99_ms
    if lag is not None and lag > limits.send_lag_p99_ms:
        reasons.append(
            f"The generator was the bottleneck: send lag p99 {amounts.milliseconds(lag)} "
            f"(at most {amounts.milliseconds(limits.send_lag_p99_ms)})."
        )
    if measured.cpu_share is not None and measured.cpu_share > limits.cpu_share:
        reasons.append(
            f"The generator was the bottleneck: it used {amounts.weight(measured.cpu_share)} "
            "of a core "
            f"(at most {amounts.weight(limits.cpu_share)})."
        )
    return reasons


def _thresholds(measured: Measured, limits: Thresholds) -> list[str]:
    reasons = []
    share = measured.errors / measured.attempts if measured.attempts else 0.0
    if share > limits.error_share:
        reasons.append(
            f"{amounts.share(share)} of attempts failed (at most "
            f"{amounts.share(limits.error_share)} may)."
        )
    if measured.throttle_share > limits.throttle_budget:
        reasons.append(
            f"{amounts.share(measured.throttle_share)} of attempts were throttled "
            f"(the budget is {amounts.share(limits.throttle_budget)})."
        )
    times = (
        ("Served p50", measured.p50_ms, limits.p50_ms, amounts.milliseconds),
        ("Served p95", measured.p95_ms, limits.p95_ms, amounts.milliseconds),
        ("Served p99", measured.p99_ms, limits.p99_ms, amounts.milliseconds),
        (
            "The recovery after the peak",
            measured.recovery_seconds,
            limits.recovery_seconds,
            amounts.seconds,
        ),
        ("Draining the backlog", measured.drain_seconds, limits.drain_seconds, amounts.seconds),
    )
    for said, value, limit, write in times:
        if value is not None and value > limit:
            reasons.append(f"{said} took {write(value)} (at most {write(limit)}).")
    return reasons


def _few(measured: Measured, limits: Thresholds) -> list[str]:
    if measured.served >= limits.minimum_served:
        return []
    return [f"Only {measured.served} attempts were served ({limits.minimum_served} are needed)."]


def _unverified(measured: Measured) -> list[str]:
    if not measured.unverified:
        return []
    return [f"{measured.unverified} events could not be verified."]


def locust_status(attempts: int, failures: int, limits: Thresholds) -> int:
    """Return Locust's exit status: 1 when more attempts failed than may.

    Locust itself would exit with 1 on any failure; throttles are not counted as failures here.
    """
    return int(failures > limits.error_share * attempts)
