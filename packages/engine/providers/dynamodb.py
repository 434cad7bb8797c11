"""Tables."""

from __future__ import annotations

from typing import Any

from engine.providers.aws import Aws, retried, unless_gone, wait
from engine.providers.base import Argument, Properties, Resource
from engine.providers.values import as_set, fresh_tags, stale_tags, tag_list, tag_map

_GONE = "ResourceNotFoundException"
_WAIT_SECONDS = 1800
_WARM = {
    "readUnitsPerSecond": "ReadUnitsPerSecond",
    "writeUnitsPerSecond": "WriteUnitsPerSecond",
}
_SIMULTANEOUS = {"LimitExceededException": "simultaneously"}


def _in_force(ttl: Properties | None) -> Properties:
    """Where it is disabled AWS tells no attribute, and the provider passes over the difference."""
    return ttl if ttl and ttl.get("enabled") else {"enabled": False}


class Table(Resource):
    """`aws_dynamodb_table`, of those with a hash key alone and billed by request.

    The provider also asks KMS whether the key is AWS's own, and passes over any refusal; that call
    is not made here.
    """

    type = "aws:dynamodb/table:Table"
    title = "DynamoDB Table"
    arguments = {
        "name": Argument(required=True, replaces=True),
        "billingMode": Argument(default="PROVISIONED", only="PAY_PER_REQUEST"),
        "hashKey": Argument(required=True, replaces=True),
        "attributes": Argument(required=True, normal=as_set),
        "tableClass": Argument(default="STANDARD", only="STANDARD"),
        "serverSideEncryption": Argument(computed=True),
        "pointInTimeRecovery": Argument(computed=True),
        "ttl": Argument(computed=True, normal=_in_force),
        "warmThroughput": Argument(computed=True),
        "deletionProtectionEnabled": Argument(),
        "tags": Argument(),
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        request: dict[str, Any] = {
            "TableName": inputs["name"],
            "BillingMode": inputs["billingMode"],
            "KeySchema": [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
                for attribute in inputs["attributes"]
            ],
            "TableClass": inputs["tableClass"],
            "DeletionProtectionEnabled": bool(inputs.get("deletionProtectionEnabled")),
            "Tags": tag_list(inputs.get("tags")),
        }
        if "serverSideEncryption" in inputs:
            request["SSESpecification"] = {"Enabled": _enabled(inputs, "serverSideEncryption")}
        if "warmThroughput" in inputs:
            request["WarmThroughput"] = _warm(inputs["warmThroughput"])
        passing = _SIMULTANEOUS | {"ThrottlingException": ""}
        retried(lambda: aws.dynamodb.create_table(**request), passing, _WAIT_SECONDS)
        return str(inputs["name"])

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        _active(aws, id_)
        if _enabled(inputs, "ttl"):
            _expire(aws, id_, inputs["ttl"])
        if _enabled(inputs, "pointInTimeRecovery"):
            _back_up(aws, id_, enabled=True)

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        answer = unless_gone(lambda: aws.dynamodb.describe_table(TableName=id_), _GONE)
        if answer is None:
            return None
        table = answer["Table"]
        tags = aws.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])
        sse = table.get("SSEDescription", {}).get("Status")
        return {
            "name": table["TableName"],
            "arn": table["TableArn"],
            "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "hashKey": table["KeySchema"][0]["AttributeName"],
            "attributes": [
                {"name": found["AttributeName"], "type": found["AttributeType"]}
                for found in table["AttributeDefinitions"]
            ],
            "tableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
            "serverSideEncryption": {"enabled": sse == "ENABLED"},
            "pointInTimeRecovery": {"enabled": _recovery(aws, id_) == "ENABLED"},
            "ttl": _ttl(aws, id_),
            "warmThroughput": _held_warm(table, state),
            "deletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
            "tags": tag_map(tags.get("Tags")),
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.dynamodb.untag_resource(ResourceArn=state["arn"], TagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.dynamodb.tag_resource(ResourceArn=state["arn"], Tags=tag_list(fresh))
        if "deletionProtectionEnabled" in changed:
            _set(aws, id_, DeletionProtectionEnabled=bool(inputs.get("deletionProtectionEnabled")))
        if "warmThroughput" in changed:
            _set(aws, id_, WarmThroughput=_warm(inputs["warmThroughput"]))
        if "serverSideEncryption" in changed:
            _set(aws, id_, SSESpecification={"Enabled": _enabled(inputs, "serverSideEncryption")})
        if "ttl" in changed:
            _expire(aws, id_, inputs["ttl"])
        if "pointInTimeRecovery" in changed:
            _back_up(aws, id_, enabled=_enabled(inputs, "pointInTimeRecovery"))

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        passing = _SIMULTANEOUS | {"ResourceInUseException": ""}
        unless_gone(
            lambda: retried(lambda: aws.dynamodb.delete_table(TableName=id_), passing, 600), _GONE
        )
        wait(lambda: _status(aws, id_) is None, f"DynamoDB Table ({id_}) delete", 600)


def _warm(throughput: Properties) -> Any:
    return {api: throughput[key] for key, api in _WARM.items() if key in throughput}


def _held_warm(table: Any, state: Properties) -> Properties:
    """Of what AWS keeps warm, that which was asked for: the rest grows by itself.

    The storage emulator keeps none and answers 0, which AWS never does.
    """
    asked = state.get("warmThroughput") or {}
    held = table.get("WarmThroughput") or {}
    return {key: held.get(api) or asked[key] for key, api in _WARM.items() if asked.get(key)}


def _enabled(inputs: Properties, key: str) -> bool:
    return bool((inputs.get(key) or {}).get("enabled"))


def _status(aws: Aws, name: str) -> str | None:
    answer = unless_gone(lambda: aws.dynamodb.describe_table(TableName=name), _GONE)
    return answer["Table"]["TableStatus"] if answer else None


def _set(aws: Aws, name: str, **what: Any) -> None:
    aws.dynamodb.update_table(TableName=name, **what)
    _active(aws, name)


def _active(aws: Aws, name: str) -> None:
    wait(lambda: _status(aws, name) == "ACTIVE", f"DynamoDB Table ({name})", _WAIT_SECONDS)


def _recovery(aws: Aws, name: str) -> str:
    answer: Any = unless_gone(
        lambda: aws.dynamodb.describe_continuous_backups(TableName=name),
        *("UnknownOperationException", "TableNotFoundException"),
    )
    found = (answer or {}).get("ContinuousBackupsDescription", {})
    recovery = found.get("PointInTimeRecoveryDescription", {})
    return str(recovery.get("PointInTimeRecoveryStatus", "DISABLED"))


def _back_up(aws: Aws, name: str, *, enabled: bool) -> None:
    specification: Any = {"PointInTimeRecoveryEnabled": enabled}
    retried(
        lambda: aws.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=specification
        ),
        {"ContinuousBackupsUnavailableException": "Backups are being enabled"},
        seconds=1200,
    )
    wanted = "ENABLED" if enabled else "DISABLED"
    wait(lambda: _recovery(aws, name) == wanted, f"{name}: point-in-time recovery", _WAIT_SECONDS)


def _ttl(aws: Aws, name: str) -> Properties:
    found = aws.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    enabled = found.get("TimeToLiveStatus") == "ENABLED"
    held: Properties = {"enabled": enabled}
    return held | ({"attributeName": found["AttributeName"]} if enabled else {})


def _expire(aws: Aws, name: str, ttl: Properties) -> None:
    specification: Any = {"Enabled": ttl["enabled"], "AttributeName": ttl["attributeName"]}
    aws.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    wait(
        lambda: _ttl(aws, name)["enabled"] == ttl["enabled"],
        f"{name}: time to live",
        _WAIT_SECONDS,
    )


KINDS = (Table(),)
