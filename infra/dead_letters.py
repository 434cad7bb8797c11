"""Where events go that the function failed three times, and the alarm that says so."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.paging import Paging, description
from infra.stack_file import PROJECT

RETENTION_SECONDS = 14 * 24 * 3600
VISIBILITY_SECONDS = 5 * 60
MESSAGE_BYTES = 1024 * 1024
"""What Lambda takes as an asynchronous event, so that no dead letter is refused."""


@dataclass(frozen=True, slots=True)
class DeadLettersArgs:
    """A `guarded` queue is not deleted with its stack: what it holds are events of callers.

    `title` is the service's, for people.
    """

    title: str
    queue_name: str
    alarm_name: str
    guarded: bool
    paging: Paging
    tags: dict[str, str]


class DeadLetters(pulumi.ComponentResource):
    """An encrypted standard queue, alarmed while anything is visible in it."""

    def __init__(
        self, name: str, args: DeadLettersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:infra:DeadLetters", name, None, opts)
        queue = aws.sqs.Queue(
            name,
            name=args.queue_name,
            message_retention_seconds=RETENTION_SECONDS,
            max_message_size=MESSAGE_BYTES,
            visibility_timeout_seconds=VISIBILITY_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.guarded, retain_on_delete=args.guarded
            ),
        )
        self.queue_url = queue.url
        self.queue_arn = queue.arn
        alarm = self._alarm(name, args, queue)
        self.alarm_name = alarm.name
        self.register_outputs({"queueUrl": self.queue_url, "queueArn": self.queue_arn})

    def _alarm(
        self, name: str, args: DeadLettersArgs, queue: aws.sqs.Queue
    ) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            f"{name}-alarm",
            name=args.alarm_name,
            alarm_description=description(
                f"{args.title} has dead letters: read their errors, then redrive.",
                "dead-letter-alarm",
            ),
            namespace="AWS/SQS",
            # Not NumberOfMessagesSent: an alarm must last as long as something waits.
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue.name},
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=1,
            # SQS tells nothing of a queue that nobody touched for six hours, letters in it or not:
            # that is no all-clear, so the state stays until a figure says otherwise.
            treat_missing_data="ignore",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **args.paging.actions(),
        )
