"""The role that the function runs as."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.stack_file import PROJECT


@dataclass(frozen=True, slots=True)
class ExecutionRoleArgs:
    """ARNs of what the function may use; `log_group_arn` is without the trailing `:*`."""

    name: str
    table: policies.Table | None
    queue_arn: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    tags: dict[str, str]
    boundary_arn: str | None = None
    """The policy that bounds whatever the role is granted; none where the account has none."""


class ExecutionRole(pulumi.ComponentResource):
    """Least privilege; `arn` resolves before the grants, so depend on `grants` to use the role."""

    def __init__(
        self, name: str, args: ExecutionRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:ExecutionRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=args.name,
            assume_role_policy=pulumi.Output.json_dumps(policies.trust()),
            permissions_boundary=args.boundary_arn,
            tags=args.tags,
            opts=child,
        )
        log_arns = [args.log_group_arn, pulumi.Output.concat(args.log_group_arn, ":*")]
        document = policies.execution(args.table, args.queue_arn, log_arns)
        policy = aws.iam.RolePolicy(
            name,
            name=args.name,
            role=role.name,
            policy=pulumi.Output.json_dumps(document),
            opts=child,
        )
        xray = aws.iam.RolePolicyAttachment(
            f"{name}-xray", role=role.name, policy_arn=policies.XRAY_POLICY_ARN, opts=child
        )
        self.arn = role.arn
        self.grants: list[pulumi.Resource] = [policy, xray]
        self.register_outputs({"arn": self.arn})
