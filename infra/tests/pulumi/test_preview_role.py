"""The first pull request of a fork: its preview may only read, and nothing is deployed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox import emulated

from infra.tests.bootstrapped import prepare
from infra.tests.integration.test_bootstrap_trust import DEV, REPOSITORY, UNSENT, Aws, make
from infra.tests.pulumi.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = DEV.state_bucket.rpartition(":")[2]


@pytest.fixture
def account(tmp_path: Path, aws: dict[str, str]) -> Iterator[Aws]:
    """Return an account after the bootstrap, with an empty bucket for the state."""
    del aws  # it sees to it that there is a CLI
    with emulated.aws(tmp_path / "account") as environment:
        running = Aws(environment)
        make(running.client("iam"), prepare(**UNSENT))
        running.client("s3").create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def reader(tmp_path: Path, account: Aws, artifact: Path) -> Team:
    """Return a team whose stack is `dev`, with the rights of its preview's role."""
    keys = account.take("preview", f"{REPOSITORY}:environment:dev-preview")
    role = {
        **account.environment,
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    team = Team(tmp_path, role, artifact, "dev")
    where = f"endpoint={role['AWS_ENDPOINT_URL']}&s3ForcePathStyle=true&region=us-east-1"
    team.environment["PULUMI_BACKEND_URL"] = f"s3://{BUCKET}/dev?{where}"
    return team


def held(account: Aws) -> list[str]:
    """The keys of all that the bucket holds."""
    found: Any = account.client("s3").list_objects_v2(Bucket=BUCKET)
    return [entry["Key"] for entry in found.get("Contents", ())]


def test_a_first_preview_needs_no_more_than_to_read(account: Aws, reader: Team) -> None:
    """It shows everything to be created, ends with 0, and leaves the backend as it was."""
    left = [one.inputs for one in prepare(**UNSENT).of_type(":BucketObjectv2")]
    [made] = [inputs for inputs in left if inputs["key"].startswith("dev/")]
    account.client("s3").put_object(Bucket=BUCKET, Key=made["key"], Body=made["content"].encode())
    said = reader.must("preview")
    assert "It was never deployed" in said
    assert "| create | Table orders |" in reader.page("preview.md")
    assert held(account) == [made["key"]]


def test_without_what_the_bootstrap_leaves_it_is_refused(account: Aws, reader: Team) -> None:
    """The CLI would write to an empty backend; its words say so."""
    status, said = reader.run("preview")
    assert status == 1
    assert "AccessDenied" in said
    assert held(account) == []
