"""The manifest beside the zip: what it is, what is in it, and where it comes from."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import sys
import sysconfig
import zipfile
import zlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from console.errors import UsageError

from artifact import sbom

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from service.declaration import Service

    from artifact.dependencies import Dependency
    from artifact.provenance import Provenance

SCHEMA = 1
MANIFEST_NAME = "manifest.json"


def describe(
    service: Service,
    content: bytes,
    files: Mapping[str, bytes],
    dependencies: Sequence[Dependency],
    provenance: Provenance,
    source: Mapping[str, str | None],
    bill: bytes,
) -> dict[str, Any]:
    """Return the manifest of a zip with the bytes `content` and the given `files` in it.

    `bill` is the bill of materials beside it.

    `codeSha256` is what Lambda reports as CodeSha256 of a function made of these bytes.
    """
    digest = hashlib.sha256(content).digest()
    return {
        "schema": SCHEMA,
        "artifact": service.zip_name,
        "sha256": digest.hex(),
        "codeSha256": base64.b64encode(digest).decode(),
        "bytes": len(content),
        "unzippedBytes": sum(map(len, files.values())),
        "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "handler": service.handler,
        "architectures": _architectures(files),
        "contents": _contents(files),
        "dependencies": [asdict(dependency) for dependency in dependencies],
        "sbom": {"path": sbom.name(service), "sha256": sha256(bill)},
        "git": {
            "commit": provenance.commit,
            "dirty": provenance.dirty,
            "repository": provenance.repository,
            "author": provenance.author,
            "pullRequest": provenance.pull_request,
        },
        "source": {
            **source,
            "python": platform.python_version(),
            "platform": sysconfig.get_platform(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
        },
    }


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hex, as the manifest gives it."""
    return hashlib.sha256(content).hexdigest()


def serialise(manifest: Mapping[str, Any]) -> bytes:
    """Return the manifest as it stands on disk."""
    return json.dumps(manifest, indent=2).encode() + b"\n"


def read(path: Path) -> dict[str, Any]:
    """Read the manifest `path`; raises UsageError where there is none that can be understood."""
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        command = "python -m artifact build"
        raise UsageError(f"Cannot read the manifest {path}: run `{command}`.") from error
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise UsageError(f"{path} is not a manifest of schema {SCHEMA}: build the artifact again.")
    return manifest


def differences(manifest: Mapping[str, Any], archive: Path) -> list[str]:
    """Say in sentences where the zip at `archive` is not the one that `manifest` describes.

    The bill of materials beside it counts as well. Raises UsageError where there is no zip that can
    be read.
    """
    try:
        content = archive.read_bytes()
        with zipfile.ZipFile(archive) as opened:
            files = {name: opened.read(name) for name in opened.namelist()}
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"Cannot read the zip {archive}: {error}; build it again.") from error
    found = []
    if sha256(content) != manifest["sha256"]:
        found.append("The zip's SHA-256 is not the manifest's.")
    stated = {entry["path"]: entry for entry in manifest["contents"]}
    present = {entry["path"]: entry for entry in _contents(files)}
    paths = sorted(stated.keys() | present.keys())
    found += [f"{path} differs." for path in paths if stated.get(path) != present.get(path)]
    return found + _bill_differences(manifest, archive.parent)


def _bill_differences(manifest: Mapping[str, Any], directory: Path) -> list[str]:
    stated = manifest["sbom"]
    try:
        content = (directory / stated["path"]).read_bytes()
    except OSError:
        return [f"There is no bill of materials {stated['path']}."]
    if sha256(content) != stated["sha256"]:
        return ["The bill of materials' SHA-256 is not the manifest's."]
    bill = json.loads(content)
    hashes = [each["content"] for each in bill["metadata"]["component"]["hashes"]]
    listed = [(each["name"], each["version"]) for each in bill["components"]]
    carried = [(each["name"], each["version"]) for each in manifest["dependencies"]]
    if hashes != [manifest["sha256"]] or listed != carried:
        return ["The bill of materials is that of another zip."]
    return []


def _architectures(files: Mapping[str, bytes]) -> list[str]:
    """Lambda's names of what the files run on: this machine where they hold machine code."""
    if any(path.endswith(".so") for path in files):
        return [{"aarch64": "arm64"}.get(platform.machine(), platform.machine())]
    return ["x86_64", "arm64"]


def _contents(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"path": path, "bytes": len(files[path]), "sha256": sha256(files[path])}
        for path in sorted(files)
    ]
