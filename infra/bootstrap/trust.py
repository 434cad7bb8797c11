"""Who may take a role: one GitHub environment of one repository, from main, and nobody else.

A job gets such a subject only by naming the environment, so the environment's reviewers and branch
rules stand before the role (docs.github.com, "OpenID Connect reference"). Whoever forgets a branch
rule is held by AWS all the same: since January 2026 STS compares further claims of GitHub's tokens
(AWS, "STS supports validation of identity provider claims").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""What `aws-actions/configure-aws-credentials` asks GitHub to write into the token."""
COMPARED = frozenset(
    {"aud", "sub", "ref", "environment", "job_workflow_ref", "workflow", "repository"}
    | {"repository_id", "actor", "actor_id", "enterprise_id"}
)
"""The claims of GitHub's tokens that STS compares (aws-actions/configure-aws-credentials):
a condition on any other fails for everybody."""

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


@dataclass(frozen=True, slots=True)
class Claims:
    """What else a token must say; an empty one is not compared.

    `ref` is that of the run, such as `refs/heads/main`; `workflow` the path of the file that
    releases, such as `.github/workflows/release.yml`.
    """

    ref: str
    workflow: str

    def conditions(self, repository: Repository, kind: str) -> dict[str, dict[str, str]]:
        """Return them for a kind of workflow, by operator.

        A preview runs on a pull request's own ref. What stands after the `@` of a workflow that is
        called by `$/` is not documented, so that part stays open.
        """
        found = {}
        if self.ref and kind != "preview":
            found["StringEquals"] = {f"{ISSUER}:ref": self.ref}
        if self.workflow and kind == "deploy":
            called = f"{repository.owner}/{repository.name}/{self.workflow}@*"
            found["StringLike"] = {f"{ISSUER}:job_workflow_ref": called}
        return found


def policy(
    account_id: str, repository: Repository, environment: str, further: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """Let jobs in that one environment take the role, under `further` conditions by operator."""
    compared = {
        f"{ISSUER}:aud": AUDIENCE,
        f"{ISSUER}:sub": repository.subjects(environment),
    }
    equal = {"StringEquals": {**compared, **further.get("StringEquals", {})}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn(account_id)},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {**further, **equal},
            }
        ],
    }
