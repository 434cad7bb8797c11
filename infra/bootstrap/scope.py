"""What one stack's roles are about: its resources' ARNs, and no other's."""

from __future__ import annotations

from dataclasses import dataclass

from service import declaration
from service.names import ALIAS, Names


@dataclass(frozen=True, slots=True)
class Scope:
    """One stack of the order processor in one account; every property is an ARN."""

    account_id: str
    region: str
    stack: str

    @property
    def _names(self) -> Names:
        return Names(declaration.load_all()[0], self.stack)

    def _regional(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def _iam(self, resource: str) -> str:
        return f"arn:aws:iam::{self.account_id}:{resource}"

    @property
    def function(self) -> str:
        """The function itself, which Lambda checks where a version or alias is managed."""
        return self._regional("lambda", f"function:{self._names.function}")

    @property
    def qualified(self) -> str:
        """The function's versions and aliases."""
        return f"{self.function}:*"

    @property
    def alias(self) -> str:
        """The alias that callers invoke."""
        return f"{self.function}:{ALIAS}"

    @property
    def table(self) -> str:
        """The table of orders."""
        return self._regional("dynamodb", f"table/{self._names.table}")

    @property
    def queue(self) -> str:
        """The dead letters."""
        return self._regional("sqs", self._names.dead_letter_queue)

    @property
    def logs(self) -> list[str]:
        """The function's log group and its streams."""
        group = self._regional("logs", f"log-group:{self._names.log_group}")
        return [group, f"{group}:*"]

    @property
    def all_log_groups(self) -> str:
        """What DescribeLogGroups is checked against: it lists, then filters by name."""
        return self._regional("logs", "log-group:*")

    @property
    def alarms(self) -> list[str]:
        """The stack's alarms."""
        names = [*self._names.standing_alarms, *self._names.release_alarms]
        return [self._regional("cloudwatch", f"alarm:{name}") for name in names]

    @property
    def all_alarms(self) -> str:
        """What DescribeAlarms is checked against, whichever alarms it names."""
        return self._regional("cloudwatch", "alarm:*")

    @property
    def dashboard(self) -> str:
        """The stack's dashboard; dashboards have no region."""
        return f"arn:aws:cloudwatch::{self.account_id}:dashboard/{self._names.function}"

    @property
    def execution_role(self) -> str:
        """The role that the function runs as."""
        return self._iam(f"role/{self._names.function}")

    @property
    def state_bucket(self) -> str:
        """The bucket of all the account's stacks."""
        return f"arn:aws:s3:::{state_bucket_name(self.account_id, self.region)}"

    @property
    def state_objects(self) -> str:
        """The stack's own state, its history and its locks."""
        return f"{self.state_bucket}/{self.stack}/*"

    @property
    def execution_boundary(self) -> str:
        """What bounds the execution role."""
        return self._iam(f"policy/{self.execution_boundary_name}")

    @property
    def workflow_boundary(self) -> str:
        """What bounds the workflows' roles."""
        return self._iam(f"policy/{self.workflow_boundary_name}")

    @property
    def workflow_roles(self) -> str:
        """Every role of a workflow, of any stack."""
        return self._iam("role/workflow-order-processing-*")

    @property
    def execution_boundary_name(self) -> str:
        """Its name, not an ARN."""
        return f"order-processing-{self.stack}-execution-boundary"

    @property
    def workflow_boundary_name(self) -> str:
        """Its name, not an ARN."""
        return f"order-processing-{self.stack}-workflow-boundary"

    def workflow_role_name(self, kind: str) -> str:
        """Name a workflow's role, so that no stack's execution role can ever have that name."""
        return f"workflow-order-processing-{self.stack}-{kind}"


def state_bucket_name(account_id: str, region: str) -> str:
    """Name the bucket: the account's number makes it one of a kind in all of AWS."""
    return f"order-processing-state-{account_id}-{region}"
