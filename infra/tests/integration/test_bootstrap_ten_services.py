"""The roles of a new stack of ten services on the emulated AWS, their policies made and judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from infra.bootstrap.scope import Scope
from infra.tests.bootstrapped import ACCOUNT, REGION, prepare, services
from infra.tests.integration.deployed import emulated_aws
from infra.tests.integration.test_bootstrap_trust import REPOSITORY, UNSENT, Aws, make, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_STACK = {"stacks": "dev", "loadStacks": "dev", "newStacks": "dev", **UNSENT}


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    """Return a stack of ten services."""
    return Scope(ACCOUNT, REGION, "dev", services(tmp_path_factory.mktemp("ten"), 10))


@pytest.fixture(scope="module")
def aws(scope: Scope, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """Return an account after the bootstrap of that stack."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.declaration.load_all", lambda: scope.services)
        recorded = prepare(**ONE_STACK)
    with emulated_aws(tmp_path_factory.mktemp("bootstrap")) as environment:
        running = Aws(environment)
        make(running.client("iam"), recorded)
        yield running


def test_iam_would_take_each_policy(aws: Aws) -> None:
    """As IAM holds them: at most ten a role, and each of 6,144 characters, spaces aside."""
    iam: Any = aws.client("iam")
    for role in iam.list_roles()["Roles"]:
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        assert 1 <= len(attached) <= 10
        assert not iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    held = iam.list_policies(Scope="Local")["Policies"]
    assert len(held) > 10
    for policy in held:
        version = {"PolicyArn": policy["Arn"], "VersionId": policy["DefaultVersionId"]}
        document = iam.get_policy_version(**version)["PolicyVersion"]["Document"]
        text = unquote(document) if isinstance(document, str) else str(document)
        assert len(re.sub(r"\s", "", text)) <= 6_144


def test_each_service_is_made_and_no_eleventh(aws: Aws, scope: Scope) -> None:
    """By the deploy role, under its boundary; the others read, and make nothing."""
    sqs, tables = aws.deployer("sqs"), aws.deployer("dynamodb")
    preview = aws.client("sqs", aws.take("preview", f"{REPOSITORY}:environment:dev-preview"))
    key: Any = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for names in scope.names:
        queue = {"QueueName": names.dead_letter_queue}
        assert refused(preview.create_queue, **queue).startswith("AccessDenied")
        made = sqs.create_queue(**queue)["QueueUrl"]
        assert preview.get_queue_url(**queue)["QueueUrl"] == made
        assert tables.create_table(TableName=names.table, **key)["TableDescription"]
    eleventh = "processor-nr-00010"
    for name in (f"{eleventh}-dlq-dev", f"{eleventh}-dlq-prod"):
        assert refused(sqs.create_queue, QueueName=name).startswith("AccessDenied")
    table = {"TableName": f"{eleventh}-events-dev", **key}
    assert refused(tables.create_table, **table).startswith("AccessDenied")
