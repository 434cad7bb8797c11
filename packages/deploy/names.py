"""How AWS's provider identifies a resource of either program, found out by the resource's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Inputs = Mapping[str, Any]


def _named(key: str) -> Callable[[Inputs, str], str | None]:
    return lambda inputs, _region: str(inputs[key])


def _joined(*keys: str, by: str) -> Callable[[Inputs, str], str | None]:
    return lambda inputs, _region: by.join(str(inputs[key]) for key in keys)


def _queue(inputs: Inputs, region: str) -> str | None:
    sqs = boto3.client("sqs", region_name=region)
    try:
        return sqs.get_queue_url(QueueName=inputs["name"])["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return None


def _alias(inputs: Inputs, region: str) -> str | None:
    client = boto3.client("lambda", region_name=region)
    try:
        found = client.get_alias(FunctionName=inputs["functionName"], Name=inputs["name"])
        return found["AliasArn"]
    except client.exceptions.ResourceNotFoundException:
        return None


def _policy(inputs: Inputs, region: str) -> str | None:
    iam = boto3.client("iam", region_name=region)
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    found = [policy for page in pages for policy in page["Policies"]]
    return next((each["Arn"] for each in found if each["PolicyName"] == inputs["name"]), None)


def _identity_provider(inputs: Inputs, region: str) -> str | None:
    iam = boto3.client("iam", region_name=region)
    found = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    end = f":oidc-provider/{inputs['url'].removeprefix('https://')}"
    return next((each["Arn"] for each in found if each["Arn"].endswith(end)), None)


_ENCRYPTION = "ServerSideEncryptionConfiguration"
_IDS: dict[str, Callable[[Inputs, str], str | None]] = {
    "aws:iam/role:Role": _named("name"),
    "aws:iam/rolePolicy:RolePolicy": _joined("role", "name", by=":"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _joined("role", "policyArn", by="/"),
    "aws:cloudwatch/logGroup:LogGroup": _named("name"),
    "aws:sqs/queue:Queue": _queue,
    "aws:dynamodb/table:Table": _named("name"),
    "aws:lambda/function:Function": _named("name"),
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _joined(
        "functionName", "qualifier", by=":"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("name"),
    "aws:cloudwatch/dashboard:Dashboard": _named("dashboardName"),
    # infra/bootstrap's own
    "aws:iam/policy:Policy": _policy,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _identity_provider,
    "aws:s3/bucketObjectv2:BucketObjectv2": _joined("bucket", "key", by="/"),
    **dict.fromkeys(
        (
            "aws:s3/bucket:Bucket",
            "aws:s3/bucketVersioning:BucketVersioning",
            f"aws:s3/bucket{_ENCRYPTION}:Bucket{_ENCRYPTION}",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketPolicy:BucketPolicy",
        ),
        _named("bucket"),
    ),
}


def known(type_: str) -> bool:
    """Whether a resource of this type can be found by its name."""
    return type_ in _IDS


def find(type_: str, inputs: Inputs, region: str) -> str | None:
    """Return the id under which the provider reads it; None where AWS has no such resource.

    An id of some types is made of names alone: whether AWS has the resource, reading it shows.
    """
    return _IDS[type_](inputs, region)
