"""A stack's configuration as the Pulumi CLI would hand it to the program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """What of `Pulumi.yaml` and the stack file the program sees; config values are strings."""

    name: str
    stack: str
    program: Path
    config: Mapping[str, str]

    @property
    def region(self) -> str:
        """The region that the AWS provider is configured with."""
        if "aws:region" not in self.config:
            raise EngineError(f"Stack '{self.stack}' has no aws:region: add it to its stack file.")
        return self.config["aws:region"]


def load(root: Path, stack: str, overrides: Mapping[str, str]) -> Project:
    """Read `Pulumi.yaml` in `root` and the stack's file; raises EngineError.

    `overrides` win over the stack file, which wins over the schema's defaults; a key without a
    namespace belongs to the project.
    """
    document = _mapping(root / "Pulumi.yaml")
    name = str(document["name"])
    folder = root / str(document["stackConfigDir"])
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml")))
        raise EngineError(f"There is no stack '{stack}': choose one of {known}.")
    defaults = {
        key: declared["default"]
        for key, declared in document.get("config", {}).items()
        if "default" in declared
    }
    layers = (defaults, _mapping(file).get("config", {}), overrides)
    config = {_qualified(name, key): _text(v) for layer in layers for key, v in layer.items()}
    return Project(name, stack, root / str(document.get("main", ".")), config)


def _qualified(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise EngineError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise EngineError(f"{path} holds no settings.")
    return document
