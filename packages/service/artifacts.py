"""What a build left of a service, its zip and its manifest: read, compared, never changed."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from service import declaration

if TYPE_CHECKING:
    from pathlib import Path

_BUILD = "build it with `nox -s build`"
_REBUILD = "build it again with `nox -s build`"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the artifact's source came from; None where the build did not know."""

    repository: str | None
    author: str | None
    pull_request: str | None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A zip that equals its manifest."""

    zip_path: Path
    code_sha256: str
    """Base64 of the SHA-256, as Lambda reports it."""
    runtime: str
    handler: str
    architectures: tuple[str, ...]
    """What its machine code is for; all there are where it has none."""
    origin: Origin


def load(directory: Path) -> Artifact:
    """Read the artifact in `directory`; raises UsageError unless the zip equals its manifest."""
    manifest = _manifest(directory / "manifest.json")
    try:
        zip_path = directory / manifest["artifact"]
        needed = ("sha256", "runtime", "handler", "architectures")
        expected, runtime, handler, architectures = (manifest[key] for key in needed)
    except KeyError as error:
        raise UsageError(f"The manifest in {directory} has no {error}: {_REBUILD}.") from None
    digest = _digest(zip_path)
    if digest.hex() != expected:
        raise UsageError(
            f"{zip_path} has SHA-256 {amounts.digest(digest.hex())} but its manifest says "
            f"{amounts.digest(expected)}: {_REBUILD}."
        )
    return Artifact(
        zip_path=zip_path,
        code_sha256=base64.b64encode(digest).decode(),
        runtime=runtime,
        handler=handler,
        architectures=tuple(architectures),
        origin=_origin(manifest.get("git") or {}),
    )


def load_all(directory: Path) -> dict[str, Artifact]:
    """Read every service's artifact, by its name; raises UsageError for the first bad one."""
    return {name: load(directory / name) for name in declaration.names()}


def _manifest(path: Path) -> dict[str, str]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no artifact: {path} is missing; {_BUILD}.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}): {_REBUILD}.") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != 1:
        raise UsageError(f"{path} is not a manifest of schema 1: {_REBUILD}.")
    return manifest


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        raise UsageError(f"There is no artifact: {path} cannot be read; {_BUILD}.") from None


def _origin(git: object) -> Origin:
    known = git if isinstance(git, dict) else {}

    def text(key: str) -> str | None:
        return str(known[key]) if known.get(key) else None

    return Origin(text("repository"), text("author"), text("pullRequest"), text("commit"))
