"""The account, put together: the state's bucket, GitHub's identity, the workflows' roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws
from console.errors import UsageError

from infra.bootstrap import settings, sizes, trust
from infra.bootstrap.scope import Scope, state_bucket_name
from infra.bootstrap.stack_roles import StackRoles, StackRolesArgs
from infra.bootstrap.state_bucket import StateBucket

if TYPE_CHECKING:
    from infra.bootstrap.settings import Settings


def deploy() -> None:
    """Register everything; raises pulumi.RunError with one sentence where refused."""
    try:
        configured = settings.load()
        for stack in configured.stacks:
            sizes.check(_scope(configured, stack), new=stack in configured.new_stacks)
    except UsageError as error:
        raise pulumi.RunError(str(error)) from None
    for key, value in _resources(configured).items():
        pulumi.export(key, value)


def _resources(configured: Settings) -> dict[str, pulumi.Input[Any]]:
    """Return what a person puts into GitHub and into the stacks' files."""
    account = aws.Provider(
        "account", region=configured.region, allowed_account_ids=[configured.account_id]
    )
    options = pulumi.ResourceOptions(provider=account)
    bucket = state_bucket_name(configured.account_id, configured.region)
    StateBucket("state", bucket, configured.stacks, pulumi.ResourceOptions(providers=[account]))
    needed: list[pulumi.Resource] = []
    if configured.create_provider:
        needed = [_github(options)]
    environments: dict[str, Any] = {}
    boundaries: dict[str, Any] = {}
    for stack in configured.stacks:
        roles = _roles(configured, stack, account, needed)
        boundaries[stack] = roles.execution_boundary_arn
        for environment, arn in roles.arns.items():
            environments[environment] = {
                "AWS_ROLE_ARN": arn,
                "AWS_REGION": configured.region,
                "PULUMI_BACKEND_URL": f"s3://{bucket}/{stack}?region={configured.region}",
            }
    return {"githubEnvironments": environments, "permissionsBoundaryArns": boundaries}


def _github(options: pulumi.ResourceOptions) -> aws.iam.OpenIdConnectProvider:
    # Without thumbprints: AWS trusts GitHub's certificates by their authority.
    return aws.iam.OpenIdConnectProvider(
        "github", url=f"https://{trust.ISSUER}", client_id_lists=[trust.AUDIENCE], opts=options
    )


def _roles(
    configured: Settings, stack: str, account: aws.Provider, needed: list[pulumi.Resource]
) -> StackRoles:
    args = StackRolesArgs(
        _scope(configured, stack),
        configured.repository,
        configured.claims,
        loaded=stack in configured.load_stacks,
        new=stack in configured.new_stacks,
    )
    options = pulumi.ResourceOptions(providers=[account], depends_on=needed)
    return StackRoles(stack, args, options)


def _scope(configured: Settings, stack: str) -> Scope:
    return Scope(configured.account_id, configured.region, stack)
