"""`python -m infra.pulumi_cli preview|deploy STACK`: the program through the Pulumi CLI."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from infra import artifact
from infra.errors import UsageError
from infra.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STACKS = ROOT / "infra" / "stacks"
ARTIFACT = ROOT / "build" / "artifact"
"""Where the program looks unless a stack says otherwise (the default in `Pulumi.yaml`)."""
OUTPUTS = ROOT / "build" / "stacks"


def main(arguments: Sequence[str], outputs: Path = OUTPUTS, artifacts: Path = ARTIFACT) -> int:
    """Preview or deploy one stack: 0 done, 1 Pulumi failed, 2 something is missing (said why)."""
    parser = argparse.ArgumentParser(prog="python -m infra.pulumi_cli", description=__doc__)
    parser.add_argument("command", choices=("preview", "deploy"))
    parser.add_argument("stack")
    options = parser.parse_args(arguments)
    try:
        check(options.stack, artifacts)
        return run(options.command, options.stack, outputs)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2


def check(stack: str, artifacts: Path) -> None:
    """Raise UsageError for the first thing that is missing; nothing is changed before it passes."""
    if not (STACKS / f"Pulumi.{stack}.yaml").is_file():
        known = ", ".join(sorted(path.name.split(".")[1] for path in STACKS.glob("Pulumi.*.yaml")))
        raise UsageError(f"There is no stack '{stack}': choose one of {known}.")
    artifact.load(artifacts)
    if not shutil.which("pulumi"):
        raise UsageError(
            "The Pulumi CLI is not on PATH: install it as https://www.pulumi.com/docs/install/ "
            "says, or rehearse the stack without it by `nox -s rehearse`."
        )
    if not shutil.which("uv"):
        raise UsageError(
            "uv is not on PATH, and the Pulumi CLI runs the program by it: install uv."
        )
    if _pulumi("whoami", capture=True).returncode:
        raise UsageError(
            "Pulumi has no state backend: set PULUMI_BACKEND_URL (as s3://bucket/prefix) or run "
            "`pulumi login`."
        )


def run(command: str, stack: str, outputs: Path) -> int:
    """Run Pulumi.

    A deployment leaves the stack's outputs in `outputs`/STACK/outputs.json, a preview what it said
    in `outputs`/STACK/preview.md, for a pull request's comment.
    """
    if command == "preview":
        return _preview(stack, outputs / stack / "preview.md")
    # A stack's first deployment finds no state yet.
    for step in (("stack", "select", "--create", stack), ("up", "--stack", stack, "--yes")):
        if _pulumi(*step).returncode:
            return 1
    answer = _pulumi("stack", "output", "--json", "--stack", stack, capture=True)
    if answer.returncode:
        print(answer.stderr.strip(), file=sys.stderr)
        return 1
    document = json.dumps(json.loads(answer.stdout), indent=2)
    _write(outputs / stack / "outputs.json", document + "\n")
    return 0


def _preview(stack: str, page: Path) -> int:
    shown = _pulumi("preview", "--stack", stack, "--diff", "--color", "never", capture=True)
    said = shown.stdout + shown.stderr
    print(said, end="")
    _write(page, f"### Preview of `{stack}`\n\n```text\n{said.strip()}\n```\n")
    return int(bool(shown.returncode))


def _pulumi(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=ROOT,
        env=_environment(),
        check=False,
        text=True,
        capture_output=capture,
    )


def _environment() -> dict[str, str]:
    """The stacks hold no secret, so a file or bucket backend needs no passphrase of a person."""
    given = dict(os.environ)
    if "PULUMI_CONFIG_PASSPHRASE_FILE" not in given:
        given.setdefault("PULUMI_CONFIG_PASSPHRASE", "")
    return given


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole: no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
