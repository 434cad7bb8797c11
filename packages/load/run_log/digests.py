"""Digests of contents: equal for equal JSON values, however these were written."""

from __future__ import annotations

import hashlib
import json

UNREADABLE = (ValueError, RecursionError)
"""What reading or writing JSON raises for a text or a value that Python cannot hold."""


def canonical(value: object) -> bytes:
    """Return JSON with sorted keys and no blanks, in UTF-8.

    Raises UNREADABLE for what that cannot hold: half a surrogate pair, values nested more deeply
    than Python follows.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_digest(value: object) -> str:
    """Return the SHA-256 (hex) of the canonical JSON. Raises UNREADABLE."""
    return hashlib.sha256(canonical(value)).hexdigest()
