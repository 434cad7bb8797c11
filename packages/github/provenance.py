"""`python -m github.provenance OWNER/NAME COMMIT`: did the workflow deploy build it, from main?

The variable PROVENANCE says whether it must be proven: empty or `required`, or `none` where GitHub
keeps no attestations (private repositories outside Enterprise Cloud). Then every run says so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output, lifelines

from github.cli import RefusedError, end, gh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ARTIFACTS = Path("build/artifact")
"""Has a folder per service."""
SINCE = "2.67"
"""The version of gh that knows every option (https://github.com/cli/cli/pull/10308)."""

UNPROVEN = (
    "Nothing proves who built this artifact: the variable PROVENANCE is none. Its manifest was "
    "checked, its origin was not."
)


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """0 if it is proven or need not be, 1 if it is not; RefusedError where nobody can tell."""
    if len(arguments) != 2:
        raise RefusedError("Name repository and commit: nox -s provenance -- OWNER/NAME COMMIT")
    wanted = environment.get("PROVENANCE") or "required"
    if wanted == "none":
        _say(UNPROVEN, environment)
        return 0
    if wanted != "required":
        raise RefusedError(f"PROVENANCE is required or none, not {wanted!r}.")
    asked = options(*arguments)
    _check_gh(asked)
    # All of it: handler, runtime and commit stand in the manifest.
    found = sorted(path for path in ARTIFACTS.glob("*/*") if path.is_file())
    if not found:
        raise RefusedError(f"There is no artifact in {ARTIFACTS}: build it with `nox -s build`.")
    commands = [["gh", "attestation", "verify", str(path), *asked] for path in found]
    return int(any(lifelines.run(command).returncode for command in commands))


def options(repository: str, commit: str) -> list[str]:
    """What must be true of whoever built it."""
    return [
        *("--repo", repository, "--signer-workflow", f"{repository}/.github/workflows/deploy.yml"),
        *("--source-ref", "refs/heads/main", "--source-digest", commit),
        "--deny-self-hosted-runners",
    ]


def _check_gh(asked: Sequence[str]) -> None:
    version = gh("--version").split("\n")[0]
    try:
        known = gh("attestation", "verify", "--help")
    except RefusedError:
        known = ""
    if not all(option in known for option in asked if option.startswith("--")):
        raise RefusedError(f"{version} cannot verify provenance: gh {SINCE} or newer can.")


def _say(text: str, environment: Mapping[str, str]) -> None:
    """On the terminal, as an annotation of the run, and in the job's summary."""
    print(f"::warning::{text}" if environment.get("GITHUB_ACTIONS") else text)
    if summary := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")


if __name__ == "__main__":
    closed_output.tolerate()
    end(main)
