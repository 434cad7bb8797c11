"""Values as they are compared, and tags in the shapes of the services."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.state import Properties


def json_text(value: Any) -> Any:
    """Compare JSON by what it says; what is none, as it is."""
    with contextlib.suppress(TypeError, ValueError):
        return json.loads(value)
    return value


def as_set(value: Any) -> Any:
    """Compare a list without regard to its order."""
    return sorted(value or [], key=lambda item: json.dumps(item, sort_keys=True))


def stale_tags(state: Properties, inputs: Properties) -> list[str]:
    """Keys of tags that AWS has and the inputs do not."""
    return sorted(set(state.get("tags") or {}) - set(inputs.get("tags") or {}))


def fresh_tags(state: Properties, inputs: Properties) -> dict[str, str]:
    """Tags that the inputs have and AWS does not, or has otherwise."""
    held = state.get("tags") or {}
    return {key: v for key, v in (inputs.get("tags") or {}).items() if held.get(key) != v}


def tag_list(tags: Mapping[str, str] | None) -> list[Any]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tag_map(tags: Any) -> dict[str, str]:
    """Tags as most services answer them."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}
