"""Whom an alarm tells, and where it says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


def description(meaning: str, page: str) -> str:
    """An alarm's description: what it means, and its page in docs/runbooks/."""
    return f"{meaning} Runbook: docs/runbooks/{page}.md"


@dataclass(frozen=True, slots=True)
class Paging:
    """The topic that hears of an alarm when it rises and when it clears; None tells nobody."""

    topic_arn: str | None = None

    def actions(self) -> dict[str, Any]:
        """Arguments of a MetricAlarm."""
        if self.topic_arn is None:
            return {}
        return {"alarm_actions": [self.topic_arn], "ok_actions": [self.topic_arn]}
