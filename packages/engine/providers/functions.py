"""Lambda functions, in the order of calls of the AWS provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from engine.providers.aws import Aws, WaitError, retried, unless_gone, wait
from engine.providers.base import Argument, Properties, Resource
from engine.providers.function_shapes import CONFIGURATION, applied, held, sent
from engine.providers.values import as_set, fresh_tags, stale_tags

if TYPE_CHECKING:
    from collections.abc import Collection

_GONE = "ResourceNotFoundException"
_WAIT_SECONDS = 600
_ROLE_SECONDS = 900
# A role or grant that AWS has not spread yet; the three texts differ, and one code has one here.
_NOT_SPREAD = (
    "The role defined for the function cannot be assumed by Lambda",
    "The provided execution role does not have permissions",
    "throttled by EC2",
    "the KMS key is invalid for CreateGrant",
)
_CODE = frozenset({"code", "codeSha256", "sourceCodeHash", "architectures"})


def _hash(archive: Any) -> Any:
    """An archive is what it holds, wherever it lies."""
    return archive.get("hash") if isinstance(archive, dict) else archive


class Function(Resource):
    """`aws_lambda_function` of a zip, published with `publish`."""

    type = "aws:lambda/function:Function"
    title = "Lambda Function"
    attributes = frozenset({"arn", "version", "qualifiedArn", "lastModified", "sourceCodeSize"})
    arguments = {
        "name": Argument(required=True, replaces=True),
        "role": Argument(required=True),
        "packageType": Argument(default="Zip", only="Zip", replaces=True),
        "runtime": Argument(required=True),
        "handler": Argument(required=True),
        "code": Argument(read=False, normal=_hash),
        "sourceCodeHash": Argument(computed=True, read=False),
        "codeSha256": Argument(computed=True),
        "publish": Argument(default=False, read=False),
        "skipDestroy": Argument(default=False, read=False),
        "description": Argument(),
        "memorySize": Argument(default=128),
        "timeout": Argument(default=3),
        "reservedConcurrentExecutions": Argument(default=-1),
        "kmsKeyArn": Argument(),
        "layers": Argument(),
        "environment": Argument(),
        "deadLetterConfig": Argument(),
        "tracingConfig": Argument(computed=True),
        "ephemeralStorage": Argument(computed=True),
        "loggingConfig": Argument(computed=True),
        "snapStart": Argument(normal=applied),
        "architectures": Argument(computed=True, normal=as_set),
        "tags": Argument(),
    }

    def recomputed(self, changed: Collection[str]) -> Collection[str]:
        """A new version, and what comes with new code."""
        attributes = {"version", "qualifiedArn"} if {*_CODE, *CONFIGURATION} & {*changed} else set()
        return attributes | {"lastModified"}

    def interrupted(self, state: Properties) -> Properties:
        """Send the code again, and so publish: no reading tells what was not published."""
        return state | {"sourceCodeHash": "interrupted"}

    def _create(self, aws: Aws, inputs: Properties) -> str:
        request = {
            api: sent(key, inputs[key]) for key, api in CONFIGURATION.items() if inputs.get(key)
        }
        request |= {
            "FunctionName": inputs["name"],
            "Description": inputs.get("description") or "",
            "PackageType": inputs["packageType"],
            "Publish": inputs["publish"],
            "Code": {"ZipFile": Path(inputs["code"]["path"]).read_bytes()},
            "Tags": inputs.get("tags") or {},
        }
        if inputs.get("architectures"):
            request["Architectures"] = inputs["architectures"]
        _when_spread(lambda: aws.lambda_.create_function(**request))
        return str(inputs["name"])

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        _settled(aws, id_, "State", {"Active", "ActiveNonInvocable"}, {"Pending"})
        if inputs["reservedConcurrentExecutions"] >= 0:
            _reserve(aws, id_, inputs["reservedConcurrentExecutions"])

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        found = _function(aws, id_)
        if found is None:
            return None
        pages = aws.lambda_.get_paginator("list_versions_by_function").paginate(FunctionName=id_)
        versions = [version for page in pages for version in page["Versions"]]
        aws.lambda_.get_function_code_signing_config(FunctionName=id_)
        return held(found, versions[-1])

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.lambda_.untag_resource(Resource=state["arn"], TagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.lambda_.tag_resource(Resource=state["arn"], Tags=fresh)
        configured = changed & CONFIGURATION.keys()
        try:
            self._change(aws, id_, configured, changed & _CODE, inputs)
        except (BotoCoreError, ClientError):
            inputs |= {key: state[key] for key in ("code", "sourceCodeHash") if key in state}
            raise
        if "reservedConcurrentExecutions" in changed:
            _reserve(aws, id_, inputs["reservedConcurrentExecutions"])
        if inputs["publish"] and (configured or changed & {*_CODE, "publish"}):
            _publish(aws, id_)

    @staticmethod
    def _change(
        aws: Aws, id_: str, configured: frozenset[str], code: frozenset[str], inputs: Properties
    ) -> None:
        """First the configuration, then the code: `$LATEST` runs the old code with it meanwhile."""
        if configured:
            request: Any = {CONFIGURATION[key]: sent(key, inputs.get(key)) for key in configured}
            _when_spread(
                lambda: aws.lambda_.update_function_configuration(FunctionName=id_, **request)
            )
            _updated(aws, id_)
        if code:
            zip_file = Path(inputs["code"]["path"]).read_bytes()
            more: Any = {}
            if "architectures" in code:
                more["Architectures"] = inputs["architectures"]
            aws.lambda_.update_function_code(FunctionName=id_, ZipFile=zip_file, **more)
            _updated(aws, id_)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        unless_gone(lambda: aws.lambda_.delete_function(FunctionName=id_), _GONE)
        wait(lambda: _function(aws, id_) is None, f"Lambda Function ({id_}) delete", _WAIT_SECONDS)


def _function(aws: Aws, name: str) -> Any:
    return unless_gone(lambda: aws.lambda_.get_function(FunctionName=name), _GONE)


def _when_spread(call: Any) -> None:
    """Ask again while AWS does not know the role everywhere, or the function is being changed.

    The provider also asks for 15 minutes again where a function of that name exists, and says then
    what is said here at once.
    """

    def once() -> None:
        try:
            call()
        except ClientError as error:
            if any(text in str(error) for text in _NOT_SPREAD):
                error.response["Error"]["Code"] = _RETRIED
            raise

    passing = {_RETRIED: "", "ResourceConflictException": "in progress"}
    retried(once, passing, _ROLE_SECONDS)


_RETRIED = "InvalidParameterValueException: not spread yet"


def _settled(aws: Aws, name: str, key: str, wanted: set[str], pending: set[str]) -> None:
    def settled() -> bool:
        found = _function(aws, name)
        state = found["Configuration"].get(key, "") if found else next(iter(pending))
        if state not in wanted | pending:
            raise WaitError(what=f"Lambda Function ({name}): unexpected {key} '{state}'", seconds=0)
        return state in wanted

    wait(settled, f"Lambda Function ({name}) {key}", _WAIT_SECONDS)


def _updated(aws: Aws, name: str) -> None:
    _settled(aws, name, "LastUpdateStatus", {"Successful"}, {"InProgress"})


def _reserve(aws: Aws, name: str, reserved: int) -> None:
    if reserved >= 0:
        aws.lambda_.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=reserved
        )
    else:
        aws.lambda_.delete_function_concurrency(FunctionName=name)


def _publish(aws: Aws, name: str) -> None:
    published = retried(
        lambda: aws.lambda_.publish_version(FunctionName=name),
        {"ResourceConflictException": "in progress"},
        _ROLE_SECONDS,
    )

    def settled() -> bool:
        version = aws.lambda_.get_function_configuration(
            FunctionName=published["FunctionArn"], Qualifier=published["Version"]
        )
        return version.get("LastUpdateStatus", "InProgress") == "Successful"

    wait(settled, f"Lambda Function ({name}) version", _WAIT_SECONDS)


KINDS = (Function(),)
