"""What each resource of a service is called in AWS, on each stack: the one place that spells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service import declaration

if TYPE_CHECKING:
    from service.declaration import Service

ALIAS: Final = "production"
"""The alias that callers invoke; the release tool alone moves it."""
STACK: Final = r"(?!.*-(?:preview|rollback|load|approval)$)[a-z][a-z0-9-]{0,28}"
"""A stack's name. The longest name made of it, its rollback role's, has IAM's 64 characters; one
that ends in a kind of workflow would be another's GitHub environment: `dev-rollback` is `dev`'s."""
STACK_RULE: Final = (
    "1 to 29 lower-case letters, digits and hyphens, a letter first, and not ending in -preview, "
    "-rollback, -load or -approval"
)
WATCHED: Final = ("errors", "throttles", "duration")
"""What a release watches: an alarm each."""


@dataclass(frozen=True, slots=True)
class Names:
    """AWS names of one service's resources on one stack."""

    service: Service
    stack: str

    def _with(self, part: str) -> str:
        return f"{self.service.resources}-{part}-{self.stack}"

    @property
    def function(self) -> str:
        """The function, also its execution role and its dashboard."""
        return f"{self.service.resources}-{self.stack}"

    @property
    def log_group(self) -> str:
        """The group that Lambda writes to unless told otherwise."""
        return f"/aws/lambda/{self.function}"

    @property
    def table(self) -> str | None:
        """The service's own table; None for one that has none."""
        return self._with(self.service.table.name) if self.service.table else None

    @property
    def dead_letter_queue(self) -> str:
        """The queue of events that the function gave up on."""
        return self._with("dlq")

    @property
    def error_alarm(self) -> str:
        """The alarm on the function's errors."""
        return self._with("error-alarm")

    @property
    def dead_letter_alarm(self) -> str:
        """The alarm on anything visible in the dead-letter queue."""
        return self._with("dlq-alarm")

    @property
    def dead_letter_errors_alarm(self) -> str:
        """The alarm on dead letters that could not be written."""
        return self._with("dlq-errors-alarm")

    @property
    def throttles_alarm(self) -> str:
        """The alarm on the share of the alias's requests that are refused."""
        return self._with("throttles-alarm")

    @property
    def rejections_alarm(self) -> str:
        """The alarm on the share of answers that reject; of a service that counts them."""
        return self._with("rejections-alarm")

    @property
    def standing_alarms(self) -> list[str]:
        """The alarms that watch whatever is released."""
        return [
            self.error_alarm,
            self.dead_letter_errors_alarm,
            self.throttles_alarm,
            *([self.rejections_alarm] if self.service.outcomes else []),
            self.dead_letter_alarm,
        ]

    def release_alarm(self, watched: str) -> str:
        """Name the alarm on one of what is `WATCHED`."""
        return self._with(f"release-{watched}")

    @property
    def release_alarms(self) -> list[str]:
        """The alarms that watch a release."""
        return [self.release_alarm(watched) for watched in WATCHED]


def stack_of(function: str) -> str:
    """Return a function's stack; `STACK`, for a person to fill in, where it is no service's.

    A test's function may be.
    """
    for service in declaration.load_all():
        if function.startswith(f"{service.resources}-"):
            return function.removeprefix(f"{service.resources}-")
    return "STACK"
