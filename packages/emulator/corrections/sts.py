"""STS: a web identity is judged by every claim that AWS compares, not by two of them.

Source: IAM User Guide, "Available keys for AWS OIDC federation" (GitHub's claims, January 2026).
"""

from __future__ import annotations

import base64
import importlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.clock import Clock
    from emulator.corrections.serving import Serve

COMPARED = frozenset(
    {"aud", "sub", "ref", "environment", "job_workflow_ref", "workflow", "repository"}
    | {"repository_id", "actor", "actor_id", "enterprise_id"}
)
"""Of a token of GitHub's; a condition on any other fails for everybody."""


def corrected(serve: Serve, _: Clock) -> Serve:
    """STS with the condition keys of a token as AWS has them."""
    sts: Any = importlib.import_module("ministack.services.sts")  # it has no types
    named = sts._web_identity_principal  # noqa: SLF001 - the one place that reads a token

    def principal(token: str, provider: str, role_arn: str) -> tuple[str, dict[str, Any]]:
        found, keys = named(token, provider, role_arn)
        issuer = found.rpartition("oidc-provider/")[2]
        return found, {**keys, **_keys(token, issuer)}

    sts._web_identity_principal = principal  # noqa: SLF001
    return serve


def _keys(token: str, issuer: str) -> dict[str, Any]:
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return {f"{issuer}:{name}": claims[name] for name in COMPARED & claims.keys()}
    except (IndexError, ValueError, AttributeError):
        return {}  # no token: the subject and the audience are missing too
