"""A stack's life: never deployed, deployed, changed by hand, deployed again."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from infra.tests.integration.deployed import build_artifact

if TYPE_CHECKING:
    from infra.tests.pulumi.team import Team


def _everything(team: Team) -> dict[str, bytes]:
    """Every file of the backend and of the work tree."""
    files = [*team.backend.rglob("*"), *team.tree.rglob("*")]
    return {str(path): path.read_bytes() for path in files if path.is_file()}


def test_a_stack_that_was_never_deployed_is_previewed(team: Team) -> None:
    """Everything is to be created, the page says why, and the team's backend has no stack."""
    said = team.must("preview")
    assert "It was never deployed: everything would be created." in team.page("preview.md")
    assert "| create | Function processor |" in said
    assert not list(team.backend.rglob("*.json"))
    assert team.run("drift")[0] == 3
    assert "there is nothing to compare AWS with" in team.page("drift.md")


def test_no_command_changes_the_work_tree(team: Team) -> None:
    """The CLI rewrites the stack file that it selects: ours is a copy."""
    before = team.stack_file.read_bytes()
    for verb in ("preview", "deploy", "preview", "drift", "recover"):
        team.must(verb)
        assert team.stack_file.read_bytes() == before, verb
    assert [path.name for path in team.stack_file.parent.iterdir()] == [team.stack_file.name]


def test_a_second_deployment_changes_nothing(team: Team) -> None:
    """What the first left is what the program asks for: no drift either."""
    assert "create  Function processor" in team.must("deploy")
    assert team.outputs["candidateVersion"] == "1"
    said = team.must("deploy")
    assert "0 changed" in said
    assert "unchanged." in team.must("preview")
    assert "| update" not in team.must("drift")


def test_a_preview_writes_nothing_to_the_backend(team: Team) -> None:
    """Its role may only read."""
    team.must("deploy")
    before = _everything(team)
    team.configure(memoryMb=256)
    assert "| update | Function processor | `memorySize`: `512` → `256` |" in team.must("preview")
    team.configure()
    assert _everything(team) == before


def test_a_renamed_stack_is_not_made_anew(team: Team) -> None:
    """The orders would go with its old table; the sentence says what to do, and doing it helps."""
    team.must("deploy")
    before, after = team.name, f"{team.name}-new"
    team.rename(after)
    for command in ("preview", "deploy"):
        status, said = team.run(command)
        assert status == 2
        assert f"was '{before}' when it was last deployed" in said
    assert f"pulumi stack rename {before} --stack {after}" in said
    team.rename(before)
    assert "0 changed" in team.must("deploy")


def test_code_changed_by_hand_is_drift_and_a_deployment_puts_it_back(team: Team) -> None:
    """Its hash is what AWS answers, not what the state carries on."""
    team.must("deploy")
    built = team.outputs["codeSha256"]
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("foreign.py", "handler = None\n")
    client = team.client("lambda")
    client.update_function_code(FunctionName=team.function, ZipFile=foreign.getvalue())
    client.get_waiter("function_updated_v2").wait(FunctionName=team.function)
    status, said = team.run("drift")
    assert status == 1
    assert "| update | Function processor | `codeSha256`" in said
    assert "Changed by hand in AWS: Function processor (codeSha256)" in team.must("deploy")
    assert client.get_function_configuration(FunctionName=team.function)["CodeSha256"] == built
    version = team.outputs["candidateVersion"]
    published = client.get_function_configuration(FunctionName=team.function, Qualifier=version)
    assert published["CodeSha256"] == built
    team.must("drift")


def test_settings_changed_by_hand_are_named_and_put_back(team: Team) -> None:
    """What was deleted too."""
    team.must("deploy")
    client, iam = team.client("lambda"), team.client("iam")
    client.update_function_configuration(FunctionName=team.function, Timeout=77)
    client.get_waiter("function_updated_v2").wait(FunctionName=team.function)
    [policy] = iam.list_role_policies(RoleName=team.function)["PolicyNames"]
    iam.delete_role_policy(RoleName=team.function, PolicyName=policy)
    status, said = team.run("drift")
    assert status == 1
    assert "`timeout`: `30` → `77`" in said
    assert "| delete | RolePolicy processor |" in said
    team.must("deploy")
    assert client.get_function_configuration(FunctionName=team.function)["Timeout"] == 30
    assert iam.list_role_policies(RoleName=team.function)["PolicyNames"] == [policy]
    team.must("drift")


def test_the_release_moves_the_alias_and_no_deployment_does(team: Team) -> None:
    """A running canary is neither drift nor put back, whatever else is deployed."""
    team.must("deploy")
    build_artifact(team.place / "artifact", label="second")
    team.must("deploy")
    assert team.outputs["candidateVersion"] == "2"
    client = team.client("lambda")
    client.update_alias(
        FunctionName=team.function,
        Name="production",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
        Description="a canary",
    )
    before = client.get_alias(FunctionName=team.function, Name="production")
    team.must("drift")
    team.configure(memoryMb=256)
    team.must("deploy")
    after = client.get_alias(FunctionName=team.function, Name="production")
    assert after["RevisionId"] == before["RevisionId"]
    team.must("drift")
