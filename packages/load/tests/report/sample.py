"""A summary as `packages/load/report.py` writes it, and what else a page is drawn from."""

from typing import Any

from load.report.spread import Spread

SPREAD = Spread(bins=((70.8, 0.1), (79.4, 0.6), (89.1, 0.3)), served=60, attempts=80, erroneous=0)

RECORD: dict[str, Any] = {
    "commit": "c0" * 20,
    "artifact": "abc=",
    "memoryMb": 512,
    "machine": "Linux, 2 cores",
    "versions": {"python": "3.11.7", "locust": "2.47.0"},
}


def second(number: int, attempts: int = 10, throttled: int = 2, **values: Any) -> dict[str, Any]:
    """Return one second of the series."""
    return {
        "second": number,
        "offered": attempts + 1,
        "attempts": attempts,
        "served": attempts - throttled,
        "throttled": throttled,
        "predictedShare": 0.2,
        "p50": 80.0,
        "p99": 120.0,
    } | values


def stage(begin: float, end: float, rate: float, **values: Any) -> dict[str, Any]:
    """Return one stage."""
    return {
        "from": begin,
        "to": end,
        "rate": rate,
        "attempts": 70,
        "throttled": 16,
        "share": 0.23,
        "shareInterval": [0.15, 0.33],
        "predictedShare": 0.21,
        "predictedInterval": [0.19, 0.24],
        "gap": 0.02,
    } | values


BACKLOG: dict[str, Any] = {
    "queued": [3, 6, 9, 4, 0],
    "peak": 9,
    "drainSeconds": 1.0,
    "predicted": [2.5, 5.0, 7.5, 2.0, 0.0],
    "predictedPeak": 7.5,
    "predictedPeakInterval": [6.0, 9.2],
    "predictedDrainSeconds": 0.8,
    "predictedDrainInterval": [0.6, 1.1],
}


def summary(**changes: Any) -> dict[str, Any]:
    """Return a passed run of eight seconds, with some of its parts replaced."""
    return {
        "schema": 1,
        "service": "The order processor",
        "notVerified": None,
        "verdict": "pass",
        "reasons": [],
        "thresholds": {
            "throttleBudget": 0.35,
            "p99Ms": 1500.0,
            "errorShare": 0.001,
            "sendLagP99Ms": 100.0,
            "minimumServed": 50,
            "lost": 0,
            "duplicated": 0,
        },
        "run": {
            "runId": "20300102T030405-1",
            "scenario": "peak_hour",
            "seed": 1,
            "peakRate": 12.0,
            "duration": 8.0,
            "stages": [{"seconds": 6.0, "rate": 12.0}, {"seconds": 2.0, "rate": 2.0}],
            "function": "events-local",
            "alias": "production",
            "concurrency": 5,
            "startedAt": 1_893_553_445.0,
            "endedAt": 1_893_553_453.0,
            "sentAll": True,
            "cpuSeconds": 0.1,
            "attempts": 88,
            "cpuMsPerAttempt": 1.1,
        },
        "events": {
            "sent": 88,
            "confirmed": 70,
            "rejected": 2,
            "deadLettered": 0,
            "throttled": 16,
            "failed": 0,
            "lost": 0,
            "unverified": 0,
            "duplicated": 0,
        },
        "lostIds": [],
        "throttle": {
            "attempts": 80,
            "throttled": 16,
            "share": 0.2,
            "shareInterval": [0.15, 0.25],
            "predictedShare": 0.2,
            "predictedInterval": [0.18, 0.22],
            "gap": 0.0,
            "firstTryShare": 0.2,
            "attemptsByTry": {"1": 80},
            "byReason": {"ReservedFunctionConcurrentInvocationLimitExceeded": 16},
        },
        "stages": [
            stage(0.0, 6.0, 12.0),
            stage(6.0, 8.0, 2.0, share=None, shareInterval=None, gap=None),
        ],
        "confirmation": {"p50": 81.0, "p95": 900.0, "p99": 1500.0},
        "backlog": {
            "queued": [],
            "peak": 0,
            "drainSeconds": None,
            "predicted": None,
            "predictedPeak": None,
            "predictedPeakInterval": None,
            "predictedDrainSeconds": None,
            "predictedDrainInterval": None,
        },
        "slotTime": {"mean": 0.08, "error": 0.001, "samples": 70, "source": "logs"},
        "latency": {"p50": 80.0, "p95": 100.0, "p99": 120.0},
        "sendLag": {"p99": 4.0},
        "series": [second(number) for number in range(8)],
        "concurrency": [{"second": 0.0, "maximum": 4.0}, {"second": 3.0, "maximum": 5.0}],
        "drainSeconds": 0.5,
    } | changes
