"""`python -m rehearsal.workflows [SCENARIO ...]`: execute the workflows, say how they ended."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from console.checkout import ROOT
from console.processes import Children
from reporting import amounts, terminal

from rehearsal.command import ended
from rehearsal.workflows.github import DefinitionError
from rehearsal.workflows.scenarios import SCENARIOS, Seen
from rehearsal.workflows.world import World

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario's line."""

    name: str
    seen: Seen | None
    problems: list[str]
    seconds: float

    def text(self) -> str:
        """The line of the table."""
        mark = "NOT" if self.problems else "ok "
        if self.seen is None:
            return f"{mark}  {self.name:<32}  {'; '.join(self.problems)}"
        jobs = [job.result for job in self.seen.run.jobs]
        steps = [step.outcome for job in self.seen.run.jobs for step in job.steps]
        aliases = "  ".join(
            f"{stack} {was}"
            + (f" → {self.seen.after[stack]}" if was != self.seen.after[stack] else "")
            for stack, was in self.seen.before.items()
        )
        line = (
            f"{mark}  {self.name:<32}  {self.seen.run.result:<9}  "
            f"{_counted(jobs):<7}  {_counted(steps):<8}  {amounts.seconds(self.seconds):>7}"
        )
        # The problems are told in full, each on its line, however wide the terminal is.
        moved = terminal.wrapped(f"{'':5}{aliases}", terminal.width(), indent=5)
        return "\n".join([line, *moved, *(f"{'':6}{each}" for each in self.problems)])


HEADINGS = (
    f"     {'scenario':<32}  {'result':<9}  {'jobs':<7}  {'steps':<8}\n     alias before → after"
)


def main(arguments: Sequence[str]) -> int:
    """Execute the scenarios in order; 0 if each went as it must."""
    options = _parser().parse_args(arguments)
    return ended("workflows", lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    chosen = options.scenarios or list(SCENARIOS)
    root = options.directory.resolve()
    root.mkdir(parents=True, exist_ok=True)
    began, rows = time.monotonic(), []
    with Children(ROOT, root / "logs") as children:
        world = World(root, children)
        world.start(options.tree)
        print(HEADINGS, flush=True)
        for name in chosen:
            rows.append(_execute(name, world))
            print(rows[-1].text(), flush=True)
    wrong = sum(bool(row.problems) for row in rows)
    took = time.monotonic() - began
    where = os.path.relpath(root / "runs")
    print(
        f"{len(rows) - wrong} of {len(rows)} as they must, {amounts.seconds(took)}; "
        f"ran/skipped; {where}"
    )
    return int(bool(wrong))


def _execute(name: str, world: World) -> Row:
    began = time.monotonic()
    try:
        seen = SCENARIOS[name](world)
    except DefinitionError as error:
        return Row(name, None, [str(error)], time.monotonic() - began)
    return Row(name, seen, seen.problems, time.monotonic() - began)


def _counted(outcomes: list[str]) -> str:
    skipped = outcomes.count("skipped")
    return f"{len(outcomes) - skipped}/{skipped}"


def _parser() -> Parser:
    parser = Parser(prog="workflows", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "workflows")
    parser.add_argument("--tree", type=Path, default=ROOT, help="what the repository holds")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
