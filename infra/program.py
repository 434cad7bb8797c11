"""The stack, put together: checks first, then each service's resources, then what others read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pulumi
from console.errors import UsageError
from service import artifacts
from service.names import Names
from service.outputs import outcomes_output

from infra import artifact, policies, preflight, settings, tags
from infra.dashboard import Dashboard, DashboardArgs
from infra.dead_letters import DeadLetters, DeadLettersArgs
from infra.error_alarm import ErrorAlarm, ErrorAlarmArgs
from infra.function import Function, FunctionArgs
from infra.paging import Paging
from infra.release_alarms import ReleaseAlarms, ReleaseAlarmsArgs
from infra.share_alarm import ShareAlarm, ShareAlarmArgs
from infra.table import Table, TableArgs

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.declaration import Service
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Plan:
    """What was checked: everything that one service's resources are made from."""

    settings: settings.Settings
    artifact: artifacts.Artifact
    runtime: str
    names: Names
    tags: dict[str, str]

    @property
    def service(self) -> Service:
        """The service."""
        return self.names.service

    def named(self, part: str) -> str:
        """Name one of its resources in Pulumi's state."""
        return f"{self.service.state_prefix}{part}"

    @property
    def paging(self) -> Paging:
        """Whom its alarms tell."""
        return Paging(self.settings.alarm_topic_arn)


def check(connect: Callable[[str], LambdaClient]) -> list[Plan]:
    """Read and check everything before a resource is registered; raises UsageError."""
    plans = [_plan(configured) for configured in settings.load_all()]
    stack, client = plans[0].names.stack, connect(plans[0].settings.region)
    functions = [plan.names.function for plan in plans]
    for function in functions:
        preflight.check_alias(client, stack, function)
    asked = {plan.service.name: plan.settings.reserved_concurrency for plan in plans}
    preflight.check(stack, asked, preflight.read(client, functions))
    size = sum(plan.artifact.zip_path.stat().st_size for plan in plans)
    preflight.check_storage(size, preflight.read_account(client))
    return plans


def _plan(configured: settings.Settings) -> Plan:
    service = configured.service
    found = artifacts.load(configured.artifact_directory / service.name)
    runtime = artifact.check_runtime(found, configured.runtime)
    artifact.check_machine(found, configured.architecture)
    if configured.snap_start:
        artifact.check_snap_start(runtime)
    tagged = tags.build(configured.stack, configured.created_at, found.origin)
    return Plan(configured, found, runtime, Names(service, configured.stack), tagged)


def deploy(connect: Callable[[str], LambdaClient] = preflight.connect) -> None:
    """Register the stack's resources; raises pulumi.RunError with one sentence where refused."""
    try:
        plans = check(connect)
    except UsageError as error:
        raise pulumi.RunError(str(error)) from None
    for plan in plans:
        pulumi.export(plan.service.name, _resources(plan))


def _resources(plan: Plan) -> dict[str, pulumi.Input[Any]]:
    """Register one service; return the outputs that the release and the load test read."""
    table, dead_letters = _table(plan), _dead_letters(plan)
    function = _function(plan, table, dead_letters)
    standing = [*_standing_alarms(plan, function), *_share_alarms(plan, function)]
    release = _release_alarms(plan, function)
    dashboard = Dashboard(plan.named("dashboard"), DashboardArgs(plan.names, plan.settings.region))
    return {
        "stack": plan.names.stack,
        "service": plan.service.name,
        "lambdaFunctionName": function.function_name,
        "lambdaFunctionArn": function.function_arn,
        "lambdaAliasName": function.alias_name,
        "lambdaAliasArn": function.alias_arn,
        "candidateVersion": function.candidate_version,
        "codeSha256": plan.artifact.code_sha256,
        # What a later deployment asks before it replaces this one; a build without git has none.
        "commit": plan.artifact.origin.commit or "none",
        "reservedConcurrency": plan.settings.reserved_concurrency,
        "plan": plan.settings.plan,
        "watchSeconds": plan.settings.watch_seconds,
        "logGroupName": function.log_group_name,
        **({"tableName": table.name} if table else {}),
        "dlqQueueUrl": dead_letters.queue_url,
        "dlqQueueArn": dead_letters.queue_arn,
        "dashboardName": dashboard.name,
        "alarmName": standing[0],
        "standingAlarmNames": [*standing, dead_letters.alarm_name],
        "releaseAlarmNames": release.names,
        **outcomes_output(plan.service),
    }


def _table(plan: Plan) -> Table | None:
    declared, name = plan.service.table, plan.names.table
    if declared is None or name is None:
        return None
    guarded, warm = plan.settings.guard_data, plan.settings.warm_writes
    return Table(
        plan.named(declared.name),
        TableArgs(name, declared.key, declared.expires, guarded, warm, plan.tags),
    )


def _dead_letters(plan: Plan) -> DeadLetters:
    args = DeadLettersArgs(
        title=plan.service.title,
        queue_name=plan.names.dead_letter_queue,
        alarm_name=plan.names.dead_letter_alarm,
        guarded=plan.settings.guard_data,
        paging=plan.paging,
        tags=plan.tags,
    )
    return DeadLetters(plan.named("dead-letters"), args)


def _function(plan: Plan, table: Table | None, dead_letters: DeadLetters) -> Function:
    declared = plan.service.table
    named = {declared.variable: table.name} if declared and table else {}
    args = FunctionArgs(
        prefix=plan.service.state_prefix,
        names=plan.names,
        settings=plan.settings,
        artifact=plan.artifact,
        runtime=plan.runtime,
        table=policies.Table(declared.name, table.arn) if declared and table else None,
        variables={**plan.service.variables, **named},
        queue_arn=dead_letters.queue_arn,
        tags=plan.tags,
    )
    return Function(plan.named("processor"), args)


def _standing_alarms(plan: Plan, function: Function) -> list[pulumi.Output[str]]:
    """What wakes somebody whatever is released: the function's errors, and dead letters lost."""
    title = plan.service.title
    errors = ErrorAlarmArgs(
        name=plan.names.error_alarm,
        function_name=function.function_name,
        metric="Errors",
        tolerated=1,
        meaning=f"{title} fails: read its log, then roll back.",
        page="error-alarm",
        paging=plan.paging,
        tags=plan.tags,
    )
    # The one event of which AWS keeps nothing: a single one is too many.
    undelivered = replace(
        errors,
        name=plan.names.dead_letter_errors_alarm,
        metric="DeadLetterErrors",
        tolerated=0,
        meaning=f"{title} cannot write its dead letters, which are lost: mend queue and role.",
        page="full-dead-letter-queue",
    )
    alarms = {"errors": errors, "dead-letter-errors": undelivered}
    return [ErrorAlarm(plan.named(part), args).name for part, args in alarms.items()]


def _share_alarms(plan: Plan, function: Function) -> list[pulumi.Output[str]]:
    """What wakes somebody though nothing failed: callers that are refused, events rejected."""
    title, outcomes = plan.service.title, plan.service.outcomes
    throttles = ShareAlarmArgs(
        name=plan.names.throttles_alarm,
        namespace="AWS/Lambda",
        part="Throttles",
        whole=("Throttles", "Invocations"),
        dimensions={
            "FunctionName": function.function_name,
            "Resource": pulumi.Output.concat(function.function_name, ":", function.alias_name),
        },
        percent=plan.settings.throttled_percent,
        meaning=f"{title} refuses callers for want of concurrency.",
        page="throttles-alarm",
        paging=plan.paging,
        tags=plan.tags,
    )
    alarms = {"live-throttles": throttles}
    if outcomes is not None:
        alarms["rejections"] = replace(
            throttles,
            name=plan.names.rejections_alarm,
            namespace=outcomes.namespace,
            part=outcomes.rejected,
            whole=(outcomes.rejected, outcomes.confirmed, outcomes.duplicate),
            dimensions={outcomes.function_dimension: function.function_name},
            percent=plan.settings.rejected_percent,
            meaning=f"{title} rejects more than its callers' usual mistakes.",
            page="rejections-alarm",
        )
    return [ShareAlarm(plan.named(part), args).name for part, args in alarms.items()]


def _release_alarms(plan: Plan, function: Function) -> ReleaseAlarms:
    args = ReleaseAlarmsArgs(
        names=plan.names,
        function_name=function.function_name,
        alias_name=function.alias_name,
        candidate_version=function.candidate_version,
        duration_ms=plan.settings.release_duration_ms,
        throttle_percent=plan.settings.release_throttle_percent,
        warm_up_minutes=plan.settings.alarm_warm_up_minutes,
        tags=plan.tags,
    )
    return ReleaseAlarms(plan.named("release"), args)
