"""Sessions and users on Lambda and CloudWatch: judged by their policies, as by every service."""

from __future__ import annotations

import base64
import itertools
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from emulator.tests.principals import ACCOUNT, Role, by, said
from emulator.tests.running import RUNTIME, policy, zipped

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

GITHUB = "token.actions.githubusercontent.com"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_names = itertools.count()


@pytest.mark.behaviour("P5")
def test_a_session_may_what_its_roles_policies_allow(
    emulator: RunningEmulator, versatile: str
) -> None:
    """Nothing without one; then just what it names, from the next call on."""
    role = Role(emulator)
    client, metrics = role.client("lambda"), role.client("cloudwatch")
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{versatile}"
    denied = (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/job is not authorized to perform: "
    )
    assert said(client.get_function, FunctionName=versatile) == (
        f"{denied}lambda:GetFunction on resource: {function} because no identity-based policy "
        "allows the lambda:GetFunction action"
    )
    assert said(metrics.list_metrics).startswith(f"{denied}cloudwatch:ListMetrics on resource: *")
    role.may("lambda:GetFunction", on=function)
    assert client.get_function(FunctionName=versatile)
    assert said(client.get_function, FunctionName=versatile, Qualifier="1").startswith(denied)
    role.may("cloudwatch:*")
    assert "Metrics" in metrics.list_metrics()
    assert said(client.get_function, FunctionName=versatile)


@pytest.mark.behaviour("P5")
def test_alarms_and_dashboards_are_resources(emulator: RunningEmulator) -> None:
    """An alarm by its name, DescribeAlarms by all of them, a dashboard without a region."""
    role = Role(emulator)
    client = role.client("cloudwatch")
    role.may("cloudwatch:*", on=f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:mine-*")
    client.delete_alarms(AlarmNames=["mine-1"])
    assert "alarm:other" in said(client.delete_alarms, AlarmNames=["mine-1", "other"])
    assert f"{ACCOUNT}:alarm:* " in said(client.describe_alarms, AlarmNames=["mine-1"])
    wanted = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/mine "
    assert wanted in said(client.get_dashboard, DashboardName="mine")


@pytest.mark.behaviour("P6")
def test_managed_policies_boundary_and_session_policy_count(emulator: RunningEmulator) -> None:
    """What is attached allows; a boundary and a session's own policy take away."""
    iam = emulator.client("iam")
    arns = {
        name: iam.create_policy(
            PolicyName=f"{name}-{next(_names)}", PolicyDocument=policy(*actions)
        )["Policy"]["Arn"]
        for name, actions in {"all": ["*"], "reads": ["lambda:List*", "sts:*"]}.items()
    }
    role = Role(emulator, PermissionsBoundary=arns["reads"])
    iam.attach_role_policy(RoleName=role.name, PolicyArn=arns["all"])
    iam.attach_role_policy(RoleName=role.name, PolicyArn=BASIC)
    client = role.client("lambda")
    assert "Functions" in client.list_functions()
    assert "because no permissions boundary allows" in said(client.get_account_settings)
    narrow = role.client("lambda", Policy=policy("s3:*"))
    assert "because no session policy allows" in said(narrow.list_functions)
    iam.detach_role_policy(RoleName=role.name, PolicyArn=arns["all"])
    assert "because no identity-based policy allows" in said(client.list_functions)


def token(**claims: str) -> str:
    """A job's token as GitHub writes it, but for the signature."""
    parts = ({"alg": "RS256"}, {"iss": f"https://{GITHUB}", **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(each.rstrip("=") for each in encoded), "c2lnbmF0dXJl"])


@pytest.mark.behaviour("P8")
@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({}, True),
        ({"sub": "repo:o/r:pull_request"}, False),
        ({"aud": "another"}, False),
        ({"ref": "refs/heads/topic"}, False),
        ({"job_workflow_ref": "o/r/.github/workflows/other.yml@refs/heads/main"}, False),
    ],
    ids=str,
)
def test_a_token_is_judged_by_the_trust_policys_conditions(
    emulator: RunningEmulator, changed: dict[str, str], taken: bool
) -> None:
    """Subject, audience, ref and workflow's file, by StringEquals and StringLike."""
    claims = {
        "sub": "repo:o/r:environment:prod",
        "aud": "sts.amazonaws.com",
        "ref": "refs/heads/main",
        "job_workflow_ref": "o/r/.github/workflows/release.yml@refs/heads/main",
    }
    like = {f"{GITHUB}:job_workflow_ref": "o/r/.github/workflows/release.yml@*"}
    compared = {name: claims[name] for name in ("sub", "aud", "ref")}
    equal = {f"{GITHUB}:{name}": value for name, value in compared.items()}
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": equal, "StringLike": like},
    }
    role = Role(emulator)
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=document)
    sts = boto3.client(
        "sts",
        endpoint_url=emulator.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )
    asked: Any = {"RoleArn": role.arn, "RoleSessionName": "job"}
    asked["WebIdentityToken"] = token(**claims | changed)
    if not taken:
        refused = said(sts.assume_role_with_web_identity, **asked)
        assert refused == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        return
    keys: Any = sts.assume_role_with_web_identity(**asked)["Credentials"]
    assert f"{role.name}/job is not" in said(by(emulator, "lambda", keys).list_functions)


@pytest.mark.behaviour("P7")
def test_who_gives_a_role_to_a_function_may_pass_it(emulator: RunningEmulator) -> None:
    """iam:PassRole, to Lambda."""
    role = Role(emulator)
    role.may("lambda:*")
    client, passed = role.client("lambda"), emulator.role("logs:*")
    function: dict[str, Any] = {
        "FunctionName": "passed",
        "Runtime": RUNTIME,
        "Handler": "app.handler",
        "Role": passed,
        "Code": {"ZipFile": zipped({"app.py": ""})},
    }
    assert f"iam:PassRole on resource: {passed} " in said(client.create_function, **function)
    role.may("lambda:*", "iam:PassRole")
    assert client.create_function(**function)["Role"] == passed


@pytest.mark.behaviour("P5")
def test_a_user_is_judged_by_its_own_and_its_groups_policies(emulator: RunningEmulator) -> None:
    """And its key is nobody's once it is inactive, or deleted."""
    iam, name = emulator.client("iam"), f"user-{next(_names)}"
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    client = by(emulator, "lambda", keys)
    assert f"User: arn:aws:iam::{ACCOUNT}:user/{name} is" in said(client.list_functions)
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy("lambda:List*"))
    iam.add_user_to_group(GroupName=name, UserName=name)
    assert "Functions" in client.list_functions()
    switch = {"UserName": name, "AccessKeyId": keys["AccessKeyId"]}
    iam.update_access_key(**switch, Status="Inactive")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client.list_functions()
    iam.update_access_key(**switch, Status="Active")
    assert "Functions" in client.list_functions()
    iam.delete_access_key(**switch)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client.list_functions()
