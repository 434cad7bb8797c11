"""The function, its versions and the alias that callers invoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from service.names import ALIAS, Names

from infra.execution_role import ExecutionRole, ExecutionRoleArgs
from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from service.artifacts import Artifact

    from infra import policies
    from infra.settings import Settings

_PYTHONS_LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}


@dataclass(frozen=True, slots=True)
class FunctionArgs:
    """`runtime` is the one already found to fit the artifact; `prefix` is what names in Pulumi's
    state begin with."""

    prefix: str

    names: Names
    settings: Settings
    artifact: Artifact
    runtime: str
    table: policies.Table | None
    variables: dict[str, pulumi.Input[str]]
    queue_arn: pulumi.Input[str]
    tags: dict[str, str]


class Function(pulumi.ComponentResource):
    """Every deployment that changes code or configuration publishes a version: the candidate."""

    def __init__(
        self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:Processor", name, None, opts)
        # Made first: Lambda would otherwise make its own, without retention and tags.
        log_group = aws.cloudwatch.LogGroup(
            name,
            name=args.names.log_group,
            retention_in_days=args.settings.log_retention_days,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        function = self._function(name, args, self._role(name, args, log_group), log_group)
        alias = self._alias(args, function)
        aws.lambda_.FunctionEventInvokeConfig(
            f"{args.prefix}{ALIAS}",
            function_name=function.name,
            # Kept per qualifier and not inherited, so it stands on what callers invoke.
            qualifier=alias.name,
            maximum_retry_attempts=args.names.service.maximum_retries,
            maximum_event_age_in_seconds=args.names.service.maximum_event_age_seconds,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.function_name = function.name
        self.function_arn = function.arn
        self.candidate_version = function.version
        self.alias_name = alias.name
        self.alias_arn = alias.arn
        self.log_group_name = log_group.name
        self.register_outputs({"functionArn": self.function_arn, "aliasArn": self.alias_arn})

    def _role(
        self, name: str, args: FunctionArgs, log_group: aws.cloudwatch.LogGroup
    ) -> ExecutionRole:
        role = ExecutionRoleArgs(
            name=args.names.function,
            table=args.table,
            queue_arn=args.queue_arn,
            log_group_arn=log_group.arn,
            tags=args.tags,
            boundary_arn=args.settings.permissions_boundary_arn,
        )
        return ExecutionRole(name, role, pulumi.ResourceOptions(parent=self))

    def _function(
        self,
        name: str,
        args: FunctionArgs,
        role: ExecutionRole,
        log_group: aws.cloudwatch.LogGroup,
    ) -> aws.lambda_.Function:
        return aws.lambda_.Function(
            name,
            name=args.names.function,
            role=role.arn,
            runtime=args.runtime,
            handler=args.artifact.handler,
            code=pulumi.FileArchive(str(args.artifact.zip_path)),
            source_code_hash=args.artifact.code_sha256,
            # The hash above is never read back; this is what AWS answers, and shows foreign code.
            code_sha256=args.artifact.code_sha256,
            architectures=[args.settings.architecture],
            memory_size=args.settings.memory_mb,
            timeout=args.settings.timeout_seconds,
            reserved_concurrent_executions=args.settings.reserved_concurrency,
            publish=True,
            environment={"variables": environment(args.variables, args.settings.log_level)},
            logging_config=logging(args.settings, log_group.name),
            snap_start=(
                aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions")
                if args.settings.snap_start
                else None
            ),
            dead_letter_config={"target_arn": args.queue_arn},
            tracing_config={"mode": "Active"},
            tags=args.tags,
            # Lambda refuses a dead-letter target that the role may not send to.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*role.grants, log_group]),
        )

    def _alias(self, args: FunctionArgs, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        return aws.lambda_.Alias(
            f"{args.prefix}{ALIAS}",
            name=ALIAS,
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.settings.guard_data,
                # Created at the first version; from then on it belongs to the release tool. An
                # update sends version and weights together, so nothing else mutable is managed.
                ignore_changes=["functionVersion", "routingConfig", "description"],
            ),
        )


def logging(settings: Settings, group: pulumi.Input[str]) -> aws.lambda_.FunctionLoggingConfigArgs:
    """Where Lambda writes, and in which format.

    In JSON Lambda drops what is below a level. Both of its levels stay INFO: as INFO count the
    function's metrics, which are lines without a level, and Lambda's own word on how long an
    invocation took, which load and smoke tests read. The function keeps to `logLevel` by itself.
    """
    level = "INFO" if settings.log_format == "JSON" else None
    return aws.lambda_.FunctionLoggingConfigArgs(
        log_format=settings.log_format,
        log_group=group,
        application_log_level=level,
        system_log_level=level,
    )


def environment(
    variables: dict[str, pulumi.Input[str]], log_level: str
) -> dict[str, pulumi.Input[str]]:
    """Variables of the function: the only way it is configured. The level is Lambda's word."""
    return {**variables, "POWERTOOLS_LOG_LEVEL": _PYTHONS_LEVELS.get(log_level, log_level)}
