"""All drills, in the order in which they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.drills.claims import (
    bad_release,
    cancelled_job,
    dependency_outage,
    full_dead_letter_queue,
    killed_environment,
    lost_alias,
    lost_reply,
    lost_runner,
    poison_events,
    quota_short,
    racing_promotions,
    rollback_then_merge,
    rollback_under_peak,
    slow_release,
    throttle_storm,
    wrong_answers,
)

if TYPE_CHECKING:
    from rehearsal.drills.drill import Drill

DRILLS: tuple[Drill, ...] = (
    bad_release.DRILL,
    slow_release.DRILL,
    wrong_answers.DRILL,
    throttle_storm.DRILL,
    poison_events.DRILL,
    dependency_outage.DRILL,
    killed_environment.DRILL,
    racing_promotions.DRILL,
    cancelled_job.DRILL,
    lost_runner.DRILL,
    lost_reply.DRILL,
    rollback_then_merge.DRILL,
    lost_alias.DRILL,
    full_dead_letter_queue.DRILL,
    quota_short.DRILL,
    rollback_under_peak.DRILL,
)
