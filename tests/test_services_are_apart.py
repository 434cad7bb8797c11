"""Two services on one stack: each has its own alarms, role and queue, and no way to the other's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sandbox import clients, emulated
from service import outputs
from service.declaration import load_all
from service.names import Names

from tests.copies import copied, python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAME = "invoice_processor"


@dataclass(frozen=True)
class Both:
    """A stack of two services: where its AWS is, and what each service is called there."""

    environment: Mapping[str, str]
    directory: Path
    names: list[Names]

    def client(self, service: Any) -> Any:
        """Return a boto3 client of its AWS."""
        return clients.client(service, self.environment)

    def left(self, names: Names) -> dict[str, Any]:
        """Return what the deployment left of one service."""
        file = outputs.path(self.directory, names.service.name)
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def granted(self, names: Names) -> dict[str, list[str]]:
        """Return what the service's role may do, resources by action."""
        asked = {"RoleName": names.function, "PolicyName": names.function}
        document = self.client("iam").get_role_policy(**asked)["PolicyDocument"]
        return {
            action: [each["Resource"]] if isinstance(each["Resource"], str) else each["Resource"]
            for each in document["Statement"]
            for action in each["Action"]
        }


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A copy of the repository with a second service, which has no table, on an emulated AWS."""
    base = tmp_path_factory.mktemp("both")
    tree = copied(base / "repository")
    python(tree, "-m", "service.creation", NAME)
    declared = tree / "services" / NAME / "service.toml"
    text = declared.read_text(encoding="utf-8")
    declared.write_text(text[: text.index("[table]")], encoding="utf-8")
    python(tree, "-m", "artifact", "build", "--out", str(base / "artifact"))
    with emulated.aws(base / "aws") as environment:
        command = ("-m", "engine", "up", "--stack", "local", "--directory", str(base / "stack"))
        aws = {name: value for name, value in environment.items() if name.startswith("AWS_")}
        python(tree, *command, f"--config=artifact={base / 'artifact'}", **aws)
        names = [Names(service, "local") for service in load_all(tree / "services")]
        yield Both(environment, base / "stack", names)


def test_a_service_without_a_table_has_none(both: Both) -> None:
    """Neither in AWS, nor in its outputs, its role or its variables."""
    (bare,) = [names for names in both.names if names.table is None]
    tables = both.client("dynamodb").list_tables()["TableNames"]
    assert tables == [names.table for names in both.names if names.table]
    assert "tableName" not in both.left(bare)
    assert not [action for action in both.granted(bare) if action.startswith("dynamodb:")]


def test_neither_role_reaches_what_is_the_others(both: Both) -> None:
    """Table, queue and log group are named, and named as its own."""
    for names in both.names:
        own = {names.table, names.dead_letter_queue, names.log_group} - {None}
        reached = {
            arn.removesuffix(":*").rpartition("log-group:" if ":logs:" in arn else ":")[2]
            for arns in both.granted(names).values()
            for arn in arns
        }
        assert {each.removeprefix("table/") for each in reached} == own


def test_each_has_its_own_alarms(both: Both) -> None:
    """On its own function or queue, under its own names; the two share none."""
    found = both.client("cloudwatch").describe_alarms()["MetricAlarms"]
    for names in both.names:
        left = both.left(names)
        listed = {*left["standingAlarmNames"], *left["releaseAlarmNames"]}
        assert listed == {*names.standing_alarms, *names.release_alarms}
        watching = [alarm for alarm in found if alarm["AlarmName"] in listed]
        assert len(watching) == len(listed)
        for alarm in watching:
            assert names.service.title in alarm["AlarmDescription"]
            watched = json.dumps([alarm.get("Dimensions"), alarm.get("Metrics")])
            assert f'"{names.function}"' in watched or f'"{names.dead_letter_queue}"' in watched
    assert len(found) == sum(len(names.standing_alarms) + 3 for names in both.names)


def test_each_is_told_apart_by_its_outputs(both: Both) -> None:
    """By name and stack, and each candidate is a version of its own function."""
    for names in both.names:
        left = both.left(names)
        assert (left["service"], left["stack"]) == (names.service.name, "local")
        assert left["lambdaFunctionName"] == names.function
        assert left["dlqQueueArn"].endswith(f":{names.dead_letter_queue}")
