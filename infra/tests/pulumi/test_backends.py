"""Where the state is kept: what a person is told, and taking it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from infra.tests.pulumi.team import Team


def test_no_backend_is_told_in_the_cli_s_words(team: Team) -> None:
    """And only then how to name one."""
    status, said = team.run("preview", PULUMI_BACKEND_URL="")
    assert status == 1
    assert "PULUMI_ACCESS_TOKEN must be set for login" in said
    assert "set PULUMI_BACKEND_URL" in said
    assert "PULUMI_ACCESS_TOKEN must be set for login" in team.page("preview.md")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"PULUMI_BACKEND_URL": "file:///no/such/place"}, "no such file or directory"),
        (
            {
                "PULUMI_BACKEND_URL": "s3://state?region=us-east-1",
                "AWS_ACCESS_KEY_ID": "",
                "AWS_SECRET_ACCESS_KEY": "",
            },
            "credentials",
        ),
    ],
)
def test_what_a_backend_refuses_is_told_in_its_words(
    team: Team, change: dict[str, str], words: str
) -> None:
    """Not that a variable were missing."""
    status, said = team.run("drift", **change)
    assert status == 1
    assert words in said
    assert "set PULUMI_BACKEND_URL" not in said
    assert words in team.page("drift.md")


def test_a_backend_of_a_newer_cli_is_told_in_the_cli_s_words(team: Team) -> None:
    """It would misread it."""
    (team.backend / ".pulumi").mkdir()
    (team.backend / ".pulumi" / "meta.yaml").write_text("version: 99\n", "utf-8")
    status, said = team.run("preview")
    assert status == 1
    assert "99" in said
    assert "set PULUMI_BACKEND_URL" not in said


def test_a_wrong_passphrase_is_told_in_the_cli_s_words(team: Team) -> None:
    """It is another than the one that the state was made with."""
    team.must("deploy", PULUMI_CONFIG_PASSPHRASE="right")
    status, said = team.run("preview", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert status == 1
    assert "incorrect passphrase" in said
    assert "set PULUMI_BACKEND_URL" not in said
    team.must("drift", PULUMI_CONFIG_PASSPHRASE="right")


def test_a_state_is_moved_by_one_command(team: Team, tmp_path: Path) -> None:
    """Nothing in AWS is touched; the new backend knows all, and does not take it twice."""
    team.must("deploy")
    there = tmp_path / "there"
    there.mkdir()
    url = f"file://{there}"
    assert "resources are recorded there now" in team.must("move", "--to", url)
    status, said = team.run("move", "--to", url)
    assert status == 2
    assert "already: nothing was changed" in said
    assert "0 changed" in team.must("deploy", PULUMI_BACKEND_URL=url)
    team.must("drift", PULUMI_BACKEND_URL=url)


def test_what_is_guarded_outlives_the_stack(team: Team) -> None:
    """The orders; deployed anew, the stack takes them."""
    team.configure(guardData=True)
    team.must("deploy")
    table = team.client("dynamodb")
    order = {"orderId": {"S": "o-1"}}
    table.put_item(TableName=team.outputs["tableName"], Item=order)
    status, said = team.run("destroy")
    assert status == 2
    assert "add --yes" in said
    assert "orders" in team.must("destroy", "--yes").splitlines()[-1]
    alarms = team.client("cloudwatch").describe_alarms(AlarmNamePrefix="order-processing-")
    assert not [a for a in alarms["MetricAlarms"] if a["AlarmName"].endswith(f"-{team.name}")]
    team.must("deploy")
    found = table.get_item(TableName=team.outputs["tableName"], Key=order)
    assert found["Item"] == order
    team.must("drift")


def test_what_is_not_guarded_goes_and_can_be_deployed_anew(team: Team) -> None:
    """Everything."""
    team.must("deploy")
    assert team.must("destroy", "--yes").splitlines()[-1] == "Nothing is left."
    client = team.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=team.function)
    assert "create  Function processor" in team.must("deploy")
    team.must("drift")
