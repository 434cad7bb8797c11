"""Whom an alarm tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Paging:
    """The topic that hears of an alarm when it rises and when it clears; None tells nobody."""

    topic_arn: str | None = None

    def actions(self) -> dict[str, Any]:
        """Arguments of a MetricAlarm."""
        if self.topic_arn is None:
            return {}
        return {"alarm_actions": [self.topic_arn], "ok_actions": [self.topic_arn]}
