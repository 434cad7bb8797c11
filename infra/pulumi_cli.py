"""`python -m infra.pulumi_cli preview|deploy|drift STACK [--project NAME]`: through Pulumi."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import artifact, order
from infra.errors import UsageError
from infra.settings import ROOT
from sandbox import closed_output, lifelines

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

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


_AS_IT_STANDS = ("refresh", "--preview-only", "--expect-no-changes")
"""Asks AWS, compares with what the program asked for when it was last deployed, changes nothing.

A merge that has not reached the stack yet is no drift, and what the program ignores is none either.
"""

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
        check(project, options.command, options.stack)
        return run(project, options.command, options.stack)
    except UsageError as error:
        print(error, file=sys.stderr)
        _summarise(f"{error}\n")
        return 2


def check(project: Project, command: str, stack: str) -> None:
    """Raise UsageError for the first thing that is missing; nothing is changed before it passes."""
    stacks = project.stacks
    if not (stacks / f"Pulumi.{stack}.yaml").is_file():
        known = ", ".join(sorted(path.name.split(".")[1] for path in stacks.glob("Pulumi.*.yaml")))
        raise UsageError(f"There is no stack '{stack}': choose one of {known}.")
    if project.artifact and command != "drift":  # the one thing that runs no program
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
    pages = project.outputs / stack
    if command == "preview":
        return _show(project, stack, pages / "preview.md", "preview")
    if command == "drift":
        return _show(project, stack, pages / "drift.md", *_AS_IT_STANDS)
    # A stack's first deployment finds no state yet.
    if _pulumi(project, "stack", "select", "--create", stack).returncode:
        return 1
    before = _outputs(project, stack)
    if before is None:
        return 1
    if project.artifact:
        origin = artifact.load(project.artifact).origin
        order.check(stack, origin.commit, before.get("commit"))
    # Without --refresh what was changed or deleted by hand would stay so: Pulumi compares the
    # program with its state, not with AWS.
    if _pulumi(project, "up", "--stack", stack, "--refresh", "--yes").returncode:
        return 1
    outputs = _outputs(project, stack)
    if outputs is None:
        return 1
    _write(pages / "outputs.json", json.dumps(outputs, indent=2) + "\n")
    return 0


def _outputs(project: Project, stack: str) -> dict[str, Any] | None:
    """What the last deployment left, nothing before the first; None where Pulumi failed."""
    answer = _pulumi(project, "stack", "output", "--json", "--stack", stack, capture=True)
    if answer.returncode:
        print(answer.stderr.strip(), file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def _show(project: Project, stack: str, page: Path, *how: str) -> int:
    """Run what changes nothing; its page is for a pull request and for the job's summary."""
    shown = _pulumi(project, *how, "--stack", stack, "--diff", "--color", "never", capture=True)
    said = shown.stdout + shown.stderr
    print(said, end="")
    text = f"### {page.stem.capitalize()} of `{stack}`\n\n```text\n{said.strip()}\n```\n"
    _write(page, text)
    _summarise(text)
    return int(bool(shown.returncode))


def _summarise(text: str) -> None:
    """Add it to the job's summary on GitHub, nothing elsewhere."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)


def _pulumi(
    project: Project, *arguments: str, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    return lifelines.run(
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
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
