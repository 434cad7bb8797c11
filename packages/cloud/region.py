"""Which region is meant where a stack does not say: one variable, the same for every command."""

from __future__ import annotations

import os

VARIABLE = "AWS_REGION"
"""The one that AWS's own tools and containers set; botocore alone does not read it."""


def region() -> str | None:
    """What AWS_REGION says; None leaves it to botocore, which knows the person's settings."""
    return os.environ.get(VARIABLE) or None
