"""JSON that others wrote."""

from __future__ import annotations

import json


def decoded(text: str | bytes) -> object:
    """What the JSON says; None for text that is none, or that nests deeper than Python reads."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found
