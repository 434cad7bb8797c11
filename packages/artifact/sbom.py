"""The bill of materials beside the zip, in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/).

Reproducible like the zip: no time, and a serial number that follows from the zip's bytes.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artifact import licences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from service.declaration import Service

    from artifact.dependencies import Dependency

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:artifact")


@dataclass(frozen=True, slots=True)
class Vendored:
    """A copy of a library inside another's package; no version where its copy does not say it."""

    name: str
    path: str
    version: str | None


def vendored(files: Mapping[str, bytes]) -> dict[str, list[Vendored]]:
    """Find copies in folders that are called `vendored`, `_vendor` or `packages`, by who has them.

    The key is the top-level package's name.
    """
    found: dict[str, dict[str, Vendored]] = {}
    for path in sorted(files):
        match = re.match(
            r"(([^/]+)/(?:.+/)?(?:vendored|_vendor|packages)/([^/.]+))(\.py|/.+\.py)$", path
        )
        if match and match[3] not in ("__init__", "__pycache__"):
            root = f"{match[1]}.py" if match[4] == ".py" else f"{match[1]}/__init__.py"
            said = re.search(rb"^__version__ = [\"']([^\"']+)", files.get(root, b""), re.MULTILINE)
            version = said[1].decode() if said else None
            found.setdefault(match[2], {})[match[1]] = Vendored(match[3], match[1], version)
    return {owner: list(copies.values()) for owner, copies in found.items()}


def name(service: Service) -> str:
    """Name the file beside the service's zip."""
    return f"{service.name}.cdx.json"


def describe(
    service: Service,
    sha256: str,
    version: str,
    dependencies: Sequence[Dependency],
    locked: Mapping[str, Sequence[str]],
    copies: Mapping[str, Sequence[Vendored]],
) -> dict[str, Any]:
    """Return the bill of a zip with that SHA-256.

    `locked` has the hashes for each name, `copies` what is vendored, as `vendored` finds it.
    """
    components = [
        _component(each, locked[each.name], copies.get(each.name.replace("-", "_"), ()))
        for each in dependencies
    ]
    named = service.name.replace("_", "-")
    function = f"{named}@{version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, sha256)}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "application",
                "bom-ref": function,
                "name": named,
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            },
        },
        "components": components,
        "dependencies": [
            {"ref": function, "dependsOn": [each["bom-ref"] for each in components]},
        ],
    }


def serialise(bill: Mapping[str, Any]) -> bytes:
    """Return the bill as it stands on disk."""
    return json.dumps(bill, indent=2).encode() + b"\n"


def locked_hashes(lock: Path) -> dict[str, list[str]]:
    """Return the SHA-256 of every file that the lock admits, by the distribution's name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==", line):
            name = match[1]
        elif match := re.match(r"\s+--hash=sha256:([0-9a-f]{64})", line):
            found.setdefault(name, []).append(match[1])
    return found


def _component(
    dependency: Dependency, hashes: Sequence[str], copies: Sequence[Vendored]
) -> dict[str, Any]:
    purl = f"pkg:pypi/{dependency.name}@{dependency.version}"
    if licences.is_single(dependency.licence):
        licence: dict[str, Any] = {"license": {"id": dependency.licence}}
    else:
        licence = {"expression": dependency.licence}
    carried = {"components": [_copy(purl, each) for each in copies]} if copies else {}
    return {
        "type": "library",
        "bom-ref": purl,
        "name": dependency.name,
        "version": dependency.version,
        "purl": purl,
        "licenses": [licence],
        # A release is several files, a wheel for each platform: the lock admits any of them, so
        # none of their hashes is the component's own.
        "externalReferences": [
            {
                "type": "distribution",
                "url": purl,
                "comment": "the files that the lock admits",
                "hashes": [{"alg": "SHA-256", "content": value} for value in sorted(hashes)],
            }
        ],
        **carried,
    }


def _copy(owner: str, copy: Vendored) -> dict[str, Any]:
    said = f"@{copy.version}" if copy.version else ""
    version = {"version": copy.version} if copy.version else {}
    return {
        "type": "library",
        "bom-ref": f"{owner}#{copy.path}",
        "name": copy.name,
        **version,
        "purl": f"pkg:pypi/{copy.name}{said}",
        "properties": [{"name": "vendored", "value": copy.path}],
    }
