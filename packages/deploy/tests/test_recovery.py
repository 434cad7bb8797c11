"""What recovery makes of a state; infra/tests/pulumi has it on the real CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy import names, recovery

from infra.tests import bootstrapped, recording

if TYPE_CHECKING:
    from pathlib import Path

STACK = "urn:pulumi:dev::order-processing::"


def resource(type_: str, name: str, **more: Any) -> dict[str, Any]:
    """Return one as the state has it."""
    inputs = {"name": name, "role": "worker", "policy": "{}"}
    return {"urn": f"{STACK}{type_}::{name}", "type": type_, "inputs": inputs} | more


def mended(*pending: dict[str, Any], resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the resources of a state in which these were being created."""
    operations = [{"type": "creating", "resource": each} for each in pending]
    state = {"pending_operations": operations, "resources": resources}
    after = recovery.mended(state, "us-east-1")
    assert after["pending_operations"] == []
    found: list[dict[str, Any]] = after["resources"]
    return found


def test_every_type_of_both_programs_is_found_by_its_name(tmp_path: Path) -> None:
    """One that a program gains later has to be added."""
    artifact = recording.write_artifact(tmp_path)
    topic = "arn:aws:sns:us-east-1:123456789012:pages"
    both = (recording.deploy("prod", artifact, alarmTopicArn=topic), bootstrapped.prepare())
    types = {each.type for program in both for each in program.resources.values()}
    made = {type_ for type_ in types if type_.startswith("aws:")}
    assert len(made) > 11
    assert {type_ for type_ in made if not names.known(type_)} == set()


def test_what_was_being_created_is_recorded_by_its_name() -> None:
    """With all that the program decided of it."""
    role = resource("aws:iam/role:Role", "worker", id="worker", outputs={})
    grant = resource("aws:iam/rolePolicy:RolePolicy", "write", parent=role["urn"], protect=True)
    [_, made] = mended(grant, resources=[role])
    assert made["id"] == made["outputs"]["id"] == "worker:write"
    assert {key: made[key] for key in grant} == grant


def test_what_takes_the_place_of_a_deleted_one_is_recorded() -> None:
    """The old one stays in the state until then, under the same URN, and maybe the same name."""
    group = resource("aws:cloudwatch/logGroup:LogGroup", "worker")
    old = group | {"id": "worker", "outputs": {}, "pendingReplacement": True}
    [made] = mended(group, resources=[old])
    assert made["id"] == "worker"
    assert "pendingReplacement" not in made


def test_what_has_the_name_already_is_not_recorded_twice() -> None:
    """A resource under a new title is made before the old goes."""
    group = resource("aws:cloudwatch/logGroup:LogGroup", "worker")
    other = group | {"urn": f"{STACK}aws:cloudwatch/logGroup:LogGroup::old", "id": "worker"}
    assert mended(group, resources=[other]) == [other]


def test_what_only_the_state_has_is_made_anew() -> None:
    """Components and providers: in AWS there is nothing to look for."""
    component = resource("order-processing:infra:Processor", "processor", custom=False)
    provider = resource("pulumi:providers:aws", "account")
    assert mended(component, provider, resources=[]) == []
