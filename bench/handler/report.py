"""The figures as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporting import terminal
from reporting.amounts import count, milliseconds, number

from bench.handler.figures import CONVENTIONAL, FLOOR, GOALS, OURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMES = {
    "initOverFloor": "init / floor, wall",
    "initOverFloorCpu": "init / floor, CPU",
    "initOverFloorInstructions": "init / floor, instructions",
    "initOverConventional": "init / conventional, wall",
    "initOverConventionalCpu": "init / conventional, CPU",
    "initOverConventionalInstructions": "init / conventional, instructions",
    "firstOverWarm": "first / warm invocation, wall",
    "firstOverWarmCpu": "first / warm invocation, CPU",
    "firstOverWarmInstructions": "first / warm invocation, instructions",
    "warmCpuMicroseconds": "own CPU per warm order, µs",
    "warmCpuOverLean": "the same unsampled / Powertools, pydantic",
    "zipBytes": "zip, bytes",
}


def text(figures: Mapping[str, Any]) -> str:
    """Four tables: the subjects, the figures with their goals, the cost by lines, the levers."""
    title = f"Python {figures['python']}, medians of {figures['runs']} interleaved runs"
    tables = (_subjects, _goals, _lines, _levers)
    return "\n\n".join([title, *(table(figures) for table in tables)])


def _subjects(figures: Mapping[str, Any]) -> str:
    instructions = figures["instructions"]
    rows = [
        [
            name,
            *(milliseconds(medians[key]) for key in ("init", "initCpu")),
            count(instructions[name] / 1e6) if instructions else "–",
            *(milliseconds(medians[key]) for key in ("first", "warm")),
        ]
        for name in (FLOOR, OURS, CONVENTIONAL)
        for medians in [figures["mediansMilliseconds"][name]]
    ]
    return _table(["", "init", "CPU", "M instr.", "first", "warm"], rows)


def _goals(figures: Mapping[str, Any]) -> str:
    rows = []
    for key, name in _NAMES.items():
        value, goal = figures[key], GOALS.get(key)
        if value is None:
            rows.append([name, "no valgrind", _number(goal), ""])
            continue
        verdict = "" if goal is None else ("within" if value <= goal else "MISSED")
        rows.append([name, _number(value), _number(goal), verdict])
    return _table(["", "figure", "at most", ""], rows)


def _lines(figures: Mapping[str, Any]) -> str:
    rows = [
        [
            count(each["lines"]),
            count(each["microseconds"]),
            number(each["microsecondsPerFurtherLine"]) if each["lines"] > 1 else "–",
            *(
                count(figures[key][str(each["lines"])])
                for key in ("unsampledMicroseconds", "leanMicroseconds")
            ),
        ]
        for each in figures["perLine"]
    ]
    head = ["lines of an order", "own CPU µs", "µs per further line"]
    return _table([*head, "unsampled", "Powertools, pydantic"], rows)


def _levers(figures: Mapping[str, Any]) -> str:
    """What initialising and the zip come to without each lever of the build, and without all."""
    counted, zip_bytes = figures["instructions"], figures["zipBytes"]
    ours = {"zip_bytes": zip_bytes, "init": counted[OURS] if counted else None}
    rows = [
        [
            name,
            *([count(init / 1e6), number(init / counted[FLOOR])] if counted else ["–", "–"]),
            count(each["zip_bytes"]),
        ]
        for name, each in {OURS: ours, **figures["variants"]}.items()
        for init in [each["init"]]
    ]
    return _table(["", "M instr. to initialise", "/ floor", "zip, bytes"], rows)


def _number(value: float | None) -> str:
    return "–" if value is None else number(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """First column to the left, numbers to the right."""
    return "\n".join(terminal.table(head, rows, right=range(1, len(head))))
