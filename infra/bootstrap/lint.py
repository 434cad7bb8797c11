"""`python -m infra.bootstrap.lint`: every policy of the project, judged by parliament.

Actions must exist and fit their resources, conditions their actions. Status 1 where something is
found that is not among what the documents are right about.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

from console import closed_output

from infra import policies
from infra.bootstrap import boundaries, grants, state_bucket, trust
from infra.bootstrap.scope import Scope
from infra.bootstrap.statements import document

with warnings.catch_warnings():
    # parliament reads its version through a deprecated part of setuptools.
    warnings.simplefilter("ignore")
    from parliament import analyze_policy_string  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ROLE = "arn:aws:iam::123456789012:role/any"
_SCOPE = Scope("123456789012", "us-east-1", "dev")
_REPOSITORY = trust.Repository("owner", "name", "1", "2", "both")
_CLAIMS = trust.Claims("refs/heads/main", ".github/workflows/release.yml")


def main() -> int:
    """Print each finding after its policy's name; 1 where there is one."""
    found = [line for name, policy in written().items() for line in findings(name, policy)]
    for line in found:
        print(line)
    return 1 if found else 0


def written(scope: Scope = _SCOPE) -> Mapping[str, dict[str, Any]]:
    """Return every policy of a stack and its account by name."""
    granted = {kind: document(grant(scope)) for kind, grant in grants.KINDS.items()}
    trusted = {
        f"trust-{kind}": trust.policy(
            scope.account_id, _REPOSITORY, kind, _CLAIMS.conditions(_REPOSITORY, kind)
        )
        for kind in grants.KINDS
    }
    return {
        **granted,
        "make": document(grants.make(scope)),
        "execution": boundaries.execution(scope),
        "ceiling": boundaries.workflow(scope),
        **trusted,
        "trust-function": policies.trust(),
        **{f"function-{name}": each for name, each in boundaries.functions(scope).items()},
        "state": state_bucket.tls_only(scope.state_bucket),
    }


def findings(name: str, policy: dict[str, Any]) -> Iterator[str]:
    """Yield what parliament finds, and the documents are not right about."""
    # Who may take a role is said without a resource, which parliament does not know.
    judged = document(
        [
            each if "NotResource" in each else {"Resource": _ROLE} | each
            for each in policy["Statement"]
        ]
    )
    for found in analyze_policy_string(json.dumps(judged)).findings:
        if not _right(name, found):
            yield f"{name}: {found.issue}: {found.detail}"


def _right(name: str, finding: Any) -> bool:
    """Whether the document is right, and the linter's data old or its rule another.

    `iam:PermissionsBoundary` takes string operators, as IAM's own documentation has it; a log
    group's listing is checked against log groups; a ceiling's `service:*` holds actions that have
    no such resource; GitHub is a provider that STS knows, with its claims.
    """
    if finding.issue == "RESOURCE_MISMATCH":
        asked = [detail["action"] for detail in finding.detail]
        return name == "ceiling" or asked == ["logs:DescribeLogGroups"]
    if finding.issue == "UNKNOWN_FEDERATION_SOURCE":
        return bool(finding.detail == trust.provider_arn(_SCOPE.account_id))
    if finding.issue == "UNKNOWN_CONDITION_FOR_ACTION":
        return any(f" {trust.ISSUER}:{claim} " in finding.detail for claim in trust.COMPARED)
    return bool(finding.issue == "MISMATCHED_TYPE_BUT_USABLE")


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
