"""The roles that workflows take for one stack, and what bounds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from infra.bootstrap import boundaries, sizes, trust
from infra.bootstrap.grants import KINDS, make

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from infra.bootstrap.grants import Grant
    from infra.bootstrap.scope import Scope


@dataclass(frozen=True, slots=True)
class StackRolesArgs:
    """`loaded` stacks have a role for load tests; the deploy role of `new` ones may make them."""

    scope: Scope
    repository: trust.Repository
    claims: trust.Claims
    loaded: bool
    new: bool


class StackRoles(pulumi.ComponentResource):
    """One role per GitHub environment of the stack; `arns` by the environment's name."""

    def __init__(self, name: str, args: StackRolesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("order-processing:bootstrap:StackRoles", name, None, opts)
        scope = args.scope
        execution = self._policy(scope.execution_boundary_name, boundaries.execution(scope))
        workflow = self._policy(scope.workflow_boundary_name, boundaries.workflow(scope))
        self.execution_boundary_arn = execution.arn
        self.arns = {
            github_environment(scope.stack, kind): self._role(args, kind, workflow)
            for kind in kinds(loaded=args.loaded)
        }
        self.register_outputs({})

    def _policy(self, name: str, policy: dict[str, Any]) -> aws.iam.Policy:
        return aws.iam.Policy(
            name,
            name=name,
            policy=pulumi.Output.json_dumps(policy),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(
        self, args: StackRolesArgs, kind: str, boundary: aws.iam.Policy
    ) -> pulumi.Output[str]:
        scope, child = args.scope, pulumi.ResourceOptions(parent=self)
        name = scope.workflow_role_name(kind)
        environment = github_environment(scope.stack, kind)
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
        for granted, grant in _granted(kind, new=args.new).items():
            for number, policy in enumerate(sizes.packed(grant(scope)), start=1):
                part = f"{scope.workflow_role_name(granted)}-{number}"
                arn = self._policy(part, policy).arn
                aws.iam.RolePolicyAttachment(part, role=role.name, policy_arn=arn, opts=child)
        return role.arn


def _granted(kind: str, *, new: bool) -> Mapping[str, Grant]:
    """What a role may do, by its policies' name: the kind's own, and what makes a new stack."""
    return {kind: KINDS[kind]} | ({"make": make} if new and kind == "deploy" else {})


def kinds(*, loaded: bool) -> Sequence[str]:
    """Name the kinds of workflow that a stack has."""
    return [kind for kind in KINDS if loaded or kind != "load"]


def github_environment(stack: str, kind: str) -> str:
    """Name the GitHub environment whose jobs take the role; the stack's own one deploys."""
    return stack if kind == "deploy" else f"{stack}-{kind}"
