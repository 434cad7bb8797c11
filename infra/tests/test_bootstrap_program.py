"""The account as a whole: what the bootstrap registers."""

from __future__ import annotations

import json
import runpy
import sys
from typing import TYPE_CHECKING

import pulumi
import pytest

from infra.bootstrap import trust
from infra.tests.bootstrapped import ACCOUNT, DIRECTORY, REGION, prepare

if TYPE_CHECKING:
    from infra.tests.recording import Recording

BUCKET = f"order-processing-state-{ACCOUNT}-{REGION}"


@pytest.fixture(scope="module")
def account() -> Recording:
    """Return what the committed stack registers."""
    return prepare()


def test_every_environment_of_the_workflows_has_its_role(account: Recording) -> None:
    """One role per GitHub environment: production is not among those that may be loaded."""
    roles = {role.inputs["name"] for role in account.of_type(":Role")}
    kinds = {"dev": ["load"], "staging": ["load"], "prod": []}
    assert roles == {
        f"workflow-order-processing-{stack}-{kind}"
        for stack, more in kinds.items()
        for kind in ("preview", "deploy", "rollback", *more)
    }


def test_each_role_trusts_its_own_environment_alone(account: Recording) -> None:
    """No two roles share a subject, and each role's has the stack's and the kind's name."""
    trusted = {}
    for role in account.of_type(":Role"):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        (subject,) = statement["Condition"]["StringEquals"][f"{trust.ISSUER}:sub"]
        trusted[role.inputs["name"].removeprefix("workflow-order-processing-")] = subject
    prefix = "repo:your-org@1/order-processing@2:environment:"
    assert trusted["dev-deploy"] == f"{prefix}dev"
    assert trusted["prod-rollback"] == f"{prefix}prod-rollback"
    assert len(set(trusted.values())) == len(trusted) == 11


def test_only_a_new_stack_may_be_made() -> None:
    """Its deploy role has a policy more, which goes with the setting."""
    made = "workflow-order-processing-staging-make-1"
    recorded = attached(prepare(newStacks="staging"))
    assert made in recorded["workflow-order-processing-staging-deploy"]
    assert [name for names in recorded.values() for name in names if "-make-" in name] == [made]
    assert "-make-" not in str(attached(prepare(newStacks="")))


def test_each_role_has_its_own_policies_and_no_others(account: Recording) -> None:
    """All that it may do, under its own name; and each policy is a role's or a boundary."""
    found = attached(account)
    assert {*found} == {role.inputs["name"] for role in account.of_type(":Role")}
    for role, policies in found.items():
        making = role.replace("-deploy", "-make")
        for name in policies:
            assert name.rpartition("-")[0] in {role, making}
    made = {policy.inputs["name"] for policy in account.of_type(":Policy")}
    bounds = {name for name in made if name.endswith("-boundary")}
    assert made - bounds == {name for policies in found.values() for name in policies}
    assert len(bounds) == 6


def attached(recorded: Recording) -> dict[str, list[str]]:
    """Return the names of each role's policies."""
    found: dict[str, list[str]] = {}
    for each in recorded.of_type(":RolePolicyAttachment"):
        arn = each.inputs["policyArn"].removeprefix("arn:")
        found.setdefault(each.inputs["role"], []).append(arn)
    return found


def test_every_role_is_bounded_by_its_stack(account: Recording) -> None:
    """The boundary is a policy that the same run makes."""
    made = {policy.inputs["name"] for policy in account.of_type(":Policy")}
    for role in account.of_type(":Role"):
        stack = role.inputs["name"].removeprefix("workflow-order-processing-").split("-")[0]
        boundary = f"order-processing-{stack}-workflow-boundary"
        assert role.inputs["permissionsBoundary"] == f"arn:{boundary}"
        assert boundary in made


def test_the_state_is_kept_safe(account: Recording) -> None:
    """Versioned, encrypted, not public, over TLS, and not deleted with its stack."""
    bucket = account.only(":Bucket")
    assert bucket.inputs["bucket"] == BUCKET
    assert bucket.protected
    assert bucket.retained
    versioning = account.only(":BucketVersioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    (rule,) = account.only(":BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    blocked = account.only(":BucketPublicAccessBlock").inputs
    assert [value for key, value in blocked.items() if key != "bucket"] == [True] * 4
    (statement,) = json.loads(account.only(":BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_a_first_preview_finds_a_backend_that_it_need_not_write(account: Recording) -> None:
    """One below each stack's prefix, as its PULUMI_BACKEND_URL has it, and never changed again."""
    made = {o.inputs["key"]: o for o in account.of_type(":BucketObjectv2")}
    environments = account.exported["githubEnvironments"].values()
    urls = {one["PULUMI_BACKEND_URL"].partition("?")[0] for one in environments}
    assert {f"s3://{BUCKET}/{key}" for key in made} == {f"{u}/.pulumi/meta.yaml" for u in urls}
    assert {one.inputs["content"] for one in made.values()} == {"version: 1\n"}


def test_github_is_known_for_one_audience(account: Recording) -> None:
    """The provider takes tokens made for AWS only, and is made before the roles that name it."""
    provider = account.only(":OpenIdConnectProvider")
    assert provider.inputs["url"] == "https://token.actions.githubusercontent.com"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    assert all(role.dependencies for role in account.of_type(":Role"))


def test_an_account_that_knows_github_keeps_its_provider() -> None:
    """An account has one provider per issuer: a second would be refused."""
    recorded = prepare(createProvider="false")
    assert not recorded.of_type(":OpenIdConnectProvider")
    assert recorded.of_type(":Role")


def test_another_account_is_refused_by_the_provider(account: Recording) -> None:
    """Every resource is made by a provider that knows the account's number."""
    provider = account.only("pulumi:providers:aws")
    assert json.loads(provider.inputs["allowedAccountIds"]) == [ACCOUNT]
    assert provider.inputs["region"] == REGION


def test_the_outputs_are_what_a_person_enters(account: Recording) -> None:
    """The variables of each GitHub environment, and each stack's boundary."""
    environments = account.exported["githubEnvironments"]
    assert environments["staging-load"] == {
        "AWS_ROLE_ARN": "arn:workflow-order-processing-staging-load",
        "AWS_REGION": REGION,
        "PULUMI_BACKEND_URL": f"s3://{BUCKET}/staging?region={REGION}",
    }
    assert "prod" in environments
    assert "prod-load" not in environments
    boundaries = account.exported["permissionsBoundaryArns"]
    assert boundaries["prod"] == "arn:order-processing-prod-execution-boundary"


def test_a_bad_setting_ends_the_run_with_its_sentence() -> None:
    """Nothing is registered, and the person reads what to correct."""
    with pytest.raises(pulumi.RunError, match="accountId is '12' but must be"):
        prepare(accountId="12")


def test_it_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point runs it from a folder of its own, as the engine does."""
    called: list[str] = []
    monkeypatch.setattr("infra.bootstrap.program.deploy", lambda: called.append("deploy"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    runpy.run_path(str(DIRECTORY / "__main__.py"), run_name="__main__")
    assert called == ["deploy"]
