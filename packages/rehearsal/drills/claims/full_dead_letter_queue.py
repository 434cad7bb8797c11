"""Where not even a DLQ message can be written an alarm says so, and the senders' run log, not AWS,
bring every event back.

Lambda deletes an event whose DLQ message it cannot deliver and counts it in `DeadLetterErrors`
(Lambda Developer Guide, monitoring-metrics-types). So the claim is not that AWS loses nothing.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

METRIC = "DeadLetterErrors"
BROKEN_SECONDS = 8.0
MARGIN_SECONDS = 5.0
"""Before the fault: an event sent earlier may have had its last try after it. On AWS the retries'
three minutes and some."""


def run(env: DrillEnvironment) -> Observation:
    """Take the role's rights away, give them back, and send again what the books say was sent."""
    alarm = env.alarm_on(METRIC)
    iam, role = env.client("iam"), {"RoleName": env.function, "PolicyName": env.function}
    rights = json.dumps(iam.get_role_policy(**role)["PolicyDocument"])
    env.inject(lambda: iam.delete_role_policy(**role))
    detected = env.until(f"{alarm} in ALARM", lambda: env.alarm(alarm) == "ALARM")
    time.sleep(max(0.0, BROKEN_SECONDS - env.seconds()))
    iam.put_role_policy(**role, PolicyDocument=rights)
    # A last try that failed just before the rights came back is in the DLQ after all.
    env.until(
        "every event done, kept or counted as gone",
        lambda: len(env.missing()) <= _undelivered(env) + env.dlq_messages(),
    )
    gone = _undelivered(env)
    if not gone:
        raise StepError("no event is gone")
    sent = {
        answer.event_id for answer in env.callers.since(env.struck_at - MARGIN_SECONDS, "accepted")
    }
    env.callers.resend(sorted(sent))
    recovered = env.until("every event recorded", lambda: not env.missing())
    kept = env.release("redrive", "--rate", "50").result["deleted"]
    return Observation(
        f"{METRIC} counts {gone} events, which are gone from AWS; the senders repeated the "
        f"{len(sent)} events they had sent since: each is recorded, once; {kept} were in the queue",
        detected,
        recovered,
    )


def _undelivered(env: DrillEnvironment) -> int:
    """How many events the metric has so far."""
    now = datetime.now(UTC)
    points: list[dict[str, float]] = env.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=METRIC,
        Dimensions=[{"Name": "FunctionName", "Value": env.function}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return round(sum(point["Sum"] for point in points))


DRILL = Drill(
    name="full-dead-letter-queue",
    claim=(
        "Where the dead-letter queue cannot be written an alarm fires; what AWS drops is sent "
        "again from the senders' run logs, nothing twice"
    ),
    fault="the function's role loses its rights to the table and to the dead-letter queue",
    run=run,
    needs=Needs(time_scale=60.0, asynchronous=0.3),
)
