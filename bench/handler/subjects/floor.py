"""The floor: what the runtime's client and the interpreter cost before any handler does a thing."""

from __future__ import annotations


def handler(_event: object, _context: object) -> dict[str, str]:
    """Do nothing."""
    return {}
