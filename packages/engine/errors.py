"""Why a deployment stopped."""

from __future__ import annotations


class EngineError(Exception):
    """One sentence that says what stopped the deployment and, where known, what to do."""
