"""Concurrency, asynchronous settings and tags through a real boto3 client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
BELOW_FLOOR = (
    "Specified ReservedConcurrentExecutions for function decreases account's "
    "UnreservedConcurrentExecution below its minimum value of [100]."
)
INVALID = "InvalidParameterValueException"
NOT_FOUND = "ResourceNotFoundException"


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the function `orders`, version 1 and alias `live`."""
    made = bench(tmp_path)
    made.create()
    made.publish()
    made.client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return made


def reserve(account: Bench, reserved: int, name: str = "orders") -> Any:
    """PutFunctionConcurrency."""
    return account.client.put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=reserved
    )


@pytest.mark.behaviour("C3")
def test_a_reservation_is_put_read_and_given_back(account: Bench) -> None:
    """Absent until put, absent again once deleted; zero is a reservation."""
    client = account.client

    def read() -> int | None:
        return client.get_function_concurrency(FunctionName="orders").get(
            "ReservedConcurrentExecutions"
        )

    assert (read(), account.registry.reserved_concurrency("orders")) == (None, None)
    assert reserve(account, 0)["ReservedConcurrentExecutions"] == 0
    assert (read(), account.registry.reserved_concurrency("orders")) == (0, 0)
    client.delete_function_concurrency(FunctionName="orders")
    assert (read(), account.registry.reserved_concurrency("orders")) == (None, None)


@pytest.mark.behaviour("C7")
def test_a_hundred_stay_unreserved(account: Bench) -> None:
    """Up to the floor and not one more, the function's own old reservation not counted."""
    account.create("billing")
    reserve(account, 400, "billing")
    reserve(account, 500)
    assert refusal(reserve, account=account, reserved=501) == (400, INVALID, BELOW_FLOOR)
    assert account.registry.reserved_concurrency("orders") == 500
    reserve(account, 499)
    assert account.registry.unreserved_concurrency() == 101


@pytest.mark.behaviour("C9")
def test_zero_is_accepted_on_a_small_account(tmp_path: Path) -> None:
    """It takes nothing from the account; anything above is refused there."""
    account = bench(tmp_path, concurrency_limit=10)
    account.create()
    reserve(account, 0)
    assert refusal(reserve, account=account, reserved=1)[2] == BELOW_FLOOR


@pytest.mark.behaviour("C4", "C5")
def test_a_reservation_belongs_to_the_function(account: Bench) -> None:
    """Not to a version or alias, and not to a function that is absent."""
    assert refusal(reserve, account=account, reserved=1, name=f"{ARN}:live") == (
        400,
        INVALID,
        "This operation is permitted on Lambda functions only. Aliases and versions do not "
        "support this operation. Please specify either a function name or an unqualified "
        "function ARN.",
    )
    missing = (404, NOT_FOUND, f"Function not found: {ARN[:-6]}absent:$LATEST")
    assert refusal(reserve, account=account, reserved=1, name="absent") == missing


@pytest.mark.behaviour("C15", "C16")
def test_account_settings_count_what_is_there(account: Bench) -> None:
    """Limits as AWS states them, usage over all versions."""
    reserve(account, 7)
    settings = account.client.get_account_settings()
    function = account.registry.functions["orders"]
    stored = function.latest.code_size + function.versions["1"].code_size
    assert settings["AccountLimit"] == {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 993,
    }
    assert settings["AccountUsage"] == {"TotalCodeSize": stored, "FunctionCount": 1}


@pytest.mark.behaviour("A5")
@pytest.mark.parametrize(
    ("member", "bounds"),
    [("MaximumRetryAttempts", (0, 2)), ("MaximumEventAgeInSeconds", (60, 21_600))],
)
def test_age_and_attempts_have_bounds(account: Bench, member: str, bounds: tuple[int, int]) -> None:
    """Each bound is accepted, and one beyond it refused, where no SDK has looked before."""
    path = "/2019-09-25/functions/orders/event-invoke-config"
    given = [bounds[0] - 1, *bounds, bounds[1] + 1]
    found = [account.request("PUT", path, b'{"%s": %d}' % (member.encode(), n)) for n in given]
    assert [response.status for response in found] == [400, 200, 200, 400]


@pytest.mark.behaviour("A12")
def test_put_replaces_and_update_merges(account: Bench) -> None:
    """An EventInvokeConfig shows only what was set, destinations always."""
    client = account.client
    name: Any = {"FunctionName": "orders"}
    client.put_function_event_invoke_config(**name, MaximumRetryAttempts=0)
    replaced: Any = client.put_function_event_invoke_config(**name, MaximumEventAgeInSeconds=60)
    assert "MaximumRetryAttempts" not in replaced
    assert replaced["FunctionArn"] == f"{ARN}:$LATEST"
    assert replaced["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    merged = client.update_function_event_invoke_config(
        **name, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": QUEUE}}
    )
    assert (merged["MaximumRetryAttempts"], merged["MaximumEventAgeInSeconds"]) == (1, 60)
    assert merged["DestinationConfig"]["OnFailure"] == {"Destination": QUEUE}
    read = client.get_function_event_invoke_config(**name, Qualifier="$LATEST")
    assert read["LastModified"].timestamp() == account.clock.now()


@pytest.mark.behaviour("A12")
def test_event_configs_are_kept_per_qualifier(account: Bench) -> None:
    """Listed with their ARNs; deleting one leaves the others."""
    client = account.client
    for qualifier in ("$LATEST", "1", "live"):
        client.put_function_event_invoke_config(
            FunctionName="orders", Qualifier=qualifier, MaximumRetryAttempts=0
        )
    client.delete_function_event_invoke_config(FunctionName="orders", Qualifier="1")
    listed = client.list_function_event_invoke_configs(FunctionName="orders")
    arns = [config["FunctionArn"] for config in listed["FunctionEventInvokeConfigs"]]
    assert arns == [f"{ARN}:$LATEST", f"{ARN}:live"]


@pytest.mark.behaviour("A15")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {},
            (
                400,
                INVALID,
                "You must specify at least one of error handling or destination setting.",
            ),
        ),
        (
            {"FunctionName": "absent", "MaximumRetryAttempts": 0},
            (404, NOT_FOUND, "The function doesn't exist."),
        ),
        (
            {"Qualifier": "absent", "MaximumRetryAttempts": 0},
            (404, NOT_FOUND, "The function doesn't exist."),
        ),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": ARN}}},
            (400, INVALID, "You can't specify the function as a destination for itself."),
        ),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:iam::1:role/r"}}},
            (400, "ValidationException", None),
        ),
    ],
)
def test_an_event_config_is_refused_in_aws_words(
    account: Bench, params: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    """Nothing said, nobody to say it of, or a destination that cannot be."""
    put = account.client.put_function_event_invoke_config
    seen = refusal(put, **({"FunctionName": "orders"} | params))
    assert seen[:2] == expected[:2]
    assert expected[2] in (None, seen[2])
    assert account.registry.functions["orders"].invoke_configs == {}


@pytest.mark.behaviour("A15")
def test_a_missing_event_config_names_its_qualifier(account: Bench) -> None:
    """Also for a function that is absent, as AWS words it."""
    read = account.client.get_function_event_invoke_config
    text = "The function {}:{} doesn't have an EventInvokeConfig"
    assert refusal(read, FunctionName="orders", Qualifier="live")[2] == text.format(ARN, "live")
    missing = text.format(f"{ARN[:-6]}absent", "$LATEST")
    assert refusal(read, FunctionName="absent")[2] == missing


@pytest.mark.behaviour("V6")
def test_tags_are_merged_and_removed(account: Bench) -> None:
    """Several keys in one call, absent keys no error, each a new revision; no tags are refused."""
    client = account.client
    revisions = [account.registry.get("orders").latest.revision_id]

    def note() -> None:
        revisions.append(account.registry.get("orders").latest.revision_id)

    client.tag_resource(Resource=ARN, Tags={"Team": "Bestellungen / Büro", "Stack": "local"})
    note()
    client.tag_resource(Resource=ARN, Tags={"Stack": "dev", "Owner": "o"})
    note()
    client.untag_resource(Resource=ARN, TagKeys=["Owner", "Team", "absent"])
    note()
    assert len(set(revisions)) == 4
    assert refusal(client.tag_resource, Resource=ARN, Tags={})[:2] == (400, INVALID)
    assert client.list_tags(Resource=ARN)["Tags"] == {"Stack": "dev"}


@pytest.mark.behaviour("V40")
def test_tags_belong_to_functions_and_are_fifty_at_most(account: Bench) -> None:
    """Versions and aliases have none; the fifty-first is refused with all of its call."""
    tag = account.client.tag_resource
    assert refusal(tag, Resource=f"{ARN}:1", Tags={"a": "b"}) == (
        400,
        INVALID,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    )
    tag(Resource=ARN, Tags={f"k{n}": "" for n in range(49)})
    seen = refusal(tag, Resource=ARN, Tags={"a": "", "b": ""})
    assert seen == (400, INVALID, "Number of tags exceeds resource tag limit.")
    assert len(account.client.list_tags(Resource=ARN)["Tags"]) == 49


def test_what_infrastructure_tools_ask_has_an_answer(account: Bench) -> None:
    """The defaults that AWS shows for a function that never set them."""
    client, name = account.client, {"FunctionName": "orders"}
    signing: Any = client.get_function_code_signing_config(**name)
    assert "CodeSigningConfigArn" not in signing
    runtime = client.get_runtime_management_config(**name)
    assert (runtime["UpdateRuntimeOn"], runtime["FunctionArn"]) == ("Auto", ARN)
    assert client.get_function_recursion_config(**name)["RecursiveLoop"] == "Terminate"


@pytest.mark.behaviour("A29")
@pytest.mark.parametrize(
    ("arn", "text"),
    [
        (f"{ARN[:-6]}absent", "The destination ARN {0} is invalid."),
        (
            ARN.replace(":lambda:", ":iam:"),
            "The provided destination config DestinationConfig("
            "onSuccess=OnSuccess(destination={0}), onFailure=null) is invalid.",
        ),
    ],
)
def test_a_destination_that_cannot_be_is_refused(account: Bench, arn: str, text: str) -> None:
    """A function that is not there, and a service that takes no records."""
    put = account.client.put_function_event_invoke_config
    config: Any = {"OnSuccess": {"Destination": arn}}
    seen = refusal(put, FunctionName="orders", DestinationConfig=config)
    assert seen == (400, INVALID, text.format(arn))
