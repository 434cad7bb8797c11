"""Who may take a role: one GitHub environment of one repository, and nobody else.

A job gets such a subject only by naming the environment, so the environment's reviewers and branch
rules stand before the role (docs.github.com, "OpenID Connect reference").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""What `aws-actions/configure-aws-credentials` asks GitHub to write into the token."""

SubjectFormat = Literal["names", "ids", "both"]


@dataclass(frozen=True, slots=True)
class Repository:
    """A GitHub repository; the ids are decimal numbers, empty where the format needs none."""

    owner: str
    name: str
    owner_id: str
    repository_id: str
    format: SubjectFormat

    def subjects(self, environment: str) -> list[str]:
        """Return the `sub` of a job in that environment, in each trusted format.

        With ids the subject outlives a renaming by nobody: whoever takes over the freed name has
        other ids. Names alone do not have that property.
        """
        named = f"repo:{self.owner}/{self.name}:environment:{environment}"
        numbered = (
            f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.repository_id}"
            f":environment:{environment}"
        )
        return {"names": [named], "ids": [numbered], "both": [named, numbered]}[self.format]


def provider_arn(account_id: str) -> str:
    """Return the ARN of GitHub's identity provider: an account has at most one per issuer."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}"


def policy(account_id: str, repository: Repository, environment: str) -> dict[str, Any]:
    """Let jobs in that one environment take the role; both claims are compared, never matched."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn(account_id)},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{ISSUER}:aud": AUDIENCE,
                        f"{ISSUER}:sub": repository.subjects(environment),
                    }
                },
            }
        ],
    }
