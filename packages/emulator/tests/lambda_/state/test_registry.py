"""What an invocation runs: names, states, alias routing and what replays from a seed."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from emulator.errors import AwsError
from emulator.lambda_.state.arns import parse
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the function `orders`: versions 1 and 2, alias `live` to 1."""
    made = bench(tmp_path)
    made.create()
    made.publish()
    made.publish()
    made.client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return made


def refusal(account: Bench, reference: str, qualifier: str | None = None) -> AwsError:
    """The error that an invocation by this name ends in."""
    with pytest.raises(AwsError) as caught:
        account.registry.resolve(reference, qualifier)
    return caught.value


@pytest.mark.parametrize(
    ("reference", "qualifier", "version", "invoked", "resource"),
    [
        ("orders", None, "$LATEST", ARN, "orders"),
        ("orders", "$LATEST", "$LATEST", f"{ARN}:$LATEST", "orders:$LATEST"),
        ("orders", "2", "2", f"{ARN}:2", "orders:2"),
        ("orders:2", None, "2", f"{ARN}:2", "orders:2"),
        ("orders", "live", "1", f"{ARN}:live", "orders:live"),
        ("orders:live", "live", "1", f"{ARN}:live", "orders:live"),
        (f"{ACCOUNT}:function:orders", None, "$LATEST", ARN, "orders"),
        (f"{REGION}:{ACCOUNT}:function:orders:live", None, "1", f"{ARN}:live", "orders:live"),
        (ARN, "2", "2", f"{ARN}:2", "orders:2"),
        (f"{ARN}:live", None, "1", f"{ARN}:live", "orders:live"),
    ],
)
def test_a_function_is_found_by_every_form_of_its_name(
    account: Bench,
    reference: str,
    qualifier: str | None,
    version: str,
    invoked: str,
    resource: str,
) -> None:
    """Name, partial and full ARN, qualifier inside or beside: the same target."""
    target = account.registry.resolve(reference, qualifier)
    assert (target.version.version, target.invoked_arn) == (version, invoked)
    assert (target.resource, target.via_alias) == (resource, "live" in invoked)


@pytest.mark.parametrize(
    ("reference", "qualifier", "status", "message"),
    [
        ("absent", None, 404, f"Function not found: {ARN[:-6]}absent:$LATEST"),
        ("absent", "live", 404, f"Function not found: {ARN[:-6]}absent:live"),
        ("orders", "9", 404, f"Function not found: {ARN}:9"),
        ("orders", "absent", 404, f"Function not found: {ARN}:absent"),
        ("orders", "$latest", 404, f"Function not found: {ARN}:$latest"),
        (
            ARN.replace(REGION, "us-east-1"),
            None,
            404,
            f"Functions from 'us-east-1' are not reachable in this region ('{REGION}')",
        ),
        (
            "orders:1",
            "2",
            400,
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
    ],
)
def test_what_is_absent_is_refused_in_aws_words(
    account: Bench, reference: str, qualifier: str | None, status: int, message: str
) -> None:
    """Status and text name what was asked for."""
    error = refusal(account, reference, qualifier)
    assert (error.status, error.message) == (status, message)


def test_another_account_is_forbidden(account: Bench) -> None:
    """A function of another account is not looked for here."""
    error = refusal(account, ARN.replace(ACCOUNT, "999999999999"))
    assert (error.status, error.code) == (403, "AccessDeniedException")


def test_malformed_names_are_counted() -> None:
    """Each malformed part is one validation error of the whole."""
    with pytest.raises(AwsError) as caught:
        parse("no/such?name", "a qualifier")
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(
        "2 validation errors detected: Value 'no/such?name' at 'functionName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: (arn:"
    )


def test_a_function_runs_only_when_it_is_active(tmp_path: Path) -> None:
    """While it is being created calls get 409 and name the state."""
    account = bench(tmp_path)
    account.create(wait=False)
    error = refusal(account, "orders")
    assert (error.status, error.code) == (409, "ResourceConflictException")
    assert error.message.endswith("The function is currently in the following state: Pending")


@pytest.mark.behaviour("V2")
def test_calls_run_the_old_code_until_the_update_has_settled(account: Bench) -> None:
    """An update in progress changes what is shown, not yet what runs."""
    before = account.registry.resolve("orders").version
    account.client.update_function_code(FunctionName="orders", ZipFile=zipped("new = 1"))
    assert account.registry.resolve("orders").version is before
    account.settle()
    assert account.registry.resolve("orders").version.code_sha256 != before.code_sha256


def test_a_version_published_with_its_code_waits_for_it(account: Bench) -> None:
    """UpdateFunctionCode with Publish answers a version that cannot be called yet."""
    version = account.client.update_function_code(
        FunctionName="orders", ZipFile=zipped("new = 2"), Publish=True
    )["Version"]
    assert refusal(account, "orders", version).status == 409
    account.settle()
    assert account.registry.resolve("orders", version).version.version == version


@pytest.mark.behaviour("V27")
@pytest.mark.parametrize("weight", [0.0, 0.05, 0.25, 0.5, 1.0])
def test_an_alias_routes_by_its_weight(account: Bench, weight: float) -> None:
    """Over many draws the additional version's share is that of a binomial with its weight."""
    account.client.update_alias(
        FunctionName="orders",
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )
    draws = 20_000
    seen = Counter(account.registry.resolve("orders", "live").version.version for _ in range(draws))
    deviation = math.sqrt(weight * (1 - weight) / draws)
    assert seen["1"] + seen["2"] == draws
    assert abs(seen["2"] / draws - weight) <= 4 * deviation  # missed once in 16,000 seeds


@pytest.mark.behaviour("V35")
def test_draws_are_independent(account: Bench) -> None:
    """No stickiness: a repeat of the previous version is as likely as the weights say."""
    account.client.update_alias(
        FunctionName="orders", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.3}}
    )
    seen = [account.registry.resolve("orders", "live").version.version for _ in range(20_000)]
    repeats = sum(one == other for one, other in pairwise(seen))
    expected = 0.3**2 + 0.7**2
    assert abs(repeats / (len(seen) - 1) - expected) < 0.02


def _history(directory: Path, seed: int, *, extra: bool = False) -> tuple[list[str], list[str]]:
    """The revision ids and the routing of one short life of an account."""
    account = bench(directory, seed=seed)
    ids = [account.create()["RevisionId"]]
    account.publish(source="one = 1")
    account.publish(source="two = 2")
    account.client.create_alias(
        FunctionName="orders",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    if extra:
        account.publish(source="three = 3")
    routed = [account.registry.resolve("orders", "live").version.version for _ in range(50)]
    return ids, routed


def test_a_run_replays_from_its_seed(tmp_path: Path) -> None:
    """Equal seeds give equal ids and equal routing, other seeds other ones."""
    assert _history(tmp_path, 7) == _history(tmp_path, 7)
    assert _history(tmp_path, 7)[0] != _history(tmp_path, 8)[0]
    assert _history(tmp_path, 7)[1] != _history(tmp_path, 8)[1]


def test_control_plane_calls_do_not_shift_the_routing(tmp_path: Path) -> None:
    """Ids and routing are drawn from separate streams of the seed."""
    assert _history(tmp_path, 7)[1] == _history(tmp_path, 7, extra=True)[1]


def test_the_data_plane_learns_what_became_stale(account: Bench) -> None:
    """Hooks run once an update is in force, on a new reservation and on deletion."""
    told: list[str] = []
    account.registry.retire.append(told.append)
    account.client.update_function_configuration(FunctionName="orders", Timeout=9)
    assert told == []
    account.settle()
    account.registry.resolve("orders")
    account.client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=5)
    account.client.delete_function(FunctionName="orders")
    assert told == ["orders"] * 3


def test_an_event_invoke_config_belongs_to_one_qualifier(account: Bench) -> None:
    """Nothing is inherited: other qualifiers keep Lambda's defaults."""
    account.client.put_function_event_invoke_config(
        FunctionName="orders", Qualifier="live", MaximumRetryAttempts=0
    )
    by_alias = account.registry.event_invoke_config("orders", "live")
    unqualified = account.registry.event_invoke_config("orders", "$LATEST")
    assert (by_alias.maximum_retry_attempts, by_alias.maximum_event_age_seconds) == (0, 21_600)
    assert unqualified.maximum_retry_attempts == 2
