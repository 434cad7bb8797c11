"""`python -m tests.second_service NAME DIRECTORY`: deploys all services, and releases one of them.

On an emulated AWS of its own: two versions, of which the second is rolled out on synthetic traffic.
Prints, as JSON, the version that each service's alias serves at the end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.checkout import ROOT
from console.processes import Children
from sandbox.stack import Stack, deployed, module
from service import candidates, outputs
from service.declaration import load, names

if TYPE_CHECKING:
    from collections.abc import Sequence

WATCH = ("--bake", "20", "--poll", "2", "--on-inconclusive", "synthetic", "--synthetic-rate", "30")


def main(arguments: Sequence[str]) -> int:
    """Raise where anything fails; 0."""
    name, directory = arguments[0], Path(arguments[1])
    with Children(ROOT, directory / "logs") as children:
        stack = deployed(children, directory, "--time-scale=20", service=name)
        for each in names():
            release(stack, each, "smoke")
        changed = candidates.overlay(load(name), candidates.GOOD, directory)
        stack.build(directory / "changed", changed)
        assert stack.deploy(directory / "changed") == "2"
        release(stack, name, "rollout", *WATCH)
        print(json.dumps({each: served(stack, each) for each in names()}))
    return 0


def release(stack: Stack, service: str, command: str, *options: str) -> None:
    """Run a command of the release tool on a service; it has to succeed."""
    given = ("--outputs", str(place(stack, service)), command, *options)
    stack.run(f"{command}-{service}", module("release", *given))


def served(stack: Stack, service: str) -> str:
    """Return the version that a service's alias serves."""
    there = json.loads(place(stack, service).read_text(encoding="utf-8"))
    alias = {"FunctionName": there["lambdaFunctionName"], "Name": there["lambdaAliasName"]}
    return str(stack.client("lambda").get_alias(**alias)["FunctionVersion"])


def place(stack: Stack, service: str) -> Path:
    """Return the outputs of one of the stack's services."""
    return outputs.path(stack.outputs_file.parents[1], service)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
