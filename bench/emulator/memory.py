"""Whether a process's memory grows with time and with events."""

from __future__ import annotations

import statistics
from typing import NamedTuple


class Sample(NamedTuple):
    """Memory of one process, and the events that had been accepted by then."""

    seconds: float
    events: int
    mebibytes: float


def trend(samples: list[Sample]) -> dict[str, float]:
    """First and last MiB, and how many more an hour and 10,000 events the second half takes."""
    late = samples[len(samples) // 2 :]
    if len(late) < 3 or late[0].events == late[-1].events:
        return {}
    sizes = [sample.mebibytes for sample in late]
    hourly = statistics.linear_regression([sample.seconds for sample in late], sizes).slope * 3600
    per_event = statistics.linear_regression([sample.events for sample in late], sizes).slope
    return {
        "firstMebibytes": round(samples[0].mebibytes, 1),
        "lastMebibytes": round(samples[-1].mebibytes, 1),
        "mebibytesPerHour": round(hourly, 2),
        "mebibytesPer10000Events": round(per_event * 10_000, 3),
    }
