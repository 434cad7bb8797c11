"""The handlers' own CPU time per warm order: everything but the DynamoDB call."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from console import lifelines

from bench.handler.environment import ISOLATED, variables
from bench.handler.task_roots import interpreter

if TYPE_CHECKING:
    from bench.handler.environment import Surroundings
    from bench.handler.task_roots import Subject

LINES = (1, 2, 10, 100, 1_000)
_ROUNDS = 3
"""Processes for each subject, in turn: noise of the machine falls on each alike."""


def own_cpu(
    subject: Subject, surroundings: Surroundings, *, sampled: bool = True
) -> dict[int, float]:
    """Microseconds of CPU per order by its number of lines; see `warm_driver`.

    An order whose trace is sampled takes the most.
    """
    with tempfile.TemporaryDirectory() as temporary:
        result = Path(temporary, "result")
        driver = Path(__file__).with_name("warm_driver.py")
        options = [str(result), json.dumps(LINES), str(int(sampled))]
        command = [interpreter(), *ISOLATED, str(driver), *options]
        # The log goes through a pipe, as on Lambda.
        lifelines.run(
            command,
            cwd=subject.root,
            env=variables(subject, surroundings),
            stdout=subprocess.PIPE,
            check=True,
        )
        measured = json.loads(result.read_bytes())
    return {int(lines): microseconds for lines, microseconds in measured.items()}


def side_by_side(
    ours: Subject, lean: Subject, surroundings: Surroundings
) -> tuple[dict[int, float], dict[int, float]]:
    """`own_cpu` of both subjects, without a sampled trace: medians over several processes of each.

    The lean handler has no trace, and most orders have none that is sampled.
    """
    rounds = [
        [own_cpu(subject, surroundings, sampled=False) for subject in (ours, lean)]
        for _ in range(_ROUNDS)
    ]
    medians = [
        {lines: statistics.median(each[lines] for each in found) for lines in LINES}
        for found in zip(*rounds, strict=True)
    ]
    return medians[0], medians[1]
