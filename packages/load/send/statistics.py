"""Requests shown in Locust's statistics a batch at a time: the same figures for a tenth of the CPU.

Whoever listens to `events.request` hears nothing of them; Locust's tables, charts and reports do.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from locust.stats import RequestStats, StatsEntry, bucket_response_time

if TYPE_CHECKING:
    from collections.abc import Sequence

FLUSH_SECONDS: Final = 0.5

_bucket = lru_cache(maxsize=65_536)(bucket_response_time)


class Batches:
    """Collects requests and merges them into `stats`, twice a second and when told to."""

    def __init__(self, stats: RequestStats) -> None:
        self._stats = stats
        self._noted: defaultdict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        self._due = 0.0
        self._second = 0

    def note(
        self, method: str, name: str, milliseconds: float, length: int, failure: Exception | None
    ) -> None:
        """Note a request that just ended."""
        now = time.time()
        if now >= self._due:
            self.flush()
            self._due = min(now + FLUSH_SECONDS, float(int(now) + 1))
            self._second = int(now)
        self._noted[name, method].append((milliseconds, length))
        if failure is not None:
            self._stats.log_error(method, name, failure)

    def flush(self) -> None:
        """Merge what was noted; all of it ended within one second."""
        noted, self._noted = self._noted, defaultdict(list)
        for (name, method), requests in noted.items():
            batch = self._entry(name, method, requests)
            self._stats.entries[name, method].extend(batch)
            self._stats.total.extend(batch)

    def _entry(self, name: str, method: str, requests: Sequence[tuple[float, int]]) -> StatsEntry:
        entry: Any = StatsEntry(self._stats, name, method)
        times = [milliseconds for milliseconds, _ in requests]
        entry.num_requests = len(times)
        entry.total_response_time = sum(times)
        entry.min_response_time, entry.max_response_time = min(times), max(times)
        entry.total_content_length = sum(length for _, length in requests)
        entry.response_times = Counter(_bucket(int(value)) for value in times)
        entry.num_reqs_per_sec = Counter({self._second: len(times)})
        entry.start_time = entry.last_request_timestamp = float(self._second)
        found: StatsEntry = entry
        return found
