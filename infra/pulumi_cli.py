"""`python -m infra.pulumi_cli preview|deploy|drift STACK [--project NAME]`: through Pulumi."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra import artifact
from infra.errors import UsageError
from infra.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ARTIFACT = ROOT / "build" / "artifact"
"""Where the program looks unless a stack says otherwise (the default in `Pulumi.yaml`)."""


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi program: where its `Pulumi.yaml` and its stack files lie, what it deploys.

    `artifact` is None where it deploys none; `outputs` gets a directory per stack.
    """

    directory: Path
    stacks: Path
    outputs: Path
    artifact: Path | None


_AS_IT_STANDS = ("--refresh", "--expect-no-changes")
"""Asks AWS first, and fails where the program would change anything."""

_INFRA, _BUILD = ROOT / "infra", ROOT / "build"
PROJECTS = {
    "processor": Project(ROOT, _INFRA / "stacks", _BUILD / "stacks", ARTIFACT),
    "bootstrap": Project(
        _INFRA / "bootstrap", _INFRA / "bootstrap" / "stacks", _BUILD / "bootstrap", None
    ),
}


def main(arguments: Sequence[str], projects: Mapping[str, Project] = PROJECTS) -> int:
    """Preview or deploy one stack: 0 done, 1 Pulumi failed, 2 something is missing (said why)."""
    parser = argparse.ArgumentParser(prog="python -m infra.pulumi_cli", description=__doc__)
    parser.add_argument("command", choices=("preview", "deploy", "drift"))
    parser.add_argument("stack")
    parser.add_argument("--project", choices=tuple(projects), default="processor")
    options = parser.parse_args(arguments)
    project = projects[options.project]
    try:
        check(project, options.stack)
        return run(project, options.command, options.stack)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2


def check(project: Project, stack: str) -> None:
    """Raise UsageError for the first thing that is missing; nothing is changed before it passes."""
    stacks = project.stacks
    if not (stacks / f"Pulumi.{stack}.yaml").is_file():
        known = ", ".join(sorted(path.name.split(".")[1] for path in stacks.glob("Pulumi.*.yaml")))
        raise UsageError(f"There is no stack '{stack}': choose one of {known}.")
    if project.artifact:
        artifact.load(project.artifact)
    if not shutil.which("pulumi"):
        raise UsageError(
            "The Pulumi CLI is not on PATH: install it as https://www.pulumi.com/docs/install/ "
            "says, or rehearse the stack without it by `nox -s rehearse`."
        )
    if not shutil.which("uv"):
        raise UsageError(
            "uv is not on PATH, and the Pulumi CLI runs the program by it: install uv."
        )
    if _pulumi(project, "whoami", capture=True).returncode:
        raise UsageError(
            "Pulumi has no state backend: set PULUMI_BACKEND_URL (as s3://bucket/prefix) or run "
            "`pulumi login`."
        )


def run(project: Project, command: str, stack: str) -> int:
    """Run Pulumi.

    A deployment leaves the stack's outputs in STACK/outputs.json of the project's outputs, a
    preview what it said in STACK/preview.md, for a pull request's comment.
    """
    outputs = project.outputs
    if command == "preview":
        return _preview(project, stack, outputs / stack / "preview.md")
    if command == "drift":
        return _preview(project, stack, outputs / stack / "drift.md", *_AS_IT_STANDS)
    # A stack's first deployment finds no state yet.
    for step in (("stack", "select", "--create", stack), ("up", "--stack", stack, "--yes")):
        if _pulumi(project, *step).returncode:
            return 1
    answer = _pulumi(project, "stack", "output", "--json", "--stack", stack, capture=True)
    if answer.returncode:
        print(answer.stderr.strip(), file=sys.stderr)
        return 1
    document = json.dumps(json.loads(answer.stdout), indent=2)
    _write(outputs / stack / "outputs.json", document + "\n")
    return 0


def _preview(project: Project, stack: str, page: Path, *how: str) -> int:
    shown = _pulumi(
        project, "preview", "--stack", stack, "--diff", "--color", "never", *how, capture=True
    )
    said = shown.stdout + shown.stderr
    print(said, end="")
    _write(page, f"### Preview of `{stack}`\n\n```text\n{said.strip()}\n```\n")
    return int(bool(shown.returncode))


def _pulumi(
    project: Project, *arguments: str, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=project.directory,
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
