"""What a deployment did to one resource, as pages and progress lines name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's change; `properties` are (before, after) by name, None where it is not."""

    operation: str
    type: str
    """The resource's type as Pulumi has it: `aws:lambda/function:Function`."""
    name: str
    properties: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """The resource as people call it: `Function processor`."""
        return f"{self.type.rpartition(':')[2]} {self.name}"

    def __str__(self) -> str:
        return f"{self.operation:<8}{self.resource}"
