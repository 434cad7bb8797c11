"""Roles and what they may do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from rehearsal.engine.providers.base import Aws, Provider, stale_tags, tag_list

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import TagTypeDef

    from rehearsal.engine.state import Properties


def _apply_role(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    name, trust = inputs["name"], inputs["assumeRolePolicy"]
    boundary = inputs.get("permissionsBoundary")
    tags = cast("list[TagTypeDef]", tag_list(inputs))
    try:
        role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)["Role"]
    except aws.iam.exceptions.EntityAlreadyExistsException:
        role = aws.iam.get_role(RoleName=name)["Role"]
        aws.iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        aws.iam.tag_role(RoleName=name, Tags=tags)
        if stale := stale_tags(inputs, before):
            aws.iam.untag_role(RoleName=name, TagKeys=stale)
    if boundary:
        aws.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    elif before.get("permissionsBoundary"):
        aws.iam.delete_role_permissions_boundary(RoleName=name)
    return {"id": name, "arn": role["Arn"], "uniqueId": role["RoleId"]}


def _delete_role(aws: Aws, outputs: Properties) -> None:
    with contextlib.suppress(aws.iam.exceptions.NoSuchEntityException):
        aws.iam.delete_role(RoleName=outputs["id"])


def _apply_policy(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    del before
    role, name = inputs["role"], inputs["name"]
    aws.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs["policy"])
    return {"id": f"{role}:{name}"}


def _delete_policy(aws: Aws, outputs: Properties) -> None:
    role, _, name = outputs["id"].partition(":")
    with contextlib.suppress(aws.iam.exceptions.NoSuchEntityException):
        aws.iam.delete_role_policy(RoleName=role, PolicyName=name)


def _apply_attachment(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    del before
    aws.iam.attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return {"id": f"{inputs['role']}/{inputs['policyArn']}"}


def _delete_attachment(aws: Aws, outputs: Properties) -> None:
    role, _, policy_arn = outputs["id"].partition("/")
    with contextlib.suppress(aws.iam.exceptions.NoSuchEntityException):
        aws.iam.detach_role_policy(RoleName=role, PolicyArn=policy_arn)


ROLE = Provider(_apply_role, _delete_role)
ROLE_POLICY = Provider(_apply_policy, _delete_policy, frozenset({"name", "role"}))
ATTACHMENT = Provider(_apply_attachment, _delete_attachment, frozenset({"role", "policyArn"}))
