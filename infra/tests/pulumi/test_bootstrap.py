"""The account's own program on the real CLI, and what brings it back when it was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sandbox import emulated

from infra.tests.pulumi import before_managed_policies
from infra.tests.pulumi.killer import Killer
from infra.tests.pulumi.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {
    "OpenIdConnectProvider", "Policy", "Role", "RolePolicyAttachment", "Bucket",
    "BucketVersioning", "BucketServerSideEncryptionConfiguration", "BucketPublicAccessBlock",
    "BucketPolicy", "BucketObjectv2",
}  # fmt: skip


@pytest.fixture
def account(tmp_path: Path, aws: dict[str, str], artifact: Path) -> Iterator[Team]:
    """Return who prepares an account of its own, of which a part is a name's alone."""
    del aws  # it sees to it that there is a CLI
    with emulated.aws(tmp_path / "aws") as environment:
        yield Team(tmp_path, environment, artifact, "account", "bootstrap")


def test_an_account_is_prepared_once(account: Team) -> None:
    """The second time there is nothing to do; what somebody changed by hand is put back."""
    account.must("preview")
    account.must("deploy")
    account.must("drift")
    assert "0 changed" in account.must("deploy")
    bucket = account.outputs["githubEnvironments"]["dev"]["PULUMI_BACKEND_URL"].split("/")[2]
    account.client("s3").delete_bucket_policy(Bucket=bucket)
    status, said = account.run("drift")
    assert status == 1
    assert "| delete | BucketPolicy state |" in said
    account.must("deploy")
    account.must("drift")


def test_a_preparation_killed_after_every_call_is_completed(account: Team, tmp_path: Path) -> None:
    """Each resource in turn is made and not recorded: found by its name, and never made twice."""
    pending = Killer(account, tmp_path).until_done()
    created = {line.split()[2] for line in pending if line.startswith("Pending: creating")}
    assert created == KINDS
    assert "nothing is pending" in account.must("recover")
    assert "0 changed" in account.must("deploy")
    account.must("drift")
    iam = account.client("iam")
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1


def test_an_account_from_before_keeps_its_roles(account: Team) -> None:
    """One more run puts inline policies into managed ones; the preview says so and no more."""
    main = account.tree / "infra" / "bootstrap" / "__main__.py"
    present = main.readlink()
    account.configure(stacks="dev", loadStacks="dev", newStacks="dev")
    main.unlink()
    main.symlink_to(Path(before_managed_policies.__file__))
    account.must("deploy")
    before = roles(account)
    assert [inline for _, inline, _ in before.values()] == [["deploy", "make"]] + [
        [kind] for kind in ("load", "preview", "rollback")
    ]
    main.unlink()
    main.symlink_to(present)
    account.must("preview")
    rows = [line.split()[1:4:2] for line in account.page("preview.md").splitlines()[4:-2]]
    assert {(operation, kind) for operation, kind in rows} == {
        ("create", "Policy"), ("create", "RolePolicyAttachment"), ("delete", "RolePolicy"),
    }  # fmt: skip
    account.must("deploy")
    after = roles(account)
    assert {name: made for name, (made, _, _) in after.items()} == {
        name: made for name, (made, _, _) in before.items()
    }
    assert [inline for _, inline, _ in after.values()] == [[]] * 4
    assert all(attached for _, _, attached in after.values())
    account.must("drift")


def roles(account: Team) -> dict[str, tuple[str, list[str], list[str]]]:
    """Return each workflow's role: its id, its inline policies and its managed ones."""
    iam: Any = account.client("iam")
    found = {}
    for role in sorted(iam.list_roles()["Roles"], key=lambda role: str(role["RoleName"])):
        name = role["RoleName"]
        if name.startswith("workflow-"):
            inline = sorted(iam.list_role_policies(RoleName=name)["PolicyNames"])
            attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            found[name] = (role["RoleId"], inline, [each["PolicyName"] for each in attached])
    return found
