"""Roles and what they may do."""

from __future__ import annotations

import json
from typing import Any

from engine.providers.aws import Aws, retried, unless_gone, wait
from engine.providers.base import Argument, Properties, Put, Resource
from engine.providers.values import (
    as_set,
    fresh_tags,
    json_text,
    stale_tags,
    tag_list,
    tag_map,
)

_GONE = "NoSuchEntity"
_PROPAGATION_SECONDS = 120
_NEW_PRINCIPAL = {"MalformedPolicyDocument": "Invalid principal in policy"}


class Role(Resource):
    """`aws_iam_role`: its reads are wide, for it lists what other resources attach to it."""

    type = "aws:iam/role:Role"
    title = "IAM Role"
    attributes = frozenset({"arn", "uniqueId", "createDate"})
    arguments = {
        "name": Argument(required=True, replaces=True),
        "path": Argument(default="/", replaces=True),
        "assumeRolePolicy": Argument(required=True, normal=json_text),
        "description": Argument(),
        "maxSessionDuration": Argument(default=3600),
        "permissionsBoundary": Argument(),
        "forceDetachPolicies": Argument(default=False, read=False, offered=False),
        "inlinePolicies": Argument(computed=True, normal=as_set, offered=False),
        "managedPolicyArns": Argument(computed=True, normal=as_set, offered=False),
        "tags": Argument(),
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        request: dict[str, Any] = {
            "RoleName": inputs["name"],
            "Path": inputs["path"],
            "AssumeRolePolicyDocument": inputs["assumeRolePolicy"],
            "MaxSessionDuration": inputs["maxSessionDuration"],
            "Tags": tag_list(inputs.get("tags")),
        }
        optional = {"Description": "description", "PermissionsBoundary": "permissionsBoundary"}
        request |= {api: inputs[key] for api, key in optional.items() if inputs.get(key)}
        passing = _NEW_PRINCIPAL | {"ConcurrentModification": ""}
        retried(lambda: aws.iam.create_role(**request), passing, _PROPAGATION_SECONDS)
        return str(inputs["name"])

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        """Reading a role that is not there yet is asked again."""
        wait(lambda: _role(aws, id_) is not None, f"IAM Role ({id_})", _PROPAGATION_SECONDS)

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        role = _role(aws, id_)
        if role is None:
            return None
        names = aws.iam.list_role_policies(RoleName=id_)["PolicyNames"]
        inline = {name: _inline(aws, id_, name) for name in names}
        attached = aws.iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]
        return {
            "name": role["RoleName"],
            "path": role["Path"],
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "description": role.get("Description"),
            "maxSessionDuration": role.get("MaxSessionDuration"),
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get(
                "PermissionsBoundaryArn"
            ),
            "inlinePolicies": [
                {"name": name, "policy": policy} for name, policy in sorted(inline.items())
            ],
            "managedPolicyArns": sorted(found["PolicyArn"] for found in attached),
            "tags": tag_map(role.get("Tags")),
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.iam.untag_role(RoleName=id_, TagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.iam.tag_role(RoleName=id_, Tags=tag_list(fresh))
        if "assumeRolePolicy" in changed:
            trust = inputs["assumeRolePolicy"]
            retried(
                lambda: aws.iam.update_assume_role_policy(RoleName=id_, PolicyDocument=trust),
                _NEW_PRINCIPAL,
                _PROPAGATION_SECONDS,
            )
        if "description" in changed:
            aws.iam.update_role_description(
                RoleName=id_, Description=inputs.get("description") or ""
            )
        if "maxSessionDuration" in changed:
            aws.iam.update_role(RoleName=id_, MaxSessionDuration=inputs["maxSessionDuration"])
        if "permissionsBoundary" in changed:
            _bound(aws, id_, inputs.get("permissionsBoundary"))

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: self._removed(aws, id_, state), _GONE)

    def _removed(self, aws: Aws, id_: str, state: Properties) -> None:
        profiles = aws.iam.list_instance_profiles_for_role(RoleName=id_)["InstanceProfiles"]
        for profile in profiles:
            aws.iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=id_
            )
        self._empty(aws, id_, state)
        passing = {"DeleteConflict": ""}
        retried(lambda: aws.iam.delete_role(RoleName=id_), passing, _PROPAGATION_SECONDS)

    @staticmethod
    def _empty(aws: Aws, id_: str, state: Properties) -> None:
        """Take off what a refresh found attached."""
        if state.get("managedPolicyArns"):
            for found in aws.iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]:
                aws.iam.detach_role_policy(RoleName=id_, PolicyArn=found["PolicyArn"])
        if state.get("inlinePolicies"):
            for name in aws.iam.list_role_policies(RoleName=id_)["PolicyNames"]:
                aws.iam.delete_role_policy(RoleName=id_, PolicyName=name)


class RolePolicy(Put):
    """`aws_iam_role_policy`: its id is `role:name`."""

    type = "aws:iam/rolePolicy:RolePolicy"
    title = "IAM Role Policy"
    attributes = frozenset()
    arguments = {
        "name": Argument(required=True, replaces=True),
        "role": Argument(required=True, replaces=True),
        "policy": Argument(required=True, normal=json_text),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Role and name."""
        return f"{inputs['role']}:{inputs['name']}"

    def _put(self, aws: Aws, inputs: Properties) -> None:
        aws.iam.put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        role, name = inputs["role"], inputs["name"]
        wait(
            lambda: _inline(aws, role, name) is not None,
            f"{self.title} ({id_})",
            _PROPAGATION_SECONDS,
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        role, _, name = id_.partition(":")
        policy = _inline(aws, role, name)
        return None if policy is None else {"role": role, "name": name, "policy": policy}

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        role, _, name = id_.partition(":")
        unless_gone(lambda: aws.iam.delete_role_policy(RoleName=role, PolicyName=name), _GONE)


class Attachment(Resource):
    """`aws_iam_role_policy_attachment`: its id is `role/policy's ARN`."""

    type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    title = "IAM Role Policy Attachment"
    name = "role"
    attributes = frozenset()
    arguments = {
        "role": Argument(required=True, replaces=True),
        "policyArn": Argument(required=True, replaces=True),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Role and policy."""
        return f"{inputs['role']}/{inputs['policyArn']}"

    def _create(self, aws: Aws, inputs: Properties) -> str:
        role, policy = inputs["role"], inputs["policyArn"]
        aws.iam.attach_role_policy(RoleName=role, PolicyArn=policy)
        return f"{role}/{policy}"

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        """An attachment that is not listed yet is asked for again."""
        wait(
            lambda: self._read(aws, id_, inputs) is not None,
            f"{self.title} ({id_})",
            _PROPAGATION_SECONDS,
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        role, _, policy = id_.partition("/")
        pages = aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = unless_gone(
            lambda: [each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]],
            _GONE,
        )
        return {"role": role, "policyArn": policy} if policy in (attached or ()) else None

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        role, _, policy = id_.partition("/")
        unless_gone(lambda: aws.iam.detach_role_policy(RoleName=role, PolicyArn=policy), _GONE)


def _role(aws: Aws, name: str) -> Any:
    return unless_gone(lambda: aws.iam.get_role(RoleName=name)["Role"], _GONE)


def _inline(aws: Aws, role: str, name: str) -> str | None:
    answer = unless_gone(lambda: aws.iam.get_role_policy(RoleName=role, PolicyName=name), _GONE)
    return json.dumps(answer["PolicyDocument"]) if answer else None


def _bound(aws: Aws, role: str, boundary: str | None) -> None:
    if boundary:
        aws.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    else:
        aws.iam.delete_role_permissions_boundary(RoleName=role)


KINDS = (Role(), RolePolicy(), Attachment())
