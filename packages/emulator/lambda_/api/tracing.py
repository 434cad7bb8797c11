"""The trace header that Lambda gives every invocation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ids import Ids

_BEYOND_RESERVOIR = 0.05


class Tracer:
    """Sampling as in Lambda Developer Guide, services-xray.

    `Active`: the first request of each second and 5 % of the rest, unless the caller decided.
    `PassThrough`: the caller's decision, else not sampled.
    """

    def __init__(self, ids: Ids, now: Callable[[], float] = time.time) -> None:
        self._ids = ids
        self._now = now
        self._second = -1

    def header(self, mode: str, upstream: str | None) -> str:
        """The value of `Lambda-Runtime-Trace-Id` (form: X-Ray Developer Guide, xray-concepts)."""
        given = _fields(upstream or "")
        root = given.get("Root") or self._ids.trace_root()
        parent = given.get("Parent") or self._ids.hexadecimal(16)
        sampled = given.get("Sampled")
        if sampled not in {"0", "1"}:
            sampled = "1" if mode == "Active" and self._sample() else "0"
        return f"Root={root};Parent={parent};Sampled={sampled}"

    def _sample(self) -> bool:
        second = int(self._now())
        if second != self._second:
            self._second = second
            return True
        return self._ids.uniform() < _BEYOND_RESERVOIR


def _fields(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, separator, value in pairs if separator}
