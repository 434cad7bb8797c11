"""The account's own program on the real CLI, and what brings it back when it was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox import emulated

from infra.tests.pulumi.killer import Killer
from infra.tests.pulumi.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {
    "OpenIdConnectProvider", "Policy", "Role", "RolePolicy", "Bucket", "BucketVersioning",
    "BucketServerSideEncryptionConfiguration", "BucketPublicAccessBlock", "BucketPolicy",
    "BucketObjectv2",
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
