"""What is part of a version and what is not, and how a caller sees it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, refusal, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-letters"


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the active function `orders`."""
    made = bench(tmp_path)
    made.create()
    return made


@pytest.mark.behaviour("V12")
def test_the_digest_of_the_code_is_that_of_the_zip(account: Bench) -> None:
    """Base64 of the SHA-256 of the bytes that were sent."""
    code = zipped("other = 1")
    changed = account.client.update_function_code(FunctionName="orders", ZipFile=code)
    assert changed["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert changed["CodeSize"] == len(code)


@pytest.mark.behaviour("V20")
def test_the_dead_letter_target_is_frozen_with_its_version(account: Bench) -> None:
    """Published with a target, a version keeps it when `$LATEST` loses its own."""
    update, read = (
        account.client.update_function_configuration,
        account.client.get_function_configuration,
    )
    update(FunctionName="orders", DeadLetterConfig={"TargetArn": QUEUE})
    account.settle()
    version = account.client.publish_version(FunctionName="orders")["Version"]
    kept = update(FunctionName="orders", DeadLetterConfig={})
    assert kept["DeadLetterConfig"]["TargetArn"] == QUEUE
    account.settle()
    update(FunctionName="orders", DeadLetterConfig={"TargetArn": ""})
    account.settle()
    assert "DeadLetterConfig" not in read(FunctionName="orders")
    kept = read(FunctionName="orders", Qualifier=version)
    assert kept["DeadLetterConfig"]["TargetArn"] == QUEUE
    assert account.registry.resolve("orders", version).version.dead_letter_arn == QUEUE


@pytest.mark.behaviour("V19", "V15", "C2")
def test_reservation_tags_policy_and_event_settings_are_no_part_of_a_version(
    account: Bench,
) -> None:
    """Changing them makes no new version."""
    client: Any = account.client
    first = client.publish_version(FunctionName="orders")["Version"]
    client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=5)
    client.tag_resource(Resource=ARN, Tags={"team": "orders"})
    client.add_permission(
        FunctionName="orders", StatementId="s", Action="lambda:InvokeFunction", Principal=ACCOUNT
    )
    client.put_function_event_invoke_config(FunctionName="orders", MaximumRetryAttempts=0)
    assert client.publish_version(FunctionName="orders")["Version"] == first


@pytest.mark.behaviour("V16")
def test_a_new_description_alone_makes_no_new_version(account: Bench) -> None:
    """PublishVersion's own description is not compared."""
    publish = account.client.publish_version
    first = publish(FunctionName="orders", Description="one")
    again = publish(FunctionName="orders", Description="two")
    assert (again["Version"], again["Description"]) == (first["Version"], "one")


@pytest.mark.behaviour("V9", "V10")
def test_an_old_revision_is_refused_by_every_call_that_takes_one(account: Bench) -> None:
    """412, whatever the call."""
    client: Any = account.client
    client.publish_version(FunctionName="orders")
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    client.add_permission(FunctionName="orders", StatementId="s", Action="*", Principal=ACCOUNT)
    statement = {"StatementId": "t", "Action": "*", "Principal": ACCOUNT}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (client.update_function_code, {"ZipFile": zipped("x = 1")}),
        (client.update_function_configuration, {"Timeout": 9}),
        (client.publish_version, {}),
        (client.update_alias, {"Name": "live", "Description": "moved"}),
        (client.add_permission, statement),
        (client.remove_permission, {"StatementId": "s"}),
    ]
    for call, params in calls:
        seen = refusal(call, FunctionName="orders", RevisionId="old", **params)
        assert seen[:2] == (412, "PreconditionFailedException")


@pytest.mark.behaviour("I22", "C10")
def test_the_limits_of_settings(account: Bench) -> None:
    """Timeout 1 to 900 s, memory 128 to 10,240 MB, temporary storage 512 to 10,240 MB."""
    update = account.client.update_function_configuration
    above: list[dict[str, Any]] = [
        {"Timeout": 901},
        {"MemorySize": 10_241},
        {"EphemeralStorage": {"Size": 10_241}},
    ]
    for params in above:
        assert refusal(update, FunctionName="orders", **params)[1] == "ValidationException"
    for body in (b'{"Timeout": 0}', b'{"MemorySize": 127}', b'{"EphemeralStorage": {"Size": 511}}'):
        # Raw, as botocore's own validation stops what is below a minimum.
        response = account.request("PUT", "/2015-03-31/functions/orders/configuration", body)
        assert response.headers["x-amzn-ErrorType"] == "ValidationException"
    read = account.client.get_function_configuration(FunctionName="orders")
    assert (read["Timeout"], read["MemorySize"], read["EphemeralStorage"]) == (
        3,
        128,
        {"Size": 512},
    )
    limit = account.client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    assert limit == 1000


@pytest.mark.behaviour("V24", "V17")
def test_a_deletion_takes_versions_and_aliases_along(account: Bench) -> None:
    """204, nothing is left, and a new function of the name goes on counting."""
    client = account.client
    client.publish_version(FunctionName="orders")
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    answer = client.delete_function(FunctionName="orders")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(client.get_alias, FunctionName="orders", Name="live")[0] == 404
    assert account.create(Publish=True)["Version"] == "2"
