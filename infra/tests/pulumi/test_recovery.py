"""A deployment that is killed, and what brings the stack back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.tests.pulumi.killer import Killer
    from infra.tests.pulumi.team import Team

KINDS = {
    "Role", "RolePolicy", "RolePolicyAttachment", "LogGroup", "Queue", "Table", "Function",
    "Alias", "FunctionEventInvokeConfig", "MetricAlarm", "Dashboard",
}  # fmt: skip

LACKING = {
    "aws:cloudwatch/logGroup:LogGroup": {"retentionInDays"},
    "aws:dynamodb/table:Table": {"pointInTimeRecovery"},
    # What is never read back says that the code must be sent again.
    "aws:lambda/function:Function": {"code", "sourceCodeHash", "reservedConcurrentExecutions"},
}
"""What a killed creation leaves undone; the next deployment does it."""
EACH_ITS_OWN = ("created", "modified", "uniqueId", "createDate", "lastModified")


def recorded(resources: Iterable[dict[str, Any]], team: Team) -> dict[str, dict[str, Any]]:
    """Resources by their URNs, without what differs between any two stacks."""
    text = json.dumps(list(resources)).replace(str(team.place), "/place")
    text = re.sub(rf"\b{team.name}\b", "stack", text)
    return {resource["urn"]: plain(resource) for resource in json.loads(text)}


def plain(resource: dict[str, Any]) -> dict[str, Any]:
    """Without times and identities, in one order."""
    found = {key: value for key, value in resource.items() if key not in EACH_ITS_OWN}
    if "created" not in resource:
        found["created"] = "never"
    if resource["type"].startswith("pulumi:providers:"):
        del found["id"]
    if "provider" in found:
        found["provider"] = found["provider"].rpartition("::")[0]
    if "outputs" in found:
        given = found["outputs"].items()
        found["outputs"] = {key: value for key, value in given if key not in EACH_ITS_OWN}
    found["dependencies"] = sorted(found.get("dependencies") or ())
    needs = found.get("propertyDependencies") or {}
    found["propertyDependencies"] = {key: sorted(urns) for key, urns in needs.items() if urns}
    return found


def shape(resource: dict[str, Any]) -> dict[str, Any]:
    """All that the program decides of a resource, but its inputs."""
    return {key: value for key, value in resource.items() if key not in ("inputs", "outputs")}


def test_a_creation_killed_after_every_call_is_completed(
    team: Team, killer: Killer, second: Team
) -> None:
    """Each resource in turn is made and not recorded; nothing is lost, doubled or deleted.

    The state is then that of a stack whose deployment nobody killed.
    """
    for each in (team, second):
        each.configure(guardData=True)
    pending = killer.until_done()
    created = {line.split()[2] for line in pending if line.startswith("Pending: creating")}
    assert created == KINDS
    assert "nothing is pending" in team.must("recover")
    assert "0 changed" in team.must("deploy")
    team.must("drift")
    # No version but the one that is complete: half a function was never published.
    version = team.outputs["candidateVersion"]
    published = team.client("lambda").get_function_configuration(
        FunctionName=team.function, Qualifier=version
    )
    assert published["CodeSha256"] == team.outputs["codeSha256"]
    for _ in range(2):  # the second time what AWS made of it is read, as above
        second.must("deploy")
    untroubled = recorded(second.state["resources"], second)
    assert recorded(team.state["resources"], team) == untroubled
    # And each was so from the moment when it was taken, but for what AWS did not have yet.
    taken = recorded(killer.taken.values(), team)
    for urn, resource in taken.items():
        assert shape(resource) == shape(untroubled[urn])
        inputs = resource["inputs"]
        lacking = {key for key, value in untroubled[urn]["inputs"].items() if inputs[key] != value}
        assert lacking <= LACKING.get(resource["type"], set()), urn


@pytest.mark.parametrize("first", ["1", "CreateFunction"])
def test_what_was_never_made_is_forgotten(team: Team, killer: Killer, first: str) -> None:
    """A pending creation of which AWS knows nothing: the next deployment makes it."""
    _, _, [call] = killer.run(f"before:{first}")
    said = team.must("recover", "--yes")
    assert ": AWS has none" in said, call
    team.must("deploy")
    team.must("drift")


def test_an_update_killed_after_every_call_is_completed(team: Team, killer: Killer) -> None:
    """Also where the function was changed, and not yet published."""
    team.must("deploy")
    team.configure(memoryMb=256, logRetentionDays=14, releaseDurationMs=2000)
    pending = killer.until_done()
    assert any(line.startswith("Pending: updating Function") for line in pending)
    team.must("deploy")
    published = team.client("lambda").get_function_configuration(
        FunctionName=team.function, Qualifier=team.outputs["candidateVersion"]
    )
    assert published["MemorySize"] == 256
    team.must("drift")


def test_a_version_whose_publication_was_refused_is_published_after_all(
    team: Team, killer: Killer
) -> None:
    """The provider records the change as done; a deployment alone would publish nothing."""
    team.must("deploy")
    team.configure(memoryMb=256)
    status, _, calls = killer.run("refuse:PublishVersion")
    assert (status, calls) == (1, ["PublishVersion"])
    status, said = team.run("deploy")
    assert status == 2
    assert "updating Function processor" in said
    team.must("recover", "--yes")
    team.must("deploy")
    assert team.outputs["candidateVersion"] == "2"
    assert "nothing is pending" in team.must("recover")
    team.must("drift")


def test_a_deletion_killed_after_every_call_is_completed(team: Team, killer: Killer) -> None:
    """What is gone is forgotten; the stack can be deployed anew."""
    team.must("deploy")
    pending = killer.until_done("destroy", "--yes")
    assert {line.split()[2] for line in pending if line.startswith("Pending: deleting")} == KINDS
    assert "create  Table orders" in team.must("deploy")
    team.must("drift")


def test_who_is_not_there_to_ask_is_not_asked(team: Team, killer: Killer) -> None:
    """Nothing is changed without --yes; until then a deployment says what to do, and AWS stays."""
    killer.run("wave:0")
    before = {path: path.read_bytes() for path in team.backend.rglob("*.json")}
    status, said = team.run("recover")
    assert status == 2
    assert "add --yes" in said
    assert {path: path.read_bytes() for path in team.backend.rglob("*.json")} == before
    status, said = team.run("deploy")
    assert status == 1  # it is locked as well
    assert f"nox -s recover -- {team.name}" in said
    team.must("recover", "--yes")
    team.must("deploy")


def test_of_two_deployments_at_most_one_begins(team: Team) -> None:
    """Who is refused is told who holds the stack, and changes nothing.

    Both may be: Pulumi's backend looks for another lock, writes its own, and looks again.
    """
    both = [team.start("deploy"), team.start("deploy")]
    ends = [process.communicate(timeout=300) for process in both]
    for process, (_, told) in zip(both, ends, strict=True):
        if process.returncode:  # not where one began when the other was done
            assert process.returncode == 1
            assert "locked by 1 lock" in told
            assert f"nox -s recover -- {team.name}" in told
    team.must("deploy")
    team.must("drift")
