"""The AWS provider: one class per resource type, over plain AWS APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.providers import (
    aliases,
    cloudwatch,
    dynamodb,
    explicit,
    functions,
    iam,
    identities,
    logs,
    s3,
    sqs,
)

if TYPE_CHECKING:
    from engine.providers.base import Resource

_MODULES = (iam, identities, logs, sqs, s3, dynamodb, functions, aliases, cloudwatch, explicit)
PROVIDERS: dict[str, Resource] = {kind.type: kind for module in _MODULES for kind in module.KINDS}
"""Resource types by Pulumi's token."""
