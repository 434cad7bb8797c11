"""The locked runtime dependencies: installed, trimmed and compiled once per lock and Python."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from console import lifelines
from console.errors import UsageError

from artifact import bytecode, levers, licences, patterns, substitution, trimming

if TYPE_CHECKING:
    from email.message import Message

    from service.declaration import Service


_PLATFORMS = {"x86_64": "x86_64", "arm64": "aarch64"}
"""How uv and wheels call what Lambda calls its architectures."""


@dataclass(frozen=True)
class Dependency:
    """A distribution in the zip; `licence` is an SPDX expression."""

    name: str
    version: str
    licence: str


def prepared(
    service: Service,
    cache: Path,
    architecture: str = "x86_64",
    skipped: frozenset[str] = frozenset(),
) -> Path:
    """Return the directory with a service's dependencies, made on first use below `cache`.

    `skipped` are levers. Raises UsageError where its lock or uv is missing, where uv cannot install
    it, or where it leaves out what is not there.
    """
    directory = cache / _key(service, architecture, skipped)
    if directory.is_dir():
        return directory
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        target = Path(temporary) / "target"
        install(service.lock, target, architecture)
        _pull(target, service, levers.ALL - skipped)
        try:
            target.rename(directory)
        except OSError:  # another build was faster; the two are equal
            if not directory.is_dir():
                raise
    return directory


def _pull(target: Path, service: Service, pulled: frozenset[str]) -> None:
    parts, substitutes = service.trimming.without, service.trimming.substitutes
    # What a substitute stands in for imports parts.
    without = parts if pulled >= {"parts", "substitutes"} else ()
    trimming.trim(target, service.calls if "calls" in pulled else {}, without)
    substitution.substitute(target, substitutes if "substitutes" in pulled else ())
    bytecode.compile_tree(target)
    if "patterns" in pulled:
        patterns.record(target, service.calls)


def listed(directory: Path) -> list[Dependency]:
    """Name every distribution below `directory` by its normalised name, sorted.

    Raises UsageError for a licence that nobody has looked at yet.
    """
    metadata = [
        HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        for path in directory.glob("*.dist-info/METADATA")
    ]
    found = (
        Dependency(name := _normalised(m["Name"]), m["Version"], _licence(name, m))
        for m in metadata
    )
    return sorted(found, key=lambda dependency: dependency.name)


def _normalised(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(name: str, metadata: Message) -> str:
    return licences.expression(name, metadata["License-Expression"] or metadata["License"])


def _key(service: Service, architecture: str, skipped: frozenset[str]) -> str:
    """Everything that the prepared directory depends on."""
    try:
        content = service.lock.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read the lock {service.lock}: run `nox -s lock`.") from error
    digest = hashlib.sha256(content)
    declared = repr((sorted(service.calls.items()), service.trimming))
    for part in (sys.version, architecture, declared, repr(sorted(skipped))):
        digest.update(part.encode())
    for module in ("dependencies", "trimming", "substitution", "bytecode", "patterns"):
        digest.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    for name in substitution.REPLACED:
        digest.update((substitution.SUBSTITUTES / name).read_bytes())
    return digest.hexdigest()[:32]


def install(lock: Path, target: Path, architecture: str = "x86_64") -> None:
    """Install exactly what `lock` holds into `target`, for one of Lambda's architectures.

    Raises UsageError where uv cannot.
    """
    target.mkdir(parents=True, exist_ok=True)  # uv makes none for a lock without anything in it
    command = [
        _uv(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target),
        "--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy",
        # Whatever machine builds: for Lambda's, and with none of a person's settings of uv.
        "--no-config", "--python-platform", f"{_PLATFORMS[architecture]}-manylinux2014",
        "--requirement", str(lock),
    ]  # fmt: skip
    result = lifelines.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = " ".join(result.stderr.split())
        raise UsageError(f"uv cannot install {lock}: {reason}")
    _check_wheels(target, _PLATFORMS[architecture])


def _check_wheels(target: Path, machine: str) -> None:
    """Raise UsageError for a wheel whose tags are of another platform.

    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    for path in target.glob("*.dist-info/WHEEL"):
        tags = HeaderParser().parsestr(path.read_text(encoding="utf-8")).get_all("Tag") or []
        platforms = {platform for tag in tags for platform in tag.rpartition("-")[2].split(".")}
        fit = re.compile(rf"any|(many)?linux\w*_{machine}")
        if not any(map(fit.fullmatch, platforms)):
            built = ", ".join(sorted(platforms)) or "no platform"
            raise UsageError(
                f"{path.parent.stem} is for {built}, and Lambda's {machine} cannot run it: "
                "look for another release of it."
            )


def _uv() -> str:
    """The uv of this Python environment, else the one on the path."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        return str(importlib.import_module("uv").find_uv_bin())
    found = shutil.which("uv")
    if found is None:
        raise UsageError("Cannot find uv: install the group `nox` of pyproject.toml.")
    return found
