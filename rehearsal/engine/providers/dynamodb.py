"""Tables."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

from rehearsal.engine.providers.base import Aws, Provider, stale_tags, tag_list

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef, TagTypeDef

    from rehearsal.engine.state import Properties


def _apply(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    name = inputs["name"]
    try:
        table = aws.dynamodb.describe_table(TableName=name)["Table"]
    except aws.dynamodb.exceptions.ResourceNotFoundException:
        table = _create(aws, inputs)
    else:
        _update(aws, inputs, before, table)
    recovery = bool((inputs.get("pointInTimeRecovery") or {}).get("enabled"))
    if recovery or before:
        aws.dynamodb.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery},
        )
    return {"id": name, "arn": table["TableArn"]}


def _create(aws: Aws, inputs: Properties) -> TableDescriptionTypeDef:
    request: dict[str, Any] = {
        "TableName": inputs["name"],
        "BillingMode": inputs["billingMode"],
        "KeySchema": [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in inputs["attributes"]
        ],
        "SSESpecification": {
            "Enabled": bool((inputs.get("serverSideEncryption") or {}).get("enabled"))
        },
        "DeletionProtectionEnabled": bool(inputs.get("deletionProtectionEnabled")),
        "Tags": tag_list(inputs),
    }
    table = aws.dynamodb.create_table(**request)["TableDescription"]
    waiter = aws.dynamodb.get_waiter("table_exists")
    waiter.wait(TableName=inputs["name"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return table


def _update(
    aws: Aws, inputs: Properties, before: Properties, table: TableDescriptionTypeDef
) -> None:
    protected = bool(inputs.get("deletionProtectionEnabled"))
    if protected != table.get("DeletionProtectionEnabled", False):
        aws.dynamodb.update_table(TableName=inputs["name"], DeletionProtectionEnabled=protected)
    tags = cast("list[TagTypeDef]", tag_list(inputs))
    if tags:
        aws.dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=tags)
    if stale := stale_tags(inputs, before):
        aws.dynamodb.untag_resource(ResourceArn=table["TableArn"], TagKeys=stale)


def _delete(aws: Aws, outputs: Properties) -> None:
    with contextlib.suppress(aws.dynamodb.exceptions.ResourceNotFoundException):
        aws.dynamodb.delete_table(TableName=outputs["id"])


TABLE = Provider(_apply, _delete, frozenset({"name", "hashKey", "attributes"}))
