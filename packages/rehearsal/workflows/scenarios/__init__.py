"""What happens to a repository, and what the workflows must make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.workflows.scenarios import interruptions, merges, other_workflows
from rehearsal.workflows.scenarios.observation import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.workflows.world import World

SCENARIOS: Mapping[str, Callable[[World], Seen]] = {
    "first pull request of a new fork": other_workflows.first_pull_request,
    "first merge": merges.first_merge,
    "docs-only merge": merges.docs_only_merge,
    "merge without a change": merges.merge_without_a_change,
    "good merge": merges.good_merge,
    "three merges, approval pending": merges.three_merges,
    "two that break together": merges.broken_together,
    "overtaken merge": merges.overtaken_merge,
    "foreign artifact": merges.foreign_artifact,
    "bad merge": merges.bad_merge,
    "cancelled during smoke": interruptions.cancelled_during_smoke,
    "cancelled merge": interruptions.cancelled_merge,
    "scheduled load": other_workflows.scheduled_load,
    "pull request": other_workflows.pull_request,
    "pull request of a fork": other_workflows.pull_request_of_a_fork,
    "manual rollback": other_workflows.manual_rollback,
    "merge after rollback": merges.merge_after_rollback,
    "merge on top of it": merges.merge_on_top_of_it,
    "no drift": other_workflows.no_drift,
    "revert": merges.revert,
    "lost runner": interruptions.lost_runner,
    "abandoned canary": interruptions.abandoned_canary,
    "drift": other_workflows.drift,
}
"""In an order in which each finds what it needs."""

__all__ = ["SCENARIOS", "Seen"]
