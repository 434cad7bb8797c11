"""Managed policies, and the identity providers whose tokens IAM takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from engine.providers.aws import Aws, unless_gone
from engine.providers.base import Argument, Properties, Resource, worded
from engine.providers.values import as_set, json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_GONE = "NoSuchEntity"
_VERSIONS = 5
"""So many versions of a policy AWS keeps: the oldest must go before the next."""


class Policy(Resource):
    """`aws_iam_policy`: its id is its ARN; a change is a new version."""

    type = "aws:iam/policy:Policy"
    title = "IAM Policy"
    attributes = frozenset({"arn", "policyId"})
    arguments = {
        "name": Argument(required=True, replaces=True),
        "path": Argument(default="/", replaces=True),
        "description": Argument(replaces=True),
        "policy": Argument(required=True, normal=json_text),
        "tags": Argument(offered=False),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Look for the ARN by the name, which is the account's alone."""
        with worded(f"reading {self.title} ({inputs['name']})"):
            pages = aws.iam.get_paginator("list_policies").paginate(Scope="Local")
            found = [policy for page in pages for policy in page["Policies"]]
        return next((each["Arn"] for each in found if each["PolicyName"] == inputs["name"]), None)

    def _create(self, aws: Aws, inputs: Properties) -> str:
        more: Any = {"Description": inputs["description"]} if inputs.get("description") else {}
        return aws.iam.create_policy(
            PolicyName=inputs["name"], Path=inputs["path"], PolicyDocument=inputs["policy"], **more
        )["Policy"]["Arn"]

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        found = unless_gone(lambda: aws.iam.get_policy(PolicyArn=id_)["Policy"], _GONE)
        if found is None:
            return None
        version = aws.iam.get_policy_version(PolicyArn=id_, VersionId=found["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        return {
            "name": found["PolicyName"],
            "path": found["Path"],
            "arn": found["Arn"],
            "policyId": found["PolicyId"],
            "description": found.get("Description"),
            "policy": unquote(document) if isinstance(document, str) else json.dumps(document),
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if "policy" not in changed:
            return
        former = _former(aws, id_)
        if len(former) + 1 >= _VERSIONS:
            aws.iam.delete_policy_version(PolicyArn=id_, VersionId=former[-1])
        aws.iam.create_policy_version(
            PolicyArn=id_, PolicyDocument=inputs["policy"], SetAsDefault=True
        )

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: self._removed(aws, id_), _GONE)

    @staticmethod
    def _removed(aws: Aws, id_: str) -> None:
        for version in _former(aws, id_):
            aws.iam.delete_policy_version(PolicyArn=id_, VersionId=version)
        aws.iam.delete_policy(PolicyArn=id_)


def _former(aws: Aws, arn: str) -> Sequence[str]:
    """The versions that are not in force, the oldest last."""
    versions = aws.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    dated = sorted(versions, key=lambda each: each["CreateDate"], reverse=True)
    return [each["VersionId"] for each in dated if not each["IsDefaultVersion"]]


def _bare(url: Any) -> Any:
    """AWS tells the URL without its scheme."""
    return url.removeprefix("https://") if isinstance(url, str) else url


class OpenIdConnectProvider(Resource):
    """`aws_iam_openid_connect_provider`: its id is its ARN."""

    type = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    title = "IAM OIDC Provider"
    name = "url"
    arguments = {
        "url": Argument(required=True, replaces=True, normal=_bare),
        "clientIdLists": Argument(required=True, normal=as_set),
        "thumbprintLists": Argument(computed=True, offered=False),
        "tags": Argument(offered=False),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Look for the ARN, which ends with the URL."""
        with worded(f"reading {self.title} ({inputs['url']})"):
            found = aws.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        end = f":oidc-provider/{_bare(inputs['url'])}"
        return next((each["Arn"] for each in found if each["Arn"].endswith(end)), None)

    def _create(self, aws: Aws, inputs: Properties) -> str:
        return aws.iam.create_open_id_connect_provider(
            Url=inputs["url"], ClientIDList=inputs["clientIdLists"]
        )["OpenIDConnectProviderArn"]

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        found = unless_gone(
            lambda: aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=id_), _GONE
        )
        if found is None:
            return None
        return {
            "arn": id_,
            "url": found["Url"],
            "clientIdLists": found["ClientIDList"],
            "thumbprintLists": found.get("ThumbprintList") or [],
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        held, wanted = set(state["clientIdLists"]), set(inputs["clientIdLists"])
        for client in sorted(wanted - held):
            aws.iam.add_client_id_to_open_id_connect_provider(
                OpenIDConnectProviderArn=id_, ClientID=client
            )
        for client in sorted(held - wanted):
            aws.iam.remove_client_id_from_open_id_connect_provider(
                OpenIDConnectProviderArn=id_, ClientID=client
            )

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(
            lambda: aws.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=id_), _GONE
        )


KINDS = (Policy(), OpenIdConnectProvider())
