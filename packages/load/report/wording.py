"""How a run's figures are worded, alike on the page and in Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reporting import amounts
from reporting.throttling import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from load.report.spread import Spread

FIGURES: Final = {
    "p50": "latency p50",
    "p95": "latency p95",
    "p99": "latency p99",
    "slotTime": "slot time",
    "throttleShare": "throttle share",
    "throttleGap": "gap to the prediction",
}
"""The baseline's figures."""


@dataclass(frozen=True, slots=True)
class Held:
    """One threshold: what it is, what was measured, what it allows, and whether it held."""

    name: str
    measured: str
    allowed: str
    held: bool | None


def why(summary: Mapping[str, Any]) -> str:
    """Return the verdict's reasons as one text."""
    return " ".join(summary["reasons"]) or "Every threshold held."


def not_verified(summary: Mapping[str, Any]) -> str:
    """Say what nobody can know of a service without a table; "" of one with a table."""
    return summary.get("notVerified") or ""


def thresholds(summary: Mapping[str, Any], spread: Spread) -> list[Held]:
    """Return every threshold of the run; one that this page does not know has no measured value."""
    known = _measured(summary, spread)
    found = []
    for key, limit in summary["thresholds"].items():
        if limit is None:
            continue
        name, value, write, least = known.get(key, (key, None, str, False))
        held = None if value is None else (value >= limit if least else value <= limit)
        # A limit was chosen: it has no digits that nobody gave.
        allow = amounts.weight if write is amounts.share else write
        measured = "not shown here" if key not in known else _text(value, write)
        found.append(
            Held(name, measured, f"{'at least' if least else 'at most'} {allow(limit)}", held)
        )
    return found


def _measured(
    summary: Mapping[str, Any], spread: Spread
) -> dict[str, tuple[str, Any, Callable[[Any], str], bool]]:
    """Return by key of a threshold: name, value, its wording, whether it is a least value."""
    latency, events = summary["latency"], summary["events"]
    ms, share, count = amounts.milliseconds, amounts.share, amounts.count
    return {
        "throttleBudget": ("throttled", summary["throttle"]["share"], share, False),
        "p50Ms": ("served p50", latency.get("p50"), ms, False),
        "p95Ms": ("served p95", latency.get("p95"), ms, False),
        "p99Ms": ("served p99", latency.get("p99"), ms, False),
        "errorShare": ("errors", spread.error_share, share, False),
        "sendLagP99Ms": ("send lag p99", summary["sendLag"]["p99"], ms, False),
        "cpuShare": ("generator's CPU", summary["run"].get("cpuShare"), share, False),
        "minimumServed": ("served", spread.served, count, True),
        "lost": ("events lost", events["lost"], count, False),
        "duplicated": ("events doubled", events["duplicated"], count, False),
        "recoverySeconds": ("recovery", summary.get("recoverySeconds"), amounts.seconds, False),
        "drainSeconds": ("drain", summary.get("drainSeconds"), amounts.seconds, False),
    }


def _text(value: Any, write: Callable[[Any], str]) -> str:
    return amounts.NOT_MEASURED if value is None else write(value)


def interval(bounds: list[float] | None) -> str:
    """Return an interval of shares."""
    return amounts.NOT_MEASURED if bounds is None else amounts.interval(*bounds)


def _bounds(kind: str, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "needs two runs"
    write = amounts.ratio if kind == "ratio" else amounts.signed
    return f"{write(low)} to {write(high)}"


def throttled_on_purpose(summary: Mapping[str, Any]) -> str:
    """Say why events were refused, where that was to be; "" where none were."""
    throttle, run, slot = summary["throttle"], summary["run"], summary["slotTime"]
    if not throttle["throttled"]:
        return ""
    return meant(
        throttle["predictedShare"],
        throttle["predictedInterval"],
        peak_rate=run["peakRate"],
        concurrency=run["concurrency"],
        slot_seconds=slot["mean"] if slot else None,
    )


def throttling(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the throttle figures as (name, text)."""
    throttle, slot = summary["throttle"], summary["slotTime"]
    return [
        ("attempts", amounts.count(throttle["attempts"])),
        ("refused with 429", amounts.count(throttle["throttled"])),
        *((f"because {reason}", amounts.count(n)) for reason, n in throttle["byReason"].items()),
        (
            "share, measured",
            f"{amounts.share(throttle['share'])} ({interval(throttle['shareInterval'])})",
        ),
        (
            "share, predicted",
            f"{amounts.share(throttle['predictedShare'])} "
            f"({interval(throttle['predictedInterval'])})",
        ),
        ("gap", amounts.points(throttle["gap"])),
        ("slot time", amounts.milliseconds(slot["mean"] * 1000 if slot else None)),
        ("concurrency limit", amounts.count(summary["run"]["concurrency"])),
    ]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's throttling in words; times are seconds from the start."""

    when: str
    offered: str
    measured: str
    predicted: str
    gap: str


def stages(summary: Mapping[str, Any]) -> list[Stage]:
    """Return each stage's throttle share, measured and predicted, each with its interval."""
    return [
        Stage(
            " to ".join(amounts.number(round(stage[end], 1)) for end in ("from", "to")) + " s",
            amounts.rate(stage["rate"]),
            _with_interval(stage["share"], stage["shareInterval"]),
            _with_interval(stage["predictedShare"], stage["predictedInterval"]),
            amounts.points(stage["gap"]),
        )
        for stage in summary["stages"]
    ]


def _with_interval(value: float | None, bounds: list[float] | None) -> str:
    if value is None or bounds is None:
        return amounts.NOT_MEASURED
    return f"{amounts.share(value)} ({interval(bounds)})"


def retrying(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what trying again changed, as (name, text); nothing where nobody did."""
    tries = summary["throttle"]["attemptsByTry"]
    if set(tries) <= {"1"}:
        return []
    confirmed = summary["confirmation"]
    return [
        ("refused at the first try", amounts.share(summary["throttle"]["firstTryShare"])),
        ("refused of all tries", amounts.share(summary["throttle"]["share"])),
        *((f"attempts, try {tried}", amounts.count(n)) for tried, n in tries.items()),
        ("given up after the last", amounts.count(summary["events"]["throttled"])),
        *(
            (f"confirmed within, {name}", amounts.milliseconds(confirmed[name]))
            for name in ("p50", "p95", "p99")
        ),
    ]


def queueing(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the asynchronous backlog, as (name, text); nothing where none was sent so."""
    found = summary["backlog"]
    if not found["queued"]:
        return []
    seconds = amounts.seconds

    def least(value: float | None, bounds: list[float] | None, write: Callable[[Any], str]) -> str:
        if value is None or bounds is None:
            return amounts.NOT_MEASURED
        return f"{write(value)} ({write(bounds[0])} to {write(bounds[1])})"

    def events(value: float) -> str:
        return amounts.count(round(value))

    return [
        ("longest backlog", events(found["peak"])),
        ("predicted", least(found["predictedPeak"], found["predictedPeakInterval"], events)),
        ("drained after the peak in", seconds(found["drainSeconds"])),
        (
            "predicted to drain in",
            least(found["predictedDrainSeconds"], found["predictedDrainInterval"], seconds),
        ),
    ]


def how(summary: Mapping[str, Any], record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how the run was made, as (name, text)."""
    run = summary["run"]
    cpu = run.get("cpuMsPerAttempt")
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return [
        (
            "scenario",
            f"{run['scenario']}, {amounts.rate(run['peakRate'])} at its peak, "
            f"for {amounts.number(run['duration'])} s",
        ),
        ("seed", str(run["seed"])),
        ("function", f"{run['function']}, alias {run['alias']}"),
        ("memory", f"{record['memoryMb']} MB" if record["memoryMb"] else amounts.NOT_MEASURED),
        ("artifact", f"sha256 {amounts.digest(record['artifact'])}"),
        ("commit", amounts.digest(record["commit"])),
        ("machine", record["machine"]),
        ("versions", versions),
        ("run", run["runId"]),
        ("generator", f"{amounts.milliseconds(cpu)} CPU per attempt"),
    ]


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure against its baseline, in words."""

    name: str
    value: str
    mean: str
    change: str
    interval: str
    worse: bool


def compared(comparison: Mapping[str, Any]) -> Iterator[Compared]:
    """Yield the comparison's rows in words."""
    for row in comparison["rows"]:
        ratio = row["kind"] == "ratio"
        write = amounts.milliseconds if ratio else amounts.share
        change = amounts.ratio if ratio else amounts.points
        yield Compared(
            FIGURES[row["name"]],
            write(row["value"]),
            write(row["mean"]),
            change(row["change"]),
            _bounds(row["kind"], row["low"], row["high"]),
            row["worse"],
        )


def against(comparison: Mapping[str, Any] | None) -> str:
    """Return in a sentence what the run was compared with, and what came of it."""
    if comparison is None:
        return "No baselines are kept here."
    if not comparison["runs"]:
        return "No earlier run of this scenario and configuration has passed: nothing to compare."
    names = [FIGURES[name] for name in comparison["worse"]]
    said = f"Against the last {comparison['runs']} passed run{'s'[: comparison['runs'] > 1]}"
    return f"{said}: {', '.join(names)} got worse." if names else f"{said}: nothing got worse."


def limits(comparison: Mapping[str, Any]) -> str:
    """Return by what rule something counts as worse, and which runs differ otherwise."""
    said = (
        f"Worse is a ratio above {amounts.number(comparison['ratioLimit'])}, or a share more than "
        f"{amounts.number(comparison['pointsLimit'] * 100)} points higher, whose interval leaves "
        f"out no change "
        f"({comparison['method']})."
    )
    for count, what in (
        (comparison["otherMachines"], "on another machine"),
        (comparison["otherArtifacts"], "with another artifact"),
    ):
        if count:
            said += f" {count} of {comparison['runs']} ran {what}."
    return said
