"""What a rehearsal reports: the shape of `report.json` and of the series behind the plots.

`Report.to_json()` is the one definition of `report.json`; the page, the terminal table and the job
summary are drawn from that dictionary, so a stored report can be drawn again. A part that the
rehearsal did not reach is None (null), never zero: a zero would read as "nothing was lost".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from load.run_log.log import camel
from reporting.charts import BandPoints, Mark, Points

Verdict = Literal["pass", "fail", "inconclusive"]
ShiftVerdict = Literal["within", "over", "undecided"]
StepStatus = Literal["pass", "fail", "skipped"]


@dataclass(frozen=True)
class Step:
    """One step of the rehearsal: how long it took (seconds) and what was seen (one sentence)."""

    name: str
    status: StepStatus
    seconds: float
    seen: str = ""


@dataclass(frozen=True)
class Artifact:
    """The candidate's zip: SHA-256 (hex), size in bytes, Lambda runtime, git commit if known."""

    sha256: str
    bytes: int
    runtime: str = ""
    commit: str | None = None


@dataclass(frozen=True)
class Alias:
    """Versions the alias served: before, as canary (with its weight 0..1) and at the end."""

    before: str
    canary: str | None
    after: str
    canary_weight: float | None = None
    name: str = "production"


@dataclass(frozen=True)
class Throttle:
    """Refused attempts (HTTP 429) against Erlang-B at the measured slot time; shares are 0..1.

    `reasons` counts attempts by the `Reason` field of Lambda's TooManyRequestsException.
    """

    attempts: int
    throttled: int
    share: float | None
    predicted_share: float | None
    predicted_low: float | None = None
    predicted_high: float | None = None
    slot_seconds: float | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Gate:
    """What the gate decided on the candidate, from how many samples, and from which alarms.

    An alarm has its `name` and `state` as CloudWatch reported it: `OK`, `ALARM` or
    `INSUFFICIENT_DATA`.
    """

    decision: Verdict
    samples: int
    alarms: Sequence[Mapping[str, str]]
    minimum_samples: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Shifts:
    """What moving the alias cost live traffic: the mean rise of its throttle share, with the bounds
    that hold with 95 % each, against the budget (shares 0..1); None if none was measured.

    A move is a `ShiftCost`, `second` seconds after the load began.
    """

    budget: float
    window_seconds: float
    verdict: ShiftVerdict
    raised: float | None
    low: float | None
    high: float | None
    moves: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Run:
    """How the run was made: what a person needs to repeat it.

    `added_latency_ms` is what the emulator added per service, `time_scale` by how much waiting was
    compressed (never execution), `maximum_error_share` what the gate's pass ruled out, `started_at`
    RFC 3339 UTC.
    """

    command: str
    seed: int
    time_scale: float
    maximum_error_share: float
    added_latency_ms: Mapping[str, float]
    reserved_concurrency: int
    machine: str
    versions: Mapping[str, str]
    started_at: str
    seconds: float
    fault: str | None = None
    injected: str | None = None
    """What the fault is, in a sentence."""
    peak_rate: float | None = None
    """Events per second in the busiest hour."""


@dataclass(frozen=True)
class Report:
    """A rehearsal's outcome: the `verdict` on the release, and whether it is the `expected` one.

    `headline` says both in a line, `why` gives the reason in one or two sentences. `events` counts
    where every event sent ended, as the load's report does: `sent`, and the rows of
    `reporting.fates`.
    """

    verdict: Verdict
    headline: str
    why: str
    steps: Sequence[Step]
    run: Run
    expected: bool = False
    artifact: Artifact | None = None
    alias: Alias | None = None
    events: Mapping[str, int] | None = None
    throttle: Throttle | None = None
    gate: Gate | None = None
    shifts: Shifts | None = None
    rollback_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return `report.json`: camelCase keys, `schema` 1, non-finite numbers as null."""
        document: dict[str, Any] = {"schema": 1}
        document.update(_plain(self))
        return document


@dataclass(frozen=True)
class WeightStep:
    """From `at` (seconds) on, the alias sends each version its share (0..1, summing to 1)."""

    at: float
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Series:
    """What the plots show; every time is in seconds from the first intended arrival.

    Rates are events per second per bin, shares 0..1, latencies milliseconds from the *intended*
    arrival, concurrency the most executions at once. `let_in` (events per second that were not
    refused) times `slot_seconds` is how many are busy on average. Every series may be empty.
    """

    offered: Points = ()
    served: Points = ()
    throttled: Points = ()
    throttle_share: Points = ()
    predicted_share: Points = ()
    predicted_band: BandPoints = ()
    latency_p50: Points = ()
    latency_p99: Points = ()
    concurrency: Points = ()
    let_in: Points = ()
    slot_seconds: float | None = None
    reserved_concurrency: int | None = None
    alias_weights: Sequence[WeightStep] = ()
    marks: Sequence[Mark] = ()


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return {camel(f.name): _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
