"""The bill of materials beside the zip, in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/).

Reproducible like the zip: no time, and a serial number that follows from the zip's bytes.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from artifact import licences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from service.declaration import Service

    from artifact.dependencies import Dependency

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:artifact")


def name(service: Service) -> str:
    """Name the file beside the service's zip."""
    return f"{service.name}.cdx.json"


def describe(
    service: Service,
    sha256: str,
    version: str,
    dependencies: Sequence[Dependency],
    locked: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Return the bill of a zip with that SHA-256; `locked` has the hashes for each name."""
    components = [_component(each, locked[each.name]) for each in dependencies]
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


def _component(dependency: Dependency, hashes: Sequence[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{dependency.name}@{dependency.version}"
    if licences.is_single(dependency.licence):
        licence: dict[str, Any] = {"license": {"id": dependency.licence}}
    else:
        licence = {"expression": dependency.licence}
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
    }
