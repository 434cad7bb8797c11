"""From samples to the figures that count, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.handler.measuring import Samples
    from bench.handler.savings import Variant

FLOOR, OURS, CONVENTIONAL = "floor", "this handler", "conventional"
_SMALLEST, _USUAL = 1, 2


@dataclass(frozen=True)
class Counted:
    """Instructions of initialising by subject, and of this handler's first and a warm order."""

    init: Mapping[str, int]
    first: int
    warm: int


@dataclass(frozen=True)
class Measured:
    """Everything that one run of the bench found.

    In µs of CPU per order by its number of lines: `own_cpu` with a sampled trace; and without,
    `beside`, of this handler and of the lean one.
    """

    machine: Mapping[str, str]
    runs: int
    samples: Mapping[str, Samples]
    own_cpu: Mapping[int, float]
    beside: tuple[Mapping[int, float], Mapping[int, float]]
    counted: Counted | None
    zip_bytes: int
    variants: Mapping[str, Variant]


# What to reach: the largest value that is within the goal.
GOALS = {
    "initOverFloor": 5.5,
    "initOverConventional": 0.36,
    "initOverFloorInstructions": 5.5,
    "initOverConventionalInstructions": 0.36,
    "firstOverWarm": 2.0,
    "warmCpuMicroseconds": 300.0,
    "warmCpuOverLean": 1.0,
    "zipBytes": 5_000_000,
}


def figures(measured: Measured) -> dict[str, Any]:
    """The content of `build/bench/handler.json`; instructions are null without valgrind."""
    init = {name: samples.median("init") for name, samples in measured.samples.items()}
    cpu = {name: samples.median("cpu") for name, samples in measured.samples.items()}
    ours = measured.samples[OURS]
    unsampled, lean = measured.beside
    return {
        "initOverFloor": _ratio(init, FLOOR),
        "initOverConventional": _ratio(init, CONVENTIONAL),
        "initOverFloorCpu": _ratio(cpu, FLOOR),
        "initOverConventionalCpu": _ratio(cpu, CONVENTIONAL),
        **_instructions(measured.counted),
        "firstOverWarm": round(ours.median("first") / ours.median("warm"), 2),
        "firstOverWarmCpu": round(ours.median("first_cpu") / ours.median("warm_cpu"), 2),
        "warmCpuMicroseconds": round(measured.own_cpu[_USUAL], 1),
        "warmCpuOverLean": round(unsampled[_USUAL] / lean[_USUAL], 2),
        "zipBytes": measured.zip_bytes,
        "variants": {name: each._asdict() for name, each in measured.variants.items()},
        "perLine": per_line(measured.own_cpu),
        "unsampledMicroseconds": {str(lines): round(us, 1) for lines, us in unsampled.items()},
        "leanMicroseconds": {str(lines): round(us, 1) for lines, us in lean.items()},
        "runs": measured.runs,
        **measured.machine,
        "mediansMilliseconds": {
            name: {
                "init": _milliseconds(each.median("init")),
                "initCpu": _milliseconds(each.median("cpu")),
                "first": _milliseconds(each.median("first")),
                "warm": _milliseconds(each.median("warm")),
                "warmCpu": _milliseconds(each.median("warm_cpu")),
            }
            for name, each in measured.samples.items()
        },
    }


def per_line(own_cpu: Mapping[int, float]) -> list[dict[str, float]]:
    """By number of lines: µs per order, and µs for each line beyond the first."""
    base = own_cpu[_SMALLEST]
    return [
        {
            "lines": lines,
            "microseconds": round(microseconds, 1),
            "microsecondsPerFurtherLine": round((microseconds - base) / (lines - _SMALLEST), 2)
            if lines > _SMALLEST
            else 0.0,
        }
        for lines, microseconds in sorted(own_cpu.items())
        if lines != _USUAL
    ]


def _ratio(values: Mapping[str, float], to: str) -> float:
    return round(values[OURS] / values[to], 3)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _instructions(counted: Counted | None) -> dict[str, Any]:
    if counted is None:
        return {
            "initOverFloorInstructions": None,
            "initOverConventionalInstructions": None,
            "firstOverWarmInstructions": None,
            "instructions": None,
        }
    return {
        "initOverFloorInstructions": _ratio(counted.init, FLOOR),
        "initOverConventionalInstructions": _ratio(counted.init, CONVENTIONAL),
        "firstOverWarmInstructions": round(counted.first / counted.warm, 2),
        "instructions": {**counted.init, "first": counted.first, "warm": counted.warm},
    }
