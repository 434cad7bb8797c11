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
_MACHINES = {62: "x86_64", 183: "arm64"}
"""Of ELF, e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html."""
MANIFEST_NAME = "manifest.json"
CONTRACT = "contract.schema.json"


def describe(
    service: Service,
    content: bytes,
    files: Mapping[str, bytes],
    dependencies: Sequence[Dependency],
    provenance: Provenance,
    source: Mapping[str, Any],
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
        "contract": _contract(service),
        "git": {
            "commit": provenance.commit,
            "dirty": provenance.dirty,
            "untracked": list(provenance.untracked),
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


def _contract(service: Service) -> dict[str, str] | None:
    if service.contract is None:
        return None
    content = service.contract.read_bytes()
    return {"path": CONTRACT, "id": json.loads(content).get("$id"), "sha256": sha256(content)}


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
    found += _contract_differences(manifest.get("contract"), archive.parent)
    return found + _bill_differences(manifest, archive.parent)


def _contract_differences(stated: Mapping[str, str] | None, directory: Path) -> list[str]:
    if stated is None:
        return []
    path = directory / stated["path"]
    if not path.is_file() or sha256(path.read_bytes()) != stated["sha256"]:
        return [f"{stated['path']} is not the contract of this artifact."]
    return []


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
    """Lambda's names of what the files run on: all where they hold no machine code.

    Raises UsageError for machine code of another system.
    """
    found = set()
    for path, content in files.items():
        if path.endswith((".so", ".dylib", ".pyd")):
            machine = int.from_bytes(content[18:20], "little") if content[:4] == b"\x7fELF" else 0
            if machine not in _MACHINES:
                raise UsageError(f"{path} in the zip is no machine code for Lambda: build anew.")
            found.add(_MACHINES[machine])
    if len(found) > 1:
        raise UsageError("The zip has machine code for several architectures: build anew.")
    return sorted(found) or list(_MACHINES.values())


def _contents(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"path": path, "bytes": len(files[path]), "sha256": sha256(files[path])}
        for path in sorted(files)
    ]
