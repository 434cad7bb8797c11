"""The operations on dashboards."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.dashboards.body import Fault, body_faults
from emulator.cloudwatch.wire.paging import page
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from emulator.clock import Clock
    from emulator.cloudwatch.tags import Tags

Parameters = dict[str, Any]
Result = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard as it was last put."""

    name: str
    arn: str
    body: str
    modified: float


class DashboardOperations:
    """PutDashboard, GetDashboard, ListDashboards and DeleteDashboards."""

    def __init__(self, clock: Clock, account_id: str, tags: Tags) -> None:
        self.clock = clock
        self.arn_prefix = f"arn:aws:cloudwatch::{account_id}:dashboard/"
        self.tags = tags
        self.dashboards: dict[str, Dashboard] = {}

    def operations(self) -> Mapping[str, Callable[[Parameters], Result]]:
        """Each operation by its name."""
        return {
            "PutDashboard": self.put,
            "GetDashboard": self.get,
            "ListDashboards": self.list,
            "DeleteDashboards": self.delete,
        }

    def put(self, given: Parameters) -> Result:
        """Save the whole body; warnings are told and saved all the same, errors refuse it."""
        name, body = given["DashboardName"], given["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterValue",
                "The value for field DashboardName contains invalid characters. It can only "
                "contain alphanumerics, dash (-) and underscore (_).\n",
            )
        faults = body_faults(body)
        errors = [fault for fault in faults if not fault.warning]
        if errors:
            raise _refusal(errors)
        arn = f"{self.arn_prefix}{name}"
        if name not in self.dashboards:
            self.tags.put(arn, given.get("Tags", []))
        self.dashboards[name] = Dashboard(name, arn, body, self.clock.now())
        return {"DashboardValidationMessages": _messages(faults)}

    def get(self, given: Parameters) -> Result:
        """The body as it was put."""
        found = self._existing(given["DashboardName"])
        return {
            "DashboardArn": found.arn,
            "DashboardBody": found.body,
            "DashboardName": found.name,
        }

    def list(self, given: Parameters) -> Result:
        """Dashboards by name, of a prefix where given."""
        prefix = given.get("DashboardNamePrefix", "")
        found = [
            {
                "DashboardName": dashboard.name,
                "DashboardArn": dashboard.arn,
                "LastModified": dashboard.modified,
                "Size": len(dashboard.body.encode()),
            }
            for name, dashboard in sorted(self.dashboards.items())
            if name.startswith(prefix)
        ]
        entries, token = page(found, given.get("NextToken"), _PAGE)
        return {"DashboardEntries": entries, "NextToken": token}

    def delete(self, given: Parameters) -> Result:
        """All of the named dashboards or, where one is missing, none."""
        if not given["DashboardNames"]:
            raise AwsError("InvalidParameterValue", "The parameter DashboardNames is empty.")
        found = [self._existing(name) for name in dict.fromkeys(given["DashboardNames"])]
        for dashboard in found:
            del self.dashboards[dashboard.name]
            self.tags.drop(dashboard.arn)
        return {}

    def _existing(self, name: str) -> Dashboard:
        found = self.dashboards.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
        return found


def _messages(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [{"DataPath": fault.path, "Message": fault.message} for fault in faults]


def _refusal(errors: Sequence[Fault]) -> AwsError:
    listed = json.dumps([{"dataPath": fault.path, "message": fault.message} for fault in errors])
    return AwsError(
        "InvalidParameterInput",
        f"The dashboard body is invalid, there are {len(errors)} validation errors: {listed}",
        members={"dashboardValidationMessages": _messages(errors)},
    )
