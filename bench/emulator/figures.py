"""What samples come to, and what the kernel says of a process."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KIB = 1024


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile (nearest rank) in milliseconds, and how many samples."""
    ordered = sorted(seconds)
    rank = max(0, math.ceil(0.95 * len(ordered)) - 1)
    return {
        "medianMilliseconds": round(statistics.median(ordered) * 1000, 4),
        "p95Milliseconds": round(ordered[rank] * 1000, 4),
        "samples": len(ordered),
    }


def processor_seconds(pid: int) -> float:
    """Time that every thread of a process has spent on a processor (proc(5), schedstat)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_mib(pid: int) -> float:
    """Resident memory of a process, the pages that it shares included."""
    return _kib(Path(f"/proc/{pid}/status").read_text(), "VmRSS:") / KIB


def children(pid: int) -> list[int]:
    """The direct children of every thread of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


_RUNTIMES = {b"awslambdaric", b"lambda_bootstrap"}
"""The modules that run a handler: AWS's own, and what this emulator starts it by."""


def runtimes(pid: int) -> list[int]:
    """The children that run the runtime client."""
    return [child for child in children(pid) if _command(child).intersection(_RUNTIMES)]


def _command(pid: int) -> frozenset[bytes]:
    """The words of a process's command."""
    try:
        return frozenset(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    except OSError:
        return frozenset()


def _kib(text: str, name: str) -> int:
    return int(text[text.index(name) + len(name) :].split(None, 1)[0])
