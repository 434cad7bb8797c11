from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import refusal
from emulator.tests.running import policy, trust

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

_names = itertools.count()


@pytest.fixture
def iam(emulator: RunningEmulator) -> Any:
    """A client for IAM."""
    return emulator.client("iam")


@pytest.fixture
def role(iam: Any) -> dict[str, str]:
    """A role, as calls name it."""
    named = {"RoleName": f"corrected-{next(_names)}"}
    iam.create_role(**named, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    return named


@pytest.fixture
def versions(iam: Any) -> dict[str, str]:
    """A policy with two versions, the first in force, as calls name it."""
    made = iam.create_policy(PolicyName=f"policy-{next(_names)}", PolicyDocument=policy("s3:Get*"))
    named = {"PolicyArn": made["Policy"]["Arn"]}
    iam.create_policy_version(**named, PolicyDocument=policy("s3:List*"))
    return named


@pytest.mark.behaviour("S16")
def test_a_policy_with_versions_is_not_deleted(iam: Any, versions: dict[str, str]) -> None:
    """DeleteConflict, until the other versions are deleted."""
    status, code, text = refusal(iam.delete_policy, **versions)
    assert (status, code) == (409, "DeleteConflict")
    assert "more than one version" in text
    iam.delete_policy_version(**versions, VersionId="v2")
    iam.delete_policy(**versions)


@pytest.mark.behaviour("S17")
def test_another_version_is_put_in_force(iam: Any, versions: dict[str, str]) -> None:
    """SetDefaultPolicyVersion; a version that there is not is refused."""
    iam.set_default_policy_version(**versions, VersionId="v2")
    assert iam.get_policy(**versions)["Policy"]["DefaultVersionId"] == "v2"
    listed = iam.list_policy_versions(**versions)["Versions"]
    assert {item["VersionId"]: item["IsDefaultVersion"] for item in listed} == {
        "v1": False,
        "v2": True,
    }
    code = refusal(iam.set_default_policy_version, **versions, VersionId="v7")[1]
    assert code == "NoSuchEntity"


@pytest.mark.behaviour("S17")
def test_what_is_in_force_decides(
    emulator: RunningEmulator, iam: Any, versions: dict[str, str]
) -> None:
    """Which version is the default is what a role may do."""
    role = {"RoleName": emulator.role().rpartition("/")[2]}
    arn = iam.get_role(**role)["Role"]["Arn"]
    iam.attach_role_policy(**role, **versions)

    def decisions() -> list[str]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:ListBucket"]
        )
        return [result["EvalDecision"] for result in answer["EvaluationResults"]]

    assert decisions() == ["allowed", "implicitDeny"]
    iam.set_default_policy_version(**versions, VersionId="v2")
    assert decisions() == ["implicitDeny", "allowed"]


@pytest.mark.behaviour("S18")
@pytest.mark.parametrize("owner", ["aws", "123456789012"])
def test_a_policy_that_there_is_not_is_not_attached(
    iam: Any, role: dict[str, str], owner: str
) -> None:
    """A misspelt one of AWS's own as well."""
    arn = f"arn:aws:iam::{owner}:policy/AWSXrayDaemonWriteAccess"
    refused = refusal(iam.attach_role_policy, **role, PolicyArn=arn)
    assert refused == (404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    right = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
    iam.attach_role_policy(**role, PolicyArn=right)
    attached = iam.list_attached_role_policies(**role)["AttachedPolicies"]
    assert [item["PolicyArn"] for item in attached] == [right]


@pytest.mark.behaviour("S19")
def test_a_trust_policy_is_json(iam: Any, role: dict[str, str]) -> None:
    """MalformedPolicyDocument, at its creation and later."""
    malformed = (400, "MalformedPolicyDocument", "This policy contains invalid Json")
    create = {"RoleName": "no-trust", "AssumeRolePolicyDocument": "{lambda}"}
    assert refusal(iam.create_role, **create) == malformed
    assert refusal(iam.update_assume_role_policy, **role, PolicyDocument="no json") == malformed


@pytest.mark.behaviour("S20")
def test_lists_have_pages(iam: Any, role: dict[str, str]) -> None:
    """MaxItems and Marker; the last page is not truncated."""
    names = [f"inline-{number}" for number in range(5)]
    for name in names:
        iam.put_role_policy(**role, PolicyName=name, PolicyDocument=policy("s3:*"))
    first = iam.list_role_policies(**role, MaxItems=2)
    assert (first["PolicyNames"], first["IsTruncated"]) == (names[:2], True)
    pages = iam.get_paginator("list_role_policies").paginate(
        **role, PaginationConfig={"PageSize": 2}
    )
    assert [page["PolicyNames"] for page in pages] == [names[:2], names[2:4], names[4:]]
    refused = refusal(iam.list_role_policies, **role, Marker="elsewhere")
    assert refused[1] == "ValidationError"
