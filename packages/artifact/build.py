"""From source, overlay and locked dependencies to the zip and its manifest."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from console.errors import UsageError
from reporting.amounts import digest

from artifact import bytecode, dependencies, manifest, provenance, sbom, zipping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.declaration import Service

_OLDEST_PYTHON = (3, 11)
_NOT_RUNTIME = shutil.ignore_patterns("__pycache__", "py.typed")


@dataclass(frozen=True)
class Request:
    """What to build, and into which directory.

    `overlay` holds a directory with the package's name, whose files replace or add; `skipped` are
    levers.
    """

    service: Service
    out: Path
    overlay: Path | None = None
    label: str | None = None
    architecture: str = "x86_64"
    skipped: frozenset[str] = frozenset()

    @property
    def root(self) -> Path:
        """The checkout that the service lies in."""
        return self.service.folder.parents[1]

    @property
    def names(self) -> tuple[str, ...]:
        """The zip, its bill of materials, its manifest, and the contract where there is one."""
        contract = (manifest.CONTRACT,) if self.service.contract else ()
        return self.service.zip_name, sbom.name(self.service), manifest.MANIFEST_NAME, *contract


def require_python(version: tuple[int, int]) -> None:
    """Raise UsageError for a Python that this project does not support."""
    if version < _OLDEST_PYTHON:
        oldest, actual = (".".join(map(str, pair)) for pair in (_OLDEST_PYTHON, version))
        raise UsageError(f"Python {actual} is too old: run this with Python {oldest} or newer.")


def build(request: Request) -> dict[str, Any]:
    """Write the zip, its bill of materials and its manifest into `request.out`.

    Returns the manifest. Killed at any moment, this leaves the old ones, or no manifest and hence
    no artifact.
    """
    cache = request.root / "build" / "cache" / "artifact"
    installed = dependencies.prepared(request.service, cache, request.architecture, request.skipped)
    sources, untracked = provenance.sources(request.root, request.service.package)
    request.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=request.out) as temporary:
        stage = Path(temporary) / "stage"
        _stage(request, sources, stage)
        source = _source(request, stage)
        bytecode.compile_tree(stage)
        files = _files(stage) | _files(installed)
        archive, bill, description, *contract = (Path(temporary, each) for each in request.names)
        for copy in contract:
            shutil.copyfile(cast("Path", request.service.contract), copy)
        zipping.write(archive, files)
        content = archive.read_bytes()
        listed = dependencies.listed(installed)
        vendored = sbom.vendored(files)
        bill.write_bytes(_bill(request, content, listed, vendored, source))
        origin = provenance.read(request.root, untracked=untracked)
        described = manifest.describe(
            request.service, content, files, listed, origin, source, bill.read_bytes()
        )
        description.write_bytes(manifest.serialise(described))
        _publish(Path(temporary), request)
    return described


def _bill(
    request: Request,
    content: bytes,
    listed: Sequence[dependencies.Dependency],
    vendored: Mapping[str, Sequence[sbom.Vendored]],
    source: Mapping[str, Any],
) -> bytes:
    version = source["label"] or digest(str(source["packageSha256"]))
    locked = sbom.locked_hashes(request.service.lock)
    digested = hashlib.sha256(content).hexdigest()
    described = sbom.describe(request.service, digested, version, listed, locked, vendored)
    return sbom.serialise(described)


def _stage(request: Request, sources: Sequence[Path], stage: Path) -> None:
    package = request.service.name
    for source in sources:
        if source.name != "py.typed":
            place = stage / package / source.relative_to(request.service.package)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
    if request.overlay is not None:
        overlay = request.overlay / package
        try:
            shutil.copytree(overlay, stage / package, ignore=_NOT_RUNTIME, dirs_exist_ok=True)
        except (OSError, shutil.Error) as error:
            raise UsageError(f"Cannot read the overlay {overlay}: name its parent.") from error
    if request.label is not None:
        version = stage / package / "version.py"
        version.write_text(f'"""Written by the build."""\n\nLABEL = {request.label!r}\n')


def _source(request: Request, stage: Path) -> dict[str, Any]:
    package = hashlib.sha256()
    for path, content in sorted(_files(stage).items()):
        package.update(f"{path}\0{len(content)}\0".encode() + content)
    return {
        "packageSha256": package.hexdigest(),
        "lockSha256": hashlib.sha256(request.service.lock.read_bytes()).hexdigest(),
        "overlay": request.overlay.name if request.overlay else None,
        "label": request.label,
        "skipped": sorted(request.skipped),
    }


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def _publish(made: Path, request: Request) -> None:
    # The manifest is what makes the others valid: it goes first and comes last.
    (request.out / manifest.MANIFEST_NAME).unlink(missing_ok=True)
    for name in sorted(request.names, key=manifest.MANIFEST_NAME.__eq__):
        (made / name).replace(request.out / name)
