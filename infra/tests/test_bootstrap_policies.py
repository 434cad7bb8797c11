"""Least privilege of the workflows' roles, read off the documents and judged by parliament."""

from __future__ import annotations

import re
import runpy
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from infra import policies
from infra.bootstrap import boundaries, grants, lint, state_bucket, trust
from infra.bootstrap.scope import Scope
from infra.bootstrap.statements import document
from infra.tests.bootstrapped import ACCOUNT, REGION, several
from infra.tests.evaluation import permitted, trusted

if TYPE_CHECKING:
    from infra.tests.recording import Recording

DEV, PROD = (Scope(ACCOUNT, REGION, stack) for stack in ("dev", "prod"))
FIRST = DEV.services[0]
# What AWS checks against nothing narrower; the listings name their kind of resource.
ACCOUNT_WIDE = {"cloudwatch:GetMetricData", "lambda:GetAccountSettings"}
LISTINGS = {"cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "s3:ListBucket"}
CHANGES = ("Create", "Delete", "Put", "Update", "Attach", "Detach", "Publish", "Tag", "Untag")
READS = ("Get", "List", "Describe")
ROLES = {**grants.KINDS, "make": grants.make}
BOUND = {"iam:PermissionsBoundary": DEV.execution_boundary}
UNBOUND = {"iam:PermissionsBoundary": DEV.workflow_boundary}
TO_LAMBDA = {"iam:PassedToService": "lambda.amazonaws.com"}
XRAY = {"iam:PolicyARN": policies.XRAY_POLICY_ARN}
ADMINISTRATOR = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{DEV.workflow_role_name('deploy')}"
NEW = document([*grants.deploy(DEV), *grants.make(DEV)])
EVERYTHING = document([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
REPOSITORY = {"owner": "o", "name": "n", "owner_id": "1", "repository_id": "2"}


def documents(scope: Scope) -> dict[str, dict[str, Any]]:
    """Return every identity policy of a stack by name."""
    made = {kind: document(grant(scope)) for kind, grant in ROLES.items()}
    bounds = {"execution": boundaries.execution(scope), "ceiling": boundaries.workflow(scope)}
    return made | bounds


def listed(value: str | list[str]) -> list[str]:
    """Return one or several as a list."""
    return [value] if isinstance(value, str) else value


def allowed(policy: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each allowed action with each of its resources."""
    return [
        (action, resource)
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


@pytest.mark.parametrize("name", [*ROLES, "execution"])
def test_no_grant_has_a_wildcard_action(name: str) -> None:
    """Each action is named; `*` as a resource stands for what AWS cannot narrow, and X-Ray."""
    for action, resource in allowed(documents(DEV)[name]):
        assert "*" not in action
        if resource == "*":
            assert action in ACCOUNT_WIDE or action.startswith("xray:")


def test_a_ceiling_names_services_on_the_stacks_own_resources() -> None:
    """No `*` alone, never all of IAM or S3, and a service's wildcard only on its own."""
    for action, resource in allowed(documents(DEV)["ceiling"]):
        assert action != "*"
        if action.endswith("*"):
            assert action.split(":")[0] in {"lambda", "dynamodb", "sqs", "logs", "cloudwatch"}
            assert "-dev" in resource


@pytest.mark.parametrize("name", documents(DEV))
def test_one_stacks_policies_reach_no_other_stack(name: str) -> None:
    """What a role of `dev` may do on more than listings matches nothing of `prod`."""
    others = [resource for policy in documents(PROD).values() for _, resource in allowed(policy)]
    theirs = {arn.removesuffix("*") for arn in others if "prod" in arn}
    for action, resource in allowed(documents(DEV)[name]):
        if action in ACCOUNT_WIDE | LISTINGS or action.startswith("xray:"):
            continue
        assert not [arn for arn in theirs if fnmatchcase(arn, resource)], (action, resource)


@pytest.mark.parametrize("policy", ["own", "all"])
@pytest.mark.parametrize(
    ("action", "own", "others"),
    [
        ("lambda:UpdateFunctionCode", DEV.functions[0], "another-dev"),
        ("lambda:AddPermission", DEV.functions[0], "order-processing-dev2"),
        ("dynamodb:UpdateTable", DEV.tables[0], "order-processing-others-dev"),
        ("iam:TagRole", DEV.execution_roles[0], "another-dev"),
        ("iam:UpdateRole", DEV.execution_roles[0], "workflow-order-processing-dev-deploy"),
        ("sqs:TagQueue", DEV.queues[0], "order-processing-dlq-dev2"),
        ("sqs:TagQueue", DEV.queues[0], "another-dev"),
        ("logs:TagResource", DEV.logs[0], "order-processing-dev2"),
    ],
)
def test_a_ceiling_is_the_stacks_whatever_is_attached(
    policy: str, action: str, own: str, others: str
) -> None:
    """A function, a table and a role that are no service's, named as of the stack or nearly so."""
    given = {"own": NEW, "all": EVERYTHING}[policy]
    ceiling, other = boundaries.workflow(DEV), re.sub("[a-z-]+-dev$", others, own)
    assert other != own
    assert permitted(EVERYTHING, ceiling, action, own)
    assert not permitted(given, ceiling, action, other)


@pytest.mark.parametrize("kind", ROLES)
def test_a_ceiling_cuts_nothing_that_is_granted(kind: str) -> None:
    """Each grant is within the boundary of the role that has it."""
    ceiling, met = documents(DEV)["ceiling"], BOUND | XRAY | TO_LAMBDA
    for action, resource in allowed(documents(DEV)[kind]):
        assert permitted(documents(DEV)[kind], ceiling, action, resource, met), (action, resource)


def test_a_preview_only_reads() -> None:
    """No action of its role changes anything, and none reads an order."""
    for action, _ in allowed(documents(DEV)["preview"]):
        service, _, verb = action.partition(":")
        assert verb.startswith(READS), action
        assert service != "dynamodb" or verb.startswith(("Describe", "List")), action


def test_a_rollback_changes_the_alias_and_the_ledger_alone() -> None:
    """Its role moves aliases; it can neither build, nor deploy, nor delete."""
    actions = {action for action, _ in allowed(documents(DEV)["rollback"])}
    changing = {action for action in actions if action.split(":")[1].startswith(CHANGES)}
    assert changing == {"lambda:CreateAlias", "lambda:UpdateAlias"}
    assert not [action for action in actions if action.startswith(("s3:", "iam:"))]


def test_a_load_changes_nothing_that_is_deployed() -> None:
    """It invokes the alias only, and reads."""
    granted = allowed(documents(DEV)["load"])
    assert [where for action, where in granted if action == "lambda:InvokeFunction"] == [
        DEV.aliases[0]
    ]
    assert not [action for action, _ in granted if action.split(":")[1].startswith(CHANGES)]


def test_no_workflow_deletes_data() -> None:
    """Orders, dead letters and logs are deleted by a person."""
    losing = {"dynamodb:DeleteTable", "dynamodb:DeleteItem", "sqs:DeleteQueue", "sqs:PurgeQueue"}
    losing |= {"logs:DeleteLogGroup", "sqs:DeleteMessage", "s3:DeleteObjectVersion"}
    for kind in ROLES:
        assert not losing & {action for action, _ in allowed(documents(DEV)[kind])}


@pytest.mark.parametrize("policy", [NEW, EVERYTHING], ids=["own", "all"])
@pytest.mark.parametrize(
    ("action", "resource", "context", "decision"),
    [
        ("iam:CreateRole", DEV.execution_roles[0], BOUND, True),
        ("iam:CreateRole", DEV.execution_roles[0], {}, False),
        ("iam:CreateRole", DEV.execution_roles[0], UNBOUND, False),
        ("iam:CreateRole", PROD.execution_roles[0], BOUND, False),
        ("iam:PutRolePermissionsBoundary", DEV.execution_roles[0], BOUND, True),
        ("iam:PutRolePermissionsBoundary", DEV.execution_roles[0], UNBOUND, False),
        ("iam:PutRolePermissionsBoundary", OWN_ROLE, BOUND, False),
        ("iam:DeleteRolePermissionsBoundary", DEV.execution_roles[0], BOUND, False),
        ("iam:DeleteRolePermissionsBoundary", OWN_ROLE, {}, False),
        ("iam:PutRolePolicy", DEV.execution_roles[0], BOUND, True),
        ("iam:PutRolePolicy", DEV.execution_roles[0], {}, False),
        ("iam:PutRolePolicy", OWN_ROLE, BOUND, False),
        ("iam:AttachRolePolicy", DEV.execution_roles[0], BOUND | XRAY, True),
        ("iam:AttachRolePolicy", DEV.execution_roles[0], XRAY, False),
        ("iam:AttachRolePolicy", DEV.execution_roles[0], BOUND | ADMINISTRATOR, False),
        ("iam:CreatePolicyVersion", DEV.execution_boundary, {}, False),
        ("iam:SetDefaultPolicyVersion", DEV.workflow_boundary, {}, False),
        ("iam:UpdateAssumeRolePolicy", DEV.execution_roles[0], {}, True),
        ("iam:UpdateAssumeRolePolicy", PROD.execution_roles[0], {}, False),
        ("iam:UpdateAssumeRolePolicy", OWN_ROLE, {}, False),
        ("iam:UpdateRole", DEV.execution_roles[0], {}, True),
        ("iam:UpdateRole", OWN_ROLE, {}, False),
        (
            "iam:PassRole",
            DEV.execution_roles[0],
            TO_LAMBDA,
            True,
        ),
        (
            "iam:PassRole",
            DEV.execution_roles[0],
            {"iam:PassedToService": "ec2.amazonaws.com"},
            False,
        ),
        ("iam:PassRole", OWN_ROLE, TO_LAMBDA, False),
        ("sts:AssumeRole", PROD.execution_roles[0], {}, False),
    ],
)
def test_a_deploy_role_makes_bounded_roles_alone(
    policy: dict[str, Any], action: str, resource: str, context: dict[str, str], *, decision: bool
) -> None:
    """The same with its own grants and with every right there is: the boundary decides."""
    ceiling = boundaries.workflow(DEV)
    assert permitted(policy, ceiling, action, resource, context) is decision


def test_deploying_covers_what_the_program_makes(dev: Recording) -> None:
    """Every named resource of the stack is within the role's reach, each alarm included."""
    reach = {arn.removesuffix(":*") for _, arn in allowed(NEW)}
    # The alias and its function's settings are the function's.
    named = [found for found in dev.resources.values() if not found.type.endswith(":Alias")]
    names = {found.inputs.get("name") or found.inputs.get("dashboardName") for found in named}
    assert len(names - {None}) > 8
    for name in names - {None}:
        assert any(fnmatchcase(str(name), re.split("[:/]", arn)[-1]) for arn in reach), name


@pytest.mark.parametrize("kind", [*ROLES, "execution"])
def test_the_rights_are_to_each_service_of_the_stack(kind: str) -> None:
    """What may be done to the first service's resources may be to the second's, no more."""
    both, first = several("dev", 2), several("dev", 1)
    second = replace(both, services=both.services[1:])
    together = set(allowed(documents(both)[kind]))
    assert together == {pair for each in (first, second) for pair in allowed(documents(each)[kind])}


def test_a_stack_of_services_without_tables_has_no_right_to_one() -> None:
    """A statement about nothing is one that IAM refuses."""
    bare = Scope(ACCOUNT, REGION, "dev", (replace(FIRST, table=None),))
    for policy in documents(bare).values():
        for statement in policy["Statement"]:
            assert statement.get("Resource") or statement.get("NotResource")
        assert not [action for action, _ in allowed(policy) if action.startswith("dynamodb:")]


def test_every_policy_is_linted() -> None:
    """Each document that is registered anywhere, and none has a finding."""
    written = lint.written(DEV)
    assert {*documents(DEV)} | {
        *("trust-deploy", "trust-function", f"function-{DEV.services[0].name}", "state")
    } <= {*written}
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(lint.__file__, run_name="__main__")


def test_lint_names_the_policy_and_its_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt action, a resource of another service, a claim that STS never compares."""
    slips = [{"Effect": "Allow", "Action": "lambda:MoveAlias", "Resource": "*"}]
    slips.append({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": DEV.tables[0]})
    claim = {"StringEquals": {f"{trust.ISSUER}:branch": "main"}}
    taken = trust.policy(ACCOUNT, trust.Repository(**REPOSITORY, format="ids"), "dev", claim)
    monkeypatch.setattr(lint, "written", lambda: {"deploy": document(slips), "trust": taken})
    assert lint.main() == 1
    told = capsys.readouterr().out
    for part in ("deploy: UNKNOWN_ACTION", "deploy: RESOURCE_MISMATCH", ":branch for action"):
        assert part in told


@pytest.mark.parametrize(
    ("written", "subjects"),
    [
        ("names", ["repo:o/n:environment:dev"]),
        ("ids", ["repo:o@1/n@2:environment:dev"]),
        ("both", ["repo:o/n:environment:dev", "repo:o@1/n@2:environment:dev"]),
    ],
)
def test_trust_compares_both_claims(written: trust.SubjectFormat, subjects: list[str]) -> None:
    """Subject and audience by StringEquals, each format as GitHub writes it, no pattern."""
    repository = trust.Repository(**REPOSITORY, format=written)
    (statement,) = trust.policy(ACCOUNT, repository, "dev", {})["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subjects,
        }
    }
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    assert statement["Principal"] == {"Federated": provider}
    assert not [subject for subject in subjects if "*" in subject or "?" in subject]


CLAIMS = trust.Claims("refs/heads/main", ".github/workflows/release.yml")
MAIN = {
    "aud": "sts.amazonaws.com",
    "ref": "refs/heads/main",
    "job_workflow_ref": "o/n/.github/workflows/release.yml@refs/heads/main",
}


def takes(kind: str, claims: trust.Claims = CLAIMS, **changes: str) -> bool:
    """Whether a job of the right environment takes the kind's role, its token's claims changed."""
    repository = trust.Repository(**REPOSITORY, format="ids")
    policy = trust.policy(ACCOUNT, repository, kind, claims.conditions(repository, kind))
    token = {**MAIN, "sub": f"repo:o@1/n@2:environment:{kind}", **changes}
    sent = {claim: value for claim, value in token.items() if value}
    return trusted(policy, trust.ISSUER, sent)


@pytest.mark.parametrize("kind", grants.KINDS)
def test_a_run_of_main_takes_its_role(kind: str) -> None:
    """Whatever follows the workflow's `@`."""
    assert takes(kind)
    assert takes(kind, job_workflow_ref="o/n/.github/workflows/release.yml@3fa9c1e")


@pytest.mark.parametrize("kind", grants.KINDS)
@pytest.mark.parametrize(
    "ref", ["refs/heads/mine", "refs/heads/main2", "refs/tags/main", "refs/pull/7/merge", ""]
)
def test_only_a_preview_runs_elsewhere_than_on_main(kind: str, ref: str) -> None:
    """Also where nobody set a branch rule for the environment."""
    assert takes(kind, ref=ref) is (kind == "preview")


@pytest.mark.parametrize("kind", grants.KINDS)
@pytest.mark.parametrize(
    "called",
    [
        "o/n/.github/workflows/mine.yml@refs/heads/main",
        "o/other/.github/workflows/release.yml@refs/heads/main",
        "o/n/.github/workflows/release.yml",
        "",
    ],
)
def test_only_the_release_workflow_deploys(kind: str, called: str) -> None:
    """Another file that names the environment gets nothing."""
    assert takes(kind, job_workflow_ref=called) is (kind != "deploy")


@pytest.mark.parametrize("kind", grants.KINDS)
def test_what_is_not_sent_can_be_left_uncompared(kind: str) -> None:
    """An empty setting takes its condition out, and the subject still stands."""
    none = trust.Claims("", "")
    assert takes(kind, none, ref="", job_workflow_ref="")
    assert not takes(kind, none, sub="repo:o@1/n@2:environment:other")


def test_the_bucket_policy_only_denies() -> None:
    """It opens the state to nobody."""
    statements = state_bucket.tls_only("arn:aws:s3:::b")["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Deny"]
