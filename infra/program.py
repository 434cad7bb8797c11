"""The stack, put together: checks first, then resources, then what others may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pulumi
from console.errors import UsageError

from infra import artifact, preflight, settings, tags
from infra.dashboard import Dashboard, DashboardArgs
from infra.dead_letters import DeadLetters, DeadLettersArgs
from infra.error_alarm import ErrorAlarm, ErrorAlarmArgs
from infra.names import Names
from infra.orders_table import OrdersTable, OrdersTableArgs
from infra.paging import Paging
from infra.processor import Processor, ProcessorArgs
from infra.release_alarms import ReleaseAlarms, ReleaseAlarmsArgs

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Plan:
    """What was checked: everything the resources are made from."""

    settings: settings.Settings
    artifact: artifact.Artifact
    runtime: str
    names: Names
    tags: dict[str, str]


def check(connect: Callable[[str], LambdaClient]) -> Plan:
    """Read and check everything before a resource is registered; raises UsageError."""
    configured = settings.load()
    built = artifact.load(configured.artifact_directory)
    runtime = artifact.check_runtime(built, configured.runtime)
    artifact.check_machine(built, configured.architecture)
    if configured.snap_start:
        artifact.check_snap_start(runtime)
    names = Names(configured.stack)
    client = connect(configured.region)
    account = preflight.read(client, names.function)
    preflight.check_alias(client, configured.stack, names.function)
    preflight.check(configured.stack, configured.reserved_concurrency, account)
    preflight.check_storage(built.zip_path.stat().st_size, preflight.read_account(client))
    tagged = tags.build(configured.stack, configured.created_at, built.origin)
    return Plan(configured, built, runtime, names, tagged)


def deploy(connect: Callable[[str], LambdaClient] = preflight.connect) -> None:
    """Register the stack's resources; raises pulumi.RunError with one sentence where refused."""
    try:
        plan = check(connect)
    except UsageError as error:
        raise pulumi.RunError(str(error)) from None
    for key, value in _resources(plan).items():
        pulumi.export(key, value)


def _resources(plan: Plan) -> dict[str, pulumi.Input[Any]]:
    """Register everything; return the outputs that the release and the load test read."""
    names, guarded = plan.names, plan.settings.guard_data
    paging = Paging(plan.settings.alarm_topic_arn)
    table = OrdersTable(
        "orders",
        OrdersTableArgs(names.orders_table, guarded, plan.settings.warm_writes, plan.tags),
    )
    dead_letters = DeadLetters(
        "dead-letters",
        DeadLettersArgs(
            names.dead_letter_queue, names.dead_letter_alarm, guarded, paging, plan.tags
        ),
    )
    processor = _processor(plan, table, dead_letters)
    standing = _standing_alarms(plan, processor, paging)
    release = _release_alarms(plan, processor)
    dashboard = Dashboard("dashboard", DashboardArgs(names, plan.settings.region))
    return {
        "lambdaFunctionName": processor.function_name,
        "lambdaFunctionArn": processor.function_arn,
        "lambdaAliasName": processor.alias_name,
        "lambdaAliasArn": processor.alias_arn,
        "candidateVersion": processor.candidate_version,
        "codeSha256": plan.artifact.code_sha256,
        # What a later deployment asks before it replaces this one; a build without git has none.
        "commit": plan.artifact.origin.commit or "none",
        "reservedConcurrency": plan.settings.reserved_concurrency,
        "logGroupName": processor.log_group_name,
        "ordersTableName": table.name,
        "dlqQueueUrl": dead_letters.queue_url,
        "dlqQueueArn": dead_letters.queue_arn,
        "dashboardName": dashboard.name,
        "alarmName": standing[0],
        "standingAlarmNames": [*standing, dead_letters.alarm_name],
        "releaseAlarmNames": release.names,
    }


def _processor(plan: Plan, table: OrdersTable, dead_letters: DeadLetters) -> Processor:
    args = ProcessorArgs(
        names=plan.names,
        settings=plan.settings,
        artifact=plan.artifact,
        runtime=plan.runtime,
        table_name=table.name,
        table_arn=table.arn,
        queue_arn=dead_letters.queue_arn,
        tags=plan.tags,
    )
    return Processor("processor", args)


def _standing_alarms(plan: Plan, processor: Processor, paging: Paging) -> list[pulumi.Output[str]]:
    """What wakes somebody whatever is released: the function's errors, and dead letters lost."""
    names, function = plan.names, processor.function_name
    errors = ErrorAlarmArgs(
        name=names.error_alarm,
        function_name=function,
        metric="Errors",
        tolerated=1,
        meaning="The order processor fails: read its log, then roll back.",
        page="error-alarm",
        paging=paging,
        tags=plan.tags,
    )
    # The one event of which AWS keeps nothing: a single one is too many.
    undelivered = replace(
        errors,
        name=names.dead_letter_errors_alarm,
        metric="DeadLetterErrors",
        tolerated=0,
        meaning="Dead letters cannot be written, and the events are gone: mend queue and role.",
        page="full-dead-letter-queue",
    )
    alarms = {"errors": errors, "dead-letter-errors": undelivered}
    return [ErrorAlarm(name, args).name for name, args in alarms.items()]


def _release_alarms(plan: Plan, processor: Processor) -> ReleaseAlarms:
    args = ReleaseAlarmsArgs(
        names=plan.names,
        function_name=processor.function_name,
        alias_name=processor.alias_name,
        candidate_version=processor.candidate_version,
        duration_ms=plan.settings.release_duration_ms,
        throttle_percent=plan.settings.release_throttle_percent,
        warm_up_minutes=plan.settings.alarm_warm_up_minutes,
        tags=plan.tags,
    )
    return ReleaseAlarms("release", args)
