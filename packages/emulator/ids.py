"""Request ids and trace ids from one seed, so that a run can be replayed."""

from __future__ import annotations

import random
import time


class Ids:
    """Draws ids; `seed` None draws them unpredictably.

    Each `purpose` has a stream of its own: how many environments a run starts is a matter of
    timing, and must not shift its request ids.
    """

    def __init__(self, seed: int | None, purpose: str = "requests") -> None:
        own = None if seed is None else f"{purpose}-{seed}"
        self._random = random.Random(own)  # noqa: S311

    def uuid(self) -> str:
        """A version 4 UUID."""
        bits = self._random.getrandbits(128)
        bits = bits & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62)
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hexadecimal(self, digits: int) -> str:
        """`digits` random hexadecimal digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def trace_root(self) -> str:
        """An X-Ray trace id: version, seconds since the epoch, 96 random bits (xray-concepts)."""
        return f"1-{int(time.time()):08x}-{self.hexadecimal(24)}"

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()
