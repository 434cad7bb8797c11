"""What one stack's roles are about: its services' resources' ARNs, and no other's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service import declaration
from service.names import ALIAS, Names

from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from service.declaration import Service


@dataclass(frozen=True, slots=True)
class Scope:
    """One stack of the services in one account; every property is an ARN, or one per service."""

    account_id: str
    region: str
    stack: str
    services: tuple[Service, ...] = field(default_factory=lambda: declaration.load_all())

    @property
    def names(self) -> list[Names]:
        """What each service's resources are called."""
        return [Names(service, self.stack) for service in self.services]

    def _regional(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def _iam(self, resource: str) -> str:
        return f"arn:aws:iam::{self.account_id}:{resource}"

    @property
    def functions(self) -> list[str]:
        """The functions, which Lambda checks where a version or alias is managed."""
        return [self._regional("lambda", f"function:{each.function}") for each in self.names]

    @property
    def qualified(self) -> list[str]:
        """The functions' versions and aliases."""
        return [f"{function}:*" for function in self.functions]

    @property
    def aliases(self) -> list[str]:
        """The aliases that callers invoke."""
        return [f"{function}:{ALIAS}" for function in self.functions]

    @property
    def tables(self) -> list[str]:
        """The tables of the services that have one."""
        return [
            self._regional("dynamodb", f"table/{each.table}") for each in self.names if each.table
        ]

    @property
    def queues(self) -> list[str]:
        """The dead-letter queues."""
        return [self._regional("sqs", each.dead_letter_queue) for each in self.names]

    @property
    def logs(self) -> list[str]:
        """Each function's log group and its streams."""
        groups = [self._regional("logs", f"log-group:{each.log_group}") for each in self.names]
        return [arn for group in groups for arn in (group, f"{group}:*")]

    @property
    def all_log_groups(self) -> str:
        """What DescribeLogGroups is checked against: it lists, then filters by name."""
        return self._regional("logs", "log-group:*")

    @property
    def alarms(self) -> list[str]:
        """Each service's alarms, in one pattern."""
        patterns = [f"{each.service.resources}-*-{self.stack}" for each in self.names]
        return [self._regional("cloudwatch", f"alarm:{pattern}") for pattern in patterns]

    @property
    def all_alarms(self) -> str:
        """What DescribeAlarms is checked against, whichever alarms it names."""
        return self._regional("cloudwatch", "alarm:*")

    @property
    def dashboards(self) -> list[str]:
        """The dashboards; these have no region."""
        account = f"arn:aws:cloudwatch::{self.account_id}"
        return [f"{account}:dashboard/{each.function}" for each in self.names]

    @property
    def execution_roles(self) -> list[str]:
        """The roles that the functions run as."""
        return [self._iam(f"role/{each.function}") for each in self.names]

    @property
    def ending_in_stack(self) -> list[str]:
        """Versions and aliases, queues, logs, alarms and dashboards, whichever service's.

        No other stack's end so, as none may be named `ANY-STACK` beside this one.
        """
        named = f"*-{self.stack}"
        group = self._regional("logs", f"log-group:/aws/lambda/{named}")
        return [
            self._regional("lambda", f"function:{named}:*"),
            self._regional("sqs", f"*-dlq-{self.stack}"),
            *(group, f"{group}:*"),
            self._regional("cloudwatch", f"alarm:{named}"),
            f"arn:aws:cloudwatch::{self.account_id}:dashboard/{named}",
        ]

    @property
    def roles_ending_in_stack(self) -> str:
        """Roles, whichever service's; no workflow's ends so."""
        return self._iam(f"role/*-{self.stack}")

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
        """What bounds the execution roles."""
        return self._iam(f"policy/{self.execution_boundary_name}")

    @property
    def workflow_boundary(self) -> str:
        """What bounds the workflows' roles."""
        return self._iam(f"policy/{self.workflow_boundary_name}")

    @property
    def execution_boundary_name(self) -> str:
        """Its name, not an ARN."""
        return f"{PROJECT}-{self.stack}-execution-boundary"

    @property
    def workflow_boundary_name(self) -> str:
        """Its name, not an ARN."""
        return f"{PROJECT}-{self.stack}-workflow-boundary"

    def workflow_role_name(self, kind: str) -> str:
        """Name a workflow's role, so that no stack's execution role can ever have that name."""
        return f"workflow-{PROJECT}-{self.stack}-{kind}"


def state_bucket_name(account_id: str, region: str) -> str:
    """Name the bucket: the account's number makes it one of a kind in all of AWS."""
    return f"{PROJECT}-state-{account_id}-{region}"
