"""The bill of materials: what CycloneDX 1.5 asks of it, and that it tells the truth."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from console.errors import UsageError
from service.declaration import load

from artifact import dependencies, licences, manifest, sbom

if TYPE_CHECKING:
    from pathlib import Path

    from artifact.tests.conftest import Artifact

SERVICE = load("order_processor")
HASH_LENGTHS = {"SHA-256": 64}


@pytest.fixture(scope="module")
def bill(artifact: Artifact) -> dict[str, Any]:
    """The bill as it lies beside the zip."""
    read: dict[str, Any] = json.loads((artifact.out / "order_processor.cdx.json").read_bytes())
    return read


def _only(members: dict[str, Any], required: set[str], optional: set[str]) -> None:
    assert required <= members.keys() <= required | optional


def test_keeps_the_rules_of_the_specification(bill: dict[str, Any]) -> None:
    """Members, forms and references as https://cyclonedx.org/docs/1.5/json/ has them.

    The specification allows no member that it does not know.
    """
    _only(
        bill,
        {"bomFormat", "specVersion"},
        {"$schema", "serialNumber", "version", "metadata", "components", "dependencies"},
    )
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["$schema"] == "http://cyclonedx.org/schema/bom-1.5.schema.json"
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", bill["serialNumber"]
    )
    assert type(bill["version"]) is int
    assert bill["version"] >= 1
    _only(bill["metadata"], set(), {"lifecycles", "component"})
    assert bill["metadata"]["lifecycles"] == [{"phase": "build"}]
    components = [bill["metadata"]["component"], *bill["components"]]
    for component in components:
        _check_component(component)
    references = [component["bom-ref"] for component in components]
    assert len(set(references)) == len(references)
    for dependency in bill["dependencies"]:
        _only(dependency, {"ref"}, {"dependsOn"})
        assert {dependency["ref"], *dependency["dependsOn"]} <= set(references)
        assert len(set(dependency["dependsOn"])) == len(dependency["dependsOn"])


def _check_component(component: dict[str, Any]) -> None:
    _only(
        component,
        {"type", "name"},
        {"bom-ref", "version", "purl", "licenses", "hashes", "externalReferences", "components"},
    )
    assert component["type"] in {"application", "library"}
    assert component["name"]
    assert component["bom-ref"]
    for choice in component.get("licenses", []):
        # Either licences or exactly one expression.
        assert choice.keys() in ({"license"}, {"expression"})
        if "license" in choice:
            assert licences.is_single(choice["license"]["id"])
    hashes = list(component.get("hashes", []))
    for reference in component.get("externalReferences", []):
        _only(reference, {"url", "type"}, {"comment", "hashes"})
        assert reference["type"] == "distribution"
        hashes += reference["hashes"]
    assert hashes
    for each in hashes:
        assert each.keys() == {"alg", "content"}
        assert re.fullmatch(f"[0-9a-f]{{{HASH_LENGTHS[each['alg']]}}}", each["content"])


def test_has_a_component_for_every_dependency_in_the_zip(
    bill: dict[str, Any], artifact: Artifact
) -> None:
    """Name, version, licence, package URL and the lock's hashes; the zip by its own hash."""
    lock = SERVICE.lock.read_text(encoding="utf-8")
    assert [(each["name"], each["version"]) for each in bill["components"]] == [
        (each["name"], each["version"]) for each in artifact.manifest["dependencies"]
    ]
    installed = {path.name.split("-")[0] for path in artifact.unpacked.glob("*.dist-info")}
    assert {each["name"].replace("-", "_") for each in bill["components"]} == installed
    for each, stated in zip(bill["components"], artifact.manifest["dependencies"], strict=True):
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        (choice,) = each["licenses"]
        assert stated["licence"] in (choice.get("expression"), choice.get("license", {}).get("id"))
        entry = re.search(
            rf"^{each['name']}=={each['version']}\b(.*\n(?:    .*\n)+)", lock, re.MULTILINE
        )
        assert entry
        (reference,) = each["externalReferences"]
        found = {value["content"] for value in reference["hashes"]}
        assert found == set(re.findall("sha256:([0-9a-f]{64})", entry[1]))
    (own,) = bill["metadata"]["component"]["hashes"]
    assert own["content"] == artifact.manifest["sha256"]


def test_names_what_is_vendored(bill: dict[str, Any]) -> None:
    """Copies of libraries inside others: a scanner that knows only the lock would miss them."""
    (botocore,) = (each for each in bill["components"] if each["name"] == "botocore")
    found = {each["name"]: each.get("version") for each in botocore["components"]}
    assert found == {"six": "1.16.0", "requests": None, "urllib3": None}


def test_finds_vendored_copies_by_their_folder() -> None:
    """A module, a package with its version, a package below another; nothing else."""
    files = {
        "a/_vendor/__init__.py": b"",
        "a/_vendor/one.py": b"__version__ = '1.0'\n",
        "a/_vendor/two/__init__.py": b'__version__ = "2.0"\n',
        "a/_vendor/two/deep/x.py": b"",
        "a/packages/three/y.py": b"",
        "a/ordinary/four.py": b"",
    }
    assert sbom.vendored(files) == {
        "a": [
            sbom.Vendored("one", "a/_vendor/one", "1.0"),
            sbom.Vendored("two", "a/_vendor/two", "2.0"),
            sbom.Vendored("three", "a/packages/three", None),
        ]
    }


def test_another_zip_has_another_serial_number() -> None:
    """And the same zip the same: it follows from the bytes, not from the time."""
    one, same, other = (sbom.describe(SERVICE, text, "1", [], {}, {}) for text in ("a", "a", "b"))
    assert one["serialNumber"] == same["serialNumber"] != other["serialNumber"]


def test_a_bill_of_another_zip_is_found(artifact: Artifact, tmp_path: Path) -> None:
    """Even where the manifest was made to name it."""
    (tmp_path / "order_processor.zip").write_bytes(artifact.zip.read_bytes())
    bill = sbom.serialise(sbom.describe(SERVICE, "0" * 64, "1", [], {}, {}))
    (tmp_path / sbom.name(SERVICE)).write_bytes(bill)
    stated = artifact.manifest | {
        "contract": None,
        "sbom": {"path": sbom.name(SERVICE), "sha256": manifest.sha256(bill)},
    }
    assert manifest.differences(stated, tmp_path / "order_processor.zip") == [
        "The bill of materials is that of another zip."
    ]


@pytest.mark.parametrize(
    ("name", "declared", "expected"),
    [
        ("a", "MIT", "MIT"),
        ("a", "Apache License 2.0", "Apache-2.0"),
        ("a", "MIT License\n\nCopyright ...", "MIT"),
        ("a", "(MIT OR Apache-2.0) AND PSF-2.0", "(MIT OR Apache-2.0) AND PSF-2.0"),
        ("aws-lambda-powertools", "MIT", "MIT-0"),
    ],
)
def test_licences_become_spdx_expressions(name: str, declared: str, expected: str) -> None:
    """In whatever words a distribution declares them."""
    assert licences.expression(name, declared) == expected


@pytest.mark.parametrize(
    "declared", [None, "", "UNKNOWN", "Dual License", "GPL-3.0-only", "MIT OR", "MIT BSD-3-Clause"]
)
def test_a_licence_nobody_has_looked_at_stops_the_build(declared: str | None) -> None:
    """The sentence names the distribution and the place to add it."""
    with pytest.raises(UsageError, match=r"licence of newcomer .* packages/artifact/licences\.py"):
        licences.expression("newcomer", declared)


def test_every_dependency_is_listed_with_a_known_licence(tmp_path: Path) -> None:
    """Older and newer metadata say it in different fields."""
    for name, field in (("old", "License: Apache License 2.0"), ("new", "License-Expression: MIT")):
        directory = tmp_path / f"{name}-1.dist-info"
        directory.mkdir()
        (directory / "METADATA").write_text(f"Name: {name}\nVersion: 1\n{field}\n")
    assert [(each.name, each.licence) for each in dependencies.listed(tmp_path)] == [
        ("new", "MIT"),
        ("old", "Apache-2.0"),
    ]
