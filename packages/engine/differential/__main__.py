"""`python -m engine.differential`: live stacks in both engines until enough agreed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from console import closed_output
from console.arguments import Parser

from engine.differential.compare import DisagreementError, life
from engine.differential.real import served
from engine.differential.world import Worlds

_STEPS = 12
_COUNTED = ("programs", "changes", "kills")


def main(arguments: list[str]) -> int:
    """Return 0 where all agreed, 1 where something did not, 2 where there is no CLI."""
    options = _parser().parse_args(arguments)
    if not shutil.which("pulumi"):
        print("There is no Pulumi CLI: build it by `nox -s pulumi_cli`.", file=sys.stderr)
        return 2
    agreed, differing, seed = Counter[str](), 0, options.seed
    worlds = Worlds()
    with tempfile.TemporaryDirectory() as place, worlds.provided(), served() as attached:
        while sum(agreed[what] for what in _COUNTED) < options.agreements:
            with life(seed, worlds, Path(place), attached) as lived:
                try:
                    lived.live(_STEPS)
                except DisagreementError as error:
                    differing += 1
                    print(error, flush=True)
            agreed += lived.counts
            print(f"seed {seed}: {_told(lived.counts)}", flush=True)
            seed += 1
    print(f"Agreed, seeds {options.seed} to {seed - 1}: {_told(agreed)}. Differing: {differing}.")
    return 1 if differing else 0


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))


def _parser() -> Parser:
    parser = Parser(prog="nox -s engines --", description=__doc__)
    parser.add_argument("--agreements", type=int, default=200, help="programs, changes and kills")
    parser.add_argument("--seed", type=int, default=1, help="of the first stack")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
