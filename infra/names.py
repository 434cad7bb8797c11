"""What each resource of a stack is called in AWS."""

from __future__ import annotations

from dataclasses import dataclass

ALIAS = "production"
"""The alias that callers invoke; the release tool alone moves it."""
STACK = r"(?!.*-(?:preview|rollback|load|approval)$)[a-z][a-z0-9-]{0,28}"
"""A stack's name. The longest name made of it, its rollback role's, has IAM's 64 characters; one
that ends in a kind of workflow would be another's GitHub environment: `dev-rollback` is `dev`'s."""
STACK_RULE = (
    "1 to 29 lower-case letters, digits and hyphens, a letter first, and not ending in -preview, "
    "-rollback, -load or -approval"
)


@dataclass(frozen=True, slots=True)
class Names:
    """AWS names of one stack's resources."""

    stack: str

    def _with(self, part: str) -> str:
        return f"order-processing-{part}-{self.stack}"

    @property
    def function(self) -> str:
        """The function, also its execution role and its dashboard."""
        return f"order-processing-{self.stack}"

    @property
    def log_group(self) -> str:
        """The group that Lambda writes to unless told otherwise."""
        return f"/aws/lambda/{self.function}"

    @property
    def orders_table(self) -> str:
        """The table of confirmed orders."""
        return self._with("orders")

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

    def release_alarm(self, watched: str) -> str:
        """Name the alarm on what a release watches: `errors`, `throttles` or `duration`."""
        return self._with(f"release-{watched}")
