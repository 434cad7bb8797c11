"""The handler's own CPU time per warm order: everything but the DynamoDB call."""

from __future__ import annotations

import json
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


def own_cpu(ours: Subject, surroundings: Surroundings) -> dict[int, float]:
    """Microseconds of CPU per order by its number of lines; see `warm_driver`."""
    with tempfile.TemporaryDirectory() as temporary:
        result = Path(temporary, "result")
        driver = Path(__file__).with_name("warm_driver.py")
        command = [interpreter(), *ISOLATED, str(driver), str(result), json.dumps(LINES)]
        # The log goes through a pipe, as on Lambda.
        lifelines.run(
            command,
            cwd=ours.root,
            env=variables(ours, surroundings),
            stdout=subprocess.PIPE,
            check=True,
        )
        measured = json.loads(result.read_bytes())
    return {int(lines): microseconds for lines, microseconds in measured.items()}
