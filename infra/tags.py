"""The tags that every taggable resource carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.artifacts import Origin

# AWS takes Unicode letters, spaces and numbers and + - = . _ : / @ in a value, at most 256 of them
# (Tagging AWS Resources User Guide); `\w` is letters, numbers and the underscore.
_FORBIDDEN = re.compile(r"[^\w +\-=.:/@]")
_LONGEST = 256


def build(stack: str, created_at: str, origin: Origin) -> dict[str, str]:
    """Tags of a stack's resources; what the artifact's build did not know is `none`."""
    return {
        "Environment": stack,
        "Team": "OrderProcessing",
        "CostCenter": "Engineering",
        "Application": "OrderProcessingSystem",
        "ManagedBy": "Pulumi",
        "Repository": clean(origin.repository),
        "Author": clean(origin.author),
        "PRNumber": clean(origin.pull_request),
        "CreatedAt": created_at,
    }


def clean(value: str | None) -> str:
    """Make `value` one that AWS takes as a tag; an absent or empty one becomes `none`."""
    kept = _FORBIDDEN.sub(" ", value or "")
    return " ".join(kept.split())[:_LONGEST].strip() or "none"
