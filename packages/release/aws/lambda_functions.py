"""Lambda: the alias, the versions, invocations."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError
from cloud.refusals import code_of
from console.errors import UsageError

from release.aws.clients import CONTROL, INVOKE, translated
from release.aws.decoding import decoded
from release.aws.lambda_history import LambdaHistory
from release.aws.report_line import Report, decoded_log, parse_report
from release.errors import AliasChangedError, NoAliasError
from release.stored import AliasStore, History, StoredAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3
    from types_boto3_lambda.type_defs import AliasConfigurationResponseTypeDef


@dataclass(frozen=True, slots=True)
class Configured:
    """What a deployment set on a version: its DLQ's ARN, and its variables."""

    dead_letters: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """A published version; `code_sha256` is base64, `state` is `Active` once it can run."""

    number: str
    code_sha256: str
    state: str
    configured: Configured = field(default_factory=lambda: Configured())


@dataclass(frozen=True, slots=True)
class Invocation:
    """A synchronous invocation's end.

    `payload` is the decoded result, None if it is no JSON. `error` is None if the function
    returned, else what kept it from returning: the function's own error, or AWS's refusal. `log` is
    the end of its log, empty where AWS sends none.
    """

    payload: object
    executed_version: str | None = None
    error: str | None = None
    throttled: bool = False
    report: Report | None = None
    log: str = ""


class Functions(AliasStore, History, Protocol):
    """The function of a stack."""

    def find_version(self, number: str) -> Version | None:
        """The published version, None if there is none of that number."""
        ...

    def reserved_concurrency(self) -> int | None:
        """The function's reserved concurrency, None if it has none."""
        ...

    def invoke(
        self, qualifier: str, payload: bytes, custom: Mapping[str, str] | None = None
    ) -> Invocation:
        """Invoke once, synchronously; UnavailableError if AWS cannot be reached at all.

        `custom` is that member of the client context.
        """
        ...


class LambdaFunctions(LambdaHistory):
    """`Functions` on the Lambda API."""

    def __init__(self, session: boto3.Session, function: str, alias: str) -> None:
        with translated("starting the Lambda client"):
            super().__init__(session.client("lambda", config=CONTROL), function)
            self._invoke = session.client("lambda", config=INVOKE)
        self._alias = alias

    def read_alias(self) -> StoredAlias:
        """The alias now; NoAliasError if there is none."""
        with translated("reading the alias"):
            try:
                found = self._control.get_alias(FunctionName=self._function, Name=self._alias)
            except self._control.exceptions.ResourceNotFoundException:
                raise self._no_alias() from None
            return _stored(found)

    def create_alias(self, version: str, description: str) -> StoredAlias:
        """Make it, serving a version alone; AliasChangedError if there is one."""
        with translated("making the alias"):
            try:
                made = self._control.create_alias(
                    FunctionName=self._function,
                    Name=self._alias,
                    FunctionVersion=version,
                    Description=description,
                )
            except self._control.exceptions.ResourceConflictException:
                raise AliasChangedError from None
            return _stored(made)

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Replace it if its revision is still that one, else AliasChangedError.

        Empty weights must be sent: leaving RoutingConfig out would keep the old ones.
        """
        with translated("writing the alias"):
            try:
                written = self._control.update_alias(
                    FunctionName=self._function,
                    Name=self._alias,
                    FunctionVersion=version,
                    RoutingConfig={"AdditionalVersionWeights": dict(weights)},
                    Description=description,
                    RevisionId=revision,
                )
            except (
                self._control.exceptions.PreconditionFailedException,
                self._control.exceptions.ResourceConflictException,
            ):
                raise AliasChangedError from None
            except self._control.exceptions.ResourceNotFoundException as error:
                missing = error.response["Error"].get("Message", "").rstrip(".")
                raise UsageError(f"The alias or version {version} is gone ({missing}).") from None
            return _stored(written)

    def find_version(self, number: str) -> Version | None:
        """The published version, None if there is none of that number."""
        with translated(f"reading version {number}"):
            try:
                found = self._control.get_function_configuration(
                    FunctionName=self._function, Qualifier=number
                )
            except self._control.exceptions.ResourceNotFoundException:
                return None
            configured = Configured(
                found.get("DeadLetterConfig", {}).get("TargetArn"),
                found.get("Environment", {}).get("Variables", {}),
            )
            state = found.get("State", "Active")
            return Version(found["Version"], found["CodeSha256"], state, configured)

    def reserved_concurrency(self) -> int | None:
        """The function's reserved concurrency, None if it has none."""
        with translated("reading the reserved concurrency"):
            found = self._control.get_function_concurrency(FunctionName=self._function)
        return found.get("ReservedConcurrentExecutions")

    def invoke(
        self, qualifier: str, payload: bytes, custom: Mapping[str, str] | None = None
    ) -> Invocation:
        """Invoke once, synchronously; UnavailableError if AWS cannot be reached at all."""
        context = base64.b64encode(json.dumps({"custom": custom or {}}).encode()).decode()
        with translated(f"invoking {self._function}:{qualifier}"):
            try:
                reply = self._invoke.invoke(
                    FunctionName=self._function,
                    Qualifier=qualifier,
                    Payload=payload,
                    LogType="Tail",
                    ClientContext=context,
                )
                body = reply["Payload"].read()
            except ClientError as error:
                refusal = _refusal(error)
                if refusal is None:
                    raise
                return refusal
        error_kind = reply.get("FunctionError")
        return Invocation(
            payload=decoded(body),
            executed_version=reply.get("ExecutedVersion"),
            error=f"{error_kind}: {_error_text(body)}" if error_kind else None,
            report=parse_report(log := decoded_log(reply.get("LogResult", ""))),
            log=log,
        )

    def _no_alias(self) -> NoAliasError:
        region = self._control.meta.region_name
        return NoAliasError(
            f"The alias {self._function}:{self._alias} does not exist in {region}: "
            "deploy the stack first, or bring back with `rollback` what was deleted."
        )


def _stored(alias: AliasConfigurationResponseTypeDef) -> StoredAlias:
    routing = alias.get("RoutingConfig") or {}
    return StoredAlias(
        version=alias["FunctionVersion"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
        description=alias.get("Description", ""),
        revision=alias["RevisionId"],
    )


def _refusal(error: ClientError) -> Invocation | None:
    """Refusals that are about this one event or moment; others concern every invocation."""
    code = code_of(error)
    if code == "TooManyRequestsException":
        return Invocation(None, error="throttled", throttled=True)
    if code in {
        "InvalidRequestContentException",
        "RequestTooLargeException",
        "RequestEntityTooLargeException",
        "SerializedRequestEntityTooLargeException",
        "ServiceException",
        "ResourceConflictException",
        "SnapStartException",
        "SnapStartNotReadyException",
        "SnapStartTimeoutException",
    }:
        return Invocation(None, error=f"{code}: {error.response['Error'].get('Message', '')}")
    return None


def _error_text(body: bytes) -> str:
    told = decoded(body)
    if isinstance(told, dict):
        return f"{told.get('errorType', 'Error')}: {told.get('errorMessage', '')}"[:500]
    return body[:500].decode(errors="replace")
