"""Interleaved runs of all subjects: noise of the machine falls on each alike."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.handler.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.handler.environment import Surroundings
    from bench.handler.task_roots import Subject

_SETTLING, _WARM = 5, 25
"""Invocations before, and in, what counts as warm."""


@dataclass
class Samples:
    """Of one subject, a value per run, in seconds; `cpu` is of initialising."""

    init: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    first_cpu: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    warm_cpu: list[float] = field(default_factory=list)

    def median(self, name: str) -> float:
        """The median over the runs."""
        values: list[float] = getattr(self, name)
        return statistics.median(values)


def measure(
    subjects: Sequence[Subject], surroundings: Surroundings, runs: int, seed: int = 0
) -> dict[str, Samples]:
    """Start every subject `runs` times, each time in another order; by the subject's name.

    One more run of each comes first and does not count: it fills the file system's cache.
    """
    samples = {subject.name: Samples() for subject in subjects}
    for subject in subjects:
        _run(subject, surroundings, Samples())
    order = list(subjects)
    generator = random.Random(seed)  # noqa: S311
    for _ in range(runs):
        generator.shuffle(order)
        for subject in order:
            _run(subject, surroundings, samples[subject.name])
    return samples


def _run(subject: Subject, surroundings: Surroundings, samples: Samples) -> None:
    with Environment(subject, surroundings) as environment:
        samples.init.append(environment.init)
        samples.cpu.append(environment.cpu())
        samples.first.append(environment.invoke())
        samples.first_cpu.append(environment.cpu() - samples.cpu[-1])
        for _ in range(_SETTLING):
            environment.invoke()
        before = environment.cpu()
        samples.warm.append(statistics.median(environment.invoke() for _ in range(_WARM)))
        samples.warm_cpu.append((environment.cpu() - before) / _WARM)
