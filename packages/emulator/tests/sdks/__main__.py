"""Hold the emulated AWS to what the SDKs for Go and JavaScript expect: `nox -s sdks`.

`go/` performs what the AWS provider performs of each resource, `node/` what a user's code would.
Every check is a line. Exit status 1 where an answer is wrong, 2 where neither Go nor Node is here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output, lifelines
from console.checkout import ROOT
from console.progress import doing
from emulator.tests.running import RUNTIME, RunningEmulator, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
PLACE = ROOT / "build" / "sdks"
SCALE = 60.0
"""Divides AWS's waiting: a deleted queue's name is free after a second."""
SOURCE = """
    def handler(event, context):
        if event.get("fail"):
            raise ValueError("as asked")
        return event
"""


def main() -> int:
    """Run every program whose language is here; returns the exit status."""
    programs = {"Go": ("go", go_program), "JavaScript": ("npm", node_program)}
    here = {name: make for name, (tool, make) in programs.items() if shutil.which(tool)}
    for name in programs.keys() - here.keys():
        print(f"Left out, as {programs[name][0]} is not on PATH: the SDK for {name}.")
    if not here:
        return 2
    PLACE.mkdir(parents=True, exist_ok=True)
    commands = {name: make() for name, make in here.items()}
    counts = Counter(_all_verdicts(commands))
    print(f"{counts['ok']} answers right, {counts['WRONG']} wrong.")
    return 1 if counts["WRONG"] or not counts["ok"] else 0


def go_program() -> list[str]:
    """Build the Go program; what Go has in its cache takes seconds."""
    built = PLACE / "checks"
    quickly = ["-gcflags=github.com/aws/...=-N -l", "-ldflags=-s -w"]  # two thirds of the time
    with doing("building the Go program"):
        subprocess.run(
            ["go", "build", "-trimpath", *quickly, "-o", built, "."], cwd=HERE / "go", check=True
        )
    return [str(built)]


def node_program() -> list[str]:
    """Install what the Node program's lock pins, unless it is there."""
    place = PLACE / "node"
    kept = place / "package-lock.json"
    current = kept.exists() and kept.read_bytes() == (HERE / "node" / kept.name).read_bytes()
    if not current or not (place / "node_modules" / ".package-lock.json").exists():
        shutil.copytree(HERE / "node", place, dirs_exist_ok=True)
        with doing("installing the Node program"):
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                cwd=place,
                check=True,
            )
    shutil.copy(HERE / "node" / "checks.mjs", place)
    return ["node", str(place / "checks.mjs")]


def _all_verdicts(commands: dict[str, list[str]]) -> Iterator[str]:
    """Those of each program, on one emulator."""
    with tempfile.TemporaryDirectory() as directory:
        emulator = RunningEmulator.start(Path(directory) / "aws.env", scale=SCALE)
        try:
            (package := Path(directory) / "app.zip").write_bytes(zipped({"app.py": SOURCE}))
            environment = _clients(emulator, package)
            for name, command in commands.items():
                yield from verdicts(name, command, environment)
        finally:
            emulator.stop()


def _clients(emulator: RunningEmulator, package: Path) -> dict[str, str]:
    """What leads an SDK to the emulated AWS, and to nothing of a person's own."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    of_ours = {"SDKS_ZIP": str(package), "SDKS_RUNTIME": RUNTIME}
    return {**kept, **nowhere, **of_ours, **emulator.environment}


def verdicts(name: str, command: Sequence[str], environment: dict[str, str]) -> Iterator[str]:
    """Print what a program says; its verdicts, and a wrong one where it breaks off."""
    with lifelines.tied(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout or ():
            print(line, end="", flush=True)
            verdict = line.partition(" ")[0]
            if verdict in ("ok", "WRONG"):
                yield verdict
    if program.returncode not in (0, 1):
        print(f"WRONG | {name} | the program broke off with status {program.returncode}")
        yield "WRONG"


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
