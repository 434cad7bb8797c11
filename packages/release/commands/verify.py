"""The built artifact's manifest: what a version must hold before it may be given traffic."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import lifelines
from console.errors import UsageError
from reporting import amounts

if TYPE_CHECKING:
    from pathlib import Path

VERIFY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """`code_sha256` is base64, as Lambda reports it; the rest is None where the build did not know.

    `zip_path` is the artifact beside the manifest.
    """

    zip_path: Path
    code_sha256: str
    commit: str | None = None
    pull_request: str | None = None


def load(path: Path, service: str | None = None) -> Manifest:
    """Read it, or the service's in a folder of all; UsageError if it is missing or no manifest."""
    if path.is_dir() and service:
        path = path / service / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name, code = content["artifact"], content["codeSha256"]
    except FileNotFoundError:
        raise UsageError(f"There is no manifest {path}: build the artifact first.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"The manifest {path} cannot be read ({error}): build again.") from None
    if not isinstance(name, str) or not isinstance(code, str):
        raise UsageError(f"The manifest {path} names no artifact and digest: build again.")
    git = content.get("git")
    known = git if isinstance(git, dict) else {}
    return Manifest(
        path.parent / name, code, _text(known.get("commit")), _text(known.get("pullRequest"))
    )


def verify(manifest: Manifest, provenance: str | None = None) -> None:
    """Hold that the zip is the manifest's and, by a command, that its provenance is ours.

    In `provenance` the word `{artifact}` stands for the zip's path; the command runs without a
    shell and must end with status 0. UsageError otherwise.
    """
    try:
        digest = hashlib.sha256(manifest.zip_path.read_bytes()).digest()
    except OSError as error:
        raise UsageError(
            f"The artifact {manifest.zip_path} cannot be read ({error.strerror}): build it first."
        ) from None
    if base64.b64encode(digest).decode() != manifest.code_sha256:
        raise UsageError(f"{manifest.zip_path} is not what its manifest describes: build again.")
    if provenance is not None:
        _run(provenance, manifest.zip_path)


def _run(provenance: str, zip_path: Path) -> None:
    unproven = f"The provenance of {zip_path} is unproven"
    words = [word.replace("{artifact}", str(zip_path)) for word in _split(provenance)]
    try:
        ended = lifelines.run(words, check=False, timeout=VERIFY_SECONDS)
    except OSError as error:
        raise UsageError(
            f"{unproven}, because {words[0]!r} cannot be run ({error.strerror}): install it, "
            "then repeat."
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"{unproven}: {words[0]!r} said nothing within {amounts.number(VERIFY_SECONDS)} s; "
            "repeat, and do "
            "not deploy before it has."
        ) from None
    if ended.returncode:
        raise UsageError(
            f"{unproven} ({words[0]!r} ended with {ended.returncode}): do not deploy it, and build "
            "it in the workflow that attests it."
        )


def _split(provenance: str) -> list[str]:
    try:
        words = shlex.split(provenance)
    except ValueError as error:
        raise UsageError(f"--provenance is no command ({error}): {provenance!r}.") from None
    if not words:
        raise UsageError("--provenance is no command: it is empty.")
    return words


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None
