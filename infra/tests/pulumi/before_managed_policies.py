"""The account's program as it was when a role's rights were inline policies; deploys it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "packages")]

import pulumi  # noqa: E402
import pulumi_aws as aws  # noqa: E402

from infra.bootstrap import program, stack_roles, trust  # noqa: E402
from infra.bootstrap.grants import KINDS, make  # noqa: E402
from infra.bootstrap.statements import document  # noqa: E402

if TYPE_CHECKING:
    from infra.bootstrap.stack_roles import StackRoles, StackRolesArgs


def _role(
    self: "StackRoles", args: "StackRolesArgs", kind: str, boundary: aws.iam.Policy
) -> pulumi.Output[str]:
    scope, child = args.scope, pulumi.ResourceOptions(parent=self)
    name = scope.workflow_role_name(kind)
    environment = stack_roles.github_environment(scope.stack, kind)
    further = args.claims.conditions(args.repository, kind)
    trusted = trust.policy(scope.account_id, args.repository, environment, further)
    role = aws.iam.Role(
        name,
        name=name,
        description=f"Taken by jobs of the GitHub environment {environment}",
        assume_role_policy=pulumi.Output.json_dumps(trusted),
        permissions_boundary=boundary.arn,
        opts=child,
    )
    granted: dict[str, Any] = {name: (kind, KINDS[kind])}
    if args.new and kind == "deploy":
        granted[f"{name}-make"] = ("make", make)
    for resource, (policy, grant) in granted.items():
        aws.iam.RolePolicy(
            resource,
            name=policy,
            role=role.name,
            policy=pulumi.Output.json_dumps(document(grant(scope))),
            opts=child,
        )
    return role.arn


if __name__ == "__main__":
    stack_roles.StackRoles._role = _role  # type: ignore[method-assign]
    program.deploy()
