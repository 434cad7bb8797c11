"""The bootstrap's roles on the emulated AWS: who may take them, and that nobody lifts a boundary.

The emulator compares a token's claims with the trust policy as STS does. It does not check the
token's signature, which is GitHub's and AWS's affair.
"""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from engine.providers.iam import Role

from infra import policies
from infra.bootstrap import trust
from infra.bootstrap.scope import Scope
from infra.tests.bootstrapped import ACCOUNT, REGION, prepare
from infra.tests.integration.deployed import emulated_aws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.tests.recording import Recording

UNSENT = {"trustedRef": "", "releaseWorkflow": ""}
"""The settings of an account whose STS is not sent these claims."""
REPOSITORY = "repo:your-org@1/order-processing@2"
OLD_NAMES = "repo:your-org/order-processing"
DEV = Scope(ACCOUNT, REGION, "dev")
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
LAMBDA = json.dumps(policies.trust())


@dataclass(frozen=True, slots=True)
class Aws:
    """An emulated AWS that holds what the bootstrap registers."""

    environment: Mapping[str, str]

    def client(self, service: str, session: Mapping[str, str] | None = None) -> Any:
        """Return a client with the account's own rights, or with a role's."""
        keys = session or {
            "AccessKeyId": self.environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": self.environment["AWS_SECRET_ACCESS_KEY"],
        }
        create: Any = boto3.client  # its overloads want literal names
        return create(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}),
        )

    def take(
        self, kind: str, subject: str, audience: str = trust.AUDIENCE, **claims: str
    ) -> dict[str, str]:
        """Take the role of `dev` for that kind of workflow with a token of these claims."""
        create: Any = boto3.client
        sts = create(
            "sts",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=REGION,
            config=Config(signature_version=UNSIGNED),
        )
        answer = sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{DEV.workflow_role_name(kind)}",
            RoleSessionName="job",
            WebIdentityToken=token(subject, audience, **claims),
        )
        credentials: dict[str, str] = answer["Credentials"]
        return credentials

    def deployer(self, service: str) -> Any:
        """Return a client with the deploy role's rights."""
        return self.client(service, self.take("deploy", f"{REPOSITORY}:environment:dev"))


def token(subject: str, audience: str, **more: str) -> str:
    """Return a job's token as GitHub writes it, but for the signature."""
    claims = {"iss": f"https://{trust.ISSUER}", "sub": subject, "aud": audience, **more}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def policy_arn(name: str) -> str:
    """Return the ARN of a policy of the account."""
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def make(iam: Any, recorded: Recording) -> None:
    """Make the provider, the boundaries and the roles just as the program registers them."""
    for found in recorded.resources.values():
        inputs = found.inputs
        match found.type.rpartition(":")[2]:
            case "OpenIdConnectProvider":
                iam.create_open_id_connect_provider(
                    Url=inputs["url"], ClientIDList=inputs["clientIdLists"]
                )
            case "Policy":
                iam.create_policy(PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
            case "Role":
                bound = inputs["permissionsBoundary"].removeprefix("arn:")
                iam.create_role(
                    RoleName=inputs["name"],
                    AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
                    PermissionsBoundary=policy_arn(bound),
                )
            case "RolePolicyAttachment":
                named = inputs["policyArn"].removeprefix("arn:")
                iam.attach_role_policy(RoleName=inputs["role"], PolicyArn=policy_arn(named))


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """Return an account after the bootstrap."""
    with emulated_aws(tmp_path_factory.mktemp("bootstrap")) as environment:
        running = Aws(environment)
        make(running.client("iam"), prepare(**UNSENT))
        yield running


def refused(call: Any, **parameters: Any) -> str:
    """Return the code with which AWS refuses the call; fails the test where it does not."""
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return str(refusal.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    ("kind", "environment"),
    [
        ("deploy", "dev"),
        ("preview", "dev-preview"),
        ("rollback", "dev-rollback"),
        ("load", "dev-load"),
    ],
)
def test_a_job_of_the_environment_takes_its_role(aws: Aws, kind: str, environment: str) -> None:
    """The one right subject passes, and the session is that role's."""
    session = aws.take(kind, f"{REPOSITORY}:environment:{environment}")
    caller = aws.client("sts", session).get_caller_identity()["Arn"]
    assert f"/{DEV.workflow_role_name(kind)}/" in caller


@pytest.mark.parametrize("kind", ["preview", "deploy", "rollback", "load"])
@pytest.mark.parametrize(
    ("subject", "audience"),
    [
        ("repo:someone@7/order-processing@2:environment:{}", trust.AUDIENCE),
        ("repo:your-org@1/other@3:environment:{}", trust.AUDIENCE),
        # The names are free again and another has taken them: its numbers are others.
        ("repo:your-org@8/order-processing@9:environment:{}", trust.AUDIENCE),
        (f"{OLD_NAMES}:environment:{{}}", trust.AUDIENCE),
        (f"{REPOSITORY}:environment:prod", trust.AUDIENCE),
        (f"{REPOSITORY}:environment:{{}}-other", trust.AUDIENCE),
        (f"{REPOSITORY}:environment:*", trust.AUDIENCE),
        (f"{REPOSITORY}:ref:refs/heads/main", trust.AUDIENCE),
        (f"{REPOSITORY}:pull_request", trust.AUDIENCE),
        ("", trust.AUDIENCE),
        (f"{REPOSITORY}:environment:{{}}", "https://github.com/your-org"),
    ],
)
def test_nobody_else_takes_it(aws: Aws, kind: str, subject: str, audience: str) -> None:
    """Other repositories, environments, branches and audiences are refused."""
    environment = "dev" if kind == "deploy" else f"dev-{kind}"
    claimed = subject.format(environment)
    assert refused(aws.take, kind=kind, subject=claimed, audience=audience) == "AccessDenied"


def test_a_role_of_the_stack_is_not_anothers(aws: Aws) -> None:
    """The subject that rolls back cannot deploy, nor can the one that previews."""
    for environment in ("dev-rollback", "dev-preview", "dev-load"):
        subject = f"{REPOSITORY}:environment:{environment}"
        assert refused(aws.take, kind="deploy", subject=subject) == "AccessDenied"


@pytest.mark.parametrize(
    ("written", "passing", "failing"),
    [
        ("names", [OLD_NAMES], [REPOSITORY]),
        ("ids", [REPOSITORY], [OLD_NAMES]),
        ("both", [OLD_NAMES, REPOSITORY], []),
    ],
)
def test_the_format_decides_which_subject_passes(
    aws: Aws, written: str, passing: list[str], failing: list[str]
) -> None:
    """Both of GitHub's formats work, and only those that the account trusts."""
    with trusting(aws, prepare(subjectFormat=written, **UNSENT)):
        for named in passing:
            assert aws.take("deploy", f"{named}:environment:dev")
        for named in failing:
            subject = f"{named}:environment:dev"
            assert refused(aws.take, kind="deploy", subject=subject) == "AccessDenied"


@pytest.mark.parametrize("claim", UNSENT)
def test_a_claim_that_is_not_sent_locks_out_until_it_is_taken_out(aws: Aws, claim: str) -> None:
    """Each alone refuses the right job, and an empty setting lets it in again."""
    subject = f"{REPOSITORY}:environment:dev"
    kept = {key: value for key, value in UNSENT.items() if key != claim}
    with trusting(aws, prepare(**kept)):
        assert refused(aws.take, kind="deploy", subject=subject) == "AccessDenied"
    assert aws.take("deploy", subject)


RELEASE = "your-org/order-processing/.github/workflows/release.yml@refs/heads/main"


@pytest.mark.parametrize(
    ("ref", "workflow", "taken"),
    [
        ("refs/heads/main", RELEASE, True),
        ("refs/heads/topic", RELEASE, False),
        ("refs/pull/7/merge", RELEASE, False),
        ("refs/heads/main", RELEASE.replace("release.yml", "ci.yml"), False),
        ("refs/heads/main", RELEASE.replace("your-org", "someone"), False),
    ],
)
def test_ref_and_workflow_decide_beside_the_environment(
    aws: Aws, ref: str, workflow: str, taken: bool
) -> None:
    """An environment without its branch rule lets neither a branch nor a pull request deploy."""
    asked = {"ref": ref, "job_workflow_ref": workflow}
    subject = f"{REPOSITORY}:environment:dev"
    with trusting(aws, prepare()):
        if taken:
            assert aws.take("deploy", subject, **asked)
        else:
            assert refused(aws.take, kind="deploy", subject=subject, **asked) == "AccessDenied"


@contextmanager
def trusting(aws: Aws, recorded: Recording) -> Iterator[None]:
    """Let the deploy role trust whom a run of the bootstrap says, for as long as this lasts."""
    (role,) = [r for r in recorded.of_type(":Role") if r.name == DEV.workflow_role_name("deploy")]
    iam = aws.client("iam")
    before = iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]
    document = role.inputs["assumeRolePolicy"]
    iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=document)
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(before))


@pytest.fixture
def unlimited(aws: Aws) -> Iterator[None]:
    """Grant the deploy role everything there is: only its boundary still holds it."""
    iam, name = aws.client("iam"), DEV.workflow_role_name("deploy")
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    yield
    iam.delete_role_policy(RoleName=name, PolicyName="everything")


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("delete_role_permissions_boundary", {}),
        ("put_role_permissions_boundary", {"PermissionsBoundary": DEV.execution_boundary}),
        ("put_role_policy", {"PolicyName": "more", "PolicyDocument": EVERYTHING}),
        ("attach_role_policy", {"PolicyArn": policies.XRAY_POLICY_ARN}),
        ("update_assume_role_policy", {"PolicyDocument": LAMBDA}),
        ("delete_role", {}),
    ],
)
def test_a_deploy_role_cannot_change_itself(
    aws: Aws, call: str, parameters: dict[str, str]
) -> None:
    """Not even with every right attached to it: the boundary denies what would lift it."""
    change = getattr(aws.deployer("iam"), call)
    for kind in ("deploy", "rollback"):
        code = refused(change, RoleName=DEV.workflow_role_name(kind), **parameters)
        assert code == "AccessDenied"


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(
    "policy",
    [
        DEV.execution_boundary,
        DEV.workflow_boundary,
        *(policy_arn(f"{DEV.workflow_role_name(kind)}-1") for kind in ("deploy", "make", "load")),
    ],
)
def test_a_deploy_role_cannot_change_a_policy(aws: Aws, policy: str) -> None:
    """Neither a boundary nor what a role may do, by a new version or by another default."""
    iam = aws.deployer("iam")
    assert aws.client("iam").get_policy(PolicyArn=policy)
    new = {"PolicyArn": policy, "PolicyDocument": EVERYTHING, "SetAsDefault": True}
    assert refused(iam.create_policy_version, **new) == "AccessDenied"
    old = {"PolicyArn": policy, "VersionId": "v1"}
    assert refused(iam.set_default_policy_version, **old) == "AccessDenied"
    assert refused(iam.delete_policy, PolicyArn=policy) == "AccessDenied"


@pytest.mark.usefixtures("unlimited")
def test_a_deploy_role_cannot_lift_the_execution_roles_boundary(aws: Aws) -> None:
    """Nor make a role without it (the emulator has no `iam:PermissionsBoundary` to compare: which
    roles it may make is decided in test_bootstrap_policies.py)."""
    root, iam, name = aws.client("iam"), aws.deployer("iam"), "order-processing-dev"
    role = {"RoleName": name, "AssumeRolePolicyDocument": LAMBDA}
    assert refused(iam.create_role, **role) == "AccessDenied"
    root.create_role(**role, PermissionsBoundary=DEV.execution_boundary)
    assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name
    assert refused(iam.delete_role_permissions_boundary, RoleName=name) == "AccessDenied"
    assert refused(iam.delete_role, RoleName=name) == "AccessDenied"
    root.delete_role(RoleName=name)


def test_the_rehearsals_engine_hands_a_boundary_on(aws: Aws) -> None:
    """It sets the boundary that the program names, and takes it away with the setting."""
    account: Any = SimpleNamespace(iam=aws.client("iam"))
    role = Role()
    inputs, _ = role.check({"name": "order-processing-prod", "assumeRolePolicy": LAMBDA})
    id_, held = role.create(account, inputs | {"permissionsBoundary": DEV.execution_boundary})
    found = account.iam.get_role(RoleName=inputs["name"])["Role"]["PermissionsBoundary"]
    assert found["PermissionsBoundaryArn"] == DEV.execution_boundary
    role.update(account, id_, held, inputs)
    assert "PermissionsBoundary" not in account.iam.get_role(RoleName=inputs["name"])["Role"]


def test_without_a_boundary_the_same_role_would_lift_it(aws: Aws) -> None:
    """What refuses above is the boundary: with every right and without one, nothing is refused."""
    iam, name = aws.client("iam"), DEV.workflow_role_name("deploy")
    target = DEV.workflow_role_name("load")
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    iam.delete_role_permissions_boundary(RoleName=name)
    try:
        aws.deployer("iam").delete_role_permissions_boundary(RoleName=target)
    finally:
        for role in (name, target):
            iam.put_role_permissions_boundary(
                RoleName=role, PermissionsBoundary=DEV.workflow_boundary
            )
        iam.delete_role_policy(RoleName=name, PolicyName="everything")


@contextmanager
def released(aws: Aws) -> Iterator[None]:
    """Take from the deploy role what made its stack, as the bootstrap does once it is there."""
    iam, name = aws.client("iam"), DEV.workflow_role_name("deploy")
    making = {"RoleName": name, "PolicyArn": policy_arn(f"{DEV.workflow_role_name('make')}-1")}
    iam.detach_role_policy(**making)
    try:
        yield
    finally:
        iam.attach_role_policy(**making)


def test_each_kind_does_its_work_and_no_more(aws: Aws) -> None:
    """Previews and rollbacks make nothing; loads write no order; one stack is not another's."""
    queue = {"QueueName": "order-processing-dlq-dev"}
    url = aws.deployer("sqs").create_queue(**queue)["QueueUrl"]
    with released(aws):
        short = {"QueueUrl": url, "Attributes": {"MessageRetentionPeriod": "60"}}
        assert refused(aws.deployer("sqs").set_queue_attributes, **short) == "AccessDenied"
        aws.deployer("sqs").tag_queue(QueueUrl=url, Tags={"Author": "Ada"})
    other = {"QueueName": "order-processing-dlq-prod"}
    assert refused(aws.deployer("sqs").create_queue, **other).startswith("AccessDenied")
    for kind in ("preview", "rollback", "load"):
        session = aws.take(kind, f"{REPOSITORY}:environment:dev-{kind}")
        assert aws.client("sqs", session).get_queue_url(**queue)["QueueUrl"]
        made = {"QueueName": "order-processing-dlq-dev", "Attributes": {"DelaySeconds": "1"}}
        assert refused(aws.client("sqs", session).create_queue, **made).startswith("AccessDenied")
        written = {"TableName": "order-processing-orders-dev", "Item": {"orderId": {"S": "1"}}}
        put = aws.client("dynamodb", session).put_item
        assert refused(put, **written).startswith("AccessDenied")


def test_state_of_another_stack_is_out_of_reach(aws: Aws) -> None:
    """Each stack's roles open their own folder of the bucket; a preview only reads it."""
    bucket = DEV.state_bucket.rpartition(":")[2]
    aws.client("s3").create_bucket(Bucket=bucket)
    state = aws.deployer("s3")
    state.put_object(Bucket=bucket, Key="dev/.pulumi/locks/one.json", Body=b"{}")
    prod = {"Bucket": bucket, "Key": "prod/.pulumi/stacks/prod.json"}
    assert refused(state.put_object, **prod, Body=b"{}") == "AccessDenied"
    assert refused(state.get_object, **prod) == "AccessDenied"
    reading = aws.client("s3", aws.take("preview", f"{REPOSITORY}:environment:dev-preview"))
    own = {"Bucket": bucket, "Key": "dev/.pulumi/locks/one.json"}
    assert reading.get_object(**own)["Body"].read() == b"{}"
    assert refused(reading.put_object, **own, Body=b"") == "AccessDenied"
    assert refused(reading.delete_object, **own) == "AccessDenied"
