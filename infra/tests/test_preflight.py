"""The account's concurrency is asked before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from infra import preflight
from infra.preflight import Account, Concurrency
from infra.tests.recording import Lambda

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class Refusing(Lambda):
    """An account that answers with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def get_account_settings(self) -> dict[str, object]:
        """Raise the error."""
        raise self._error


def client(fake: Lambda) -> LambdaClient:
    """Return the fake as the type that the adapter takes."""
    return cast("LambdaClient", fake)


@given(
    limit=st.integers(0, 2000),
    others=st.integers(0, 2000),
    own=st.integers(0, 500),
    asked=st.integers(1, 2000),
)
def test_a_reservation_is_granted_exactly_where_lambda_grants_it(
    limit: int, others: int, own: int, asked: int
) -> None:
    """Lambda's rule: the limit less all reservations must stay at 100 or more."""
    account = Concurrency(limit, limit - others - own, own)
    granted = limit - others - asked >= preflight.UNRESERVED_FLOOR
    assert (preflight.shortage(asked, account) == 0) == granted


@given(limit=st.integers(0, 2000), reserved=st.integers(0, 500), asked=st.integers(1, 2000))
def test_the_quota_that_is_named_suffices(limit: int, reserved: int, asked: int) -> None:
    """With the limit raised by the shortage the same reservation passes."""
    account = Concurrency(limit, limit - reserved, 0)
    more = preflight.shortage(asked, account)
    preflight.check("dev", {"one": asked}, Concurrency(limit + more, limit - reserved + more, 0))


def test_what_the_function_holds_already_is_its_own() -> None:
    """A second deployment of the same reservation takes nothing new."""
    preflight.check("dev", {"one": 50}, Concurrency(150, 100, 50))


def test_the_refusal_says_what_to_do() -> None:
    """Asked, free, the quota to request, and the number that would pass."""
    with pytest.raises(UsageError) as refusal:
        preflight.check("prod", {"one": 50}, Concurrency(110, 110, 0))
    sentence = str(refusal.value)
    assert "of 50" in sentence
    assert "110 concurrent executions 10 can be reserved" in sentence
    assert "--desired-value 150" in sentence
    assert sentence.endswith("lower order-processing:reservedConcurrency to 10.")


def test_several_services_are_refused_with_what_each_asks() -> None:
    """The number that would pass is each one's."""
    with pytest.raises(UsageError) as refusal:
        preflight.check("prod", {"one": 30, "two": 20}, Concurrency(110, 110, 0))
    assert "of 50 (one 30, two 20), but" in str(refusal.value)
    assert str(refusal.value).endswith("lower order-processing:reservedConcurrency to 5.")


def test_nothing_free_offers_no_smaller_number() -> None:
    """In an account of 10 nothing can be reserved, so only the quota helps."""
    with pytest.raises(UsageError) as refusal:
        preflight.check("dev", {"one": 5}, Concurrency(10, 10, 0))
    assert "0 can be reserved" in str(refusal.value)
    assert str(refusal.value).endswith("--desired-value 105`.")


@pytest.mark.parametrize(("own", "seen"), [(None, 0), (0, 0), (5, 5)])
def test_the_account_is_read_with_the_functions_own_share(own: int | None, seen: int) -> None:
    """No function yet, no reservation and a reservation are told apart."""
    fake = Lambda(limit=400, unreserved=300, own=own)
    assert preflight.read(client(fake), ["order"]) == Concurrency(400, 300, seen)
    assert fake.asked == ["order"]


def test_a_deployment_does_not_make_a_lost_alias_anew() -> None:
    """It would serve a version that nobody judged; the sentence says what brings it back."""
    fake = Lambda(own=5, aliases=["ledger-1f", "ledger-2a"])
    with pytest.raises(UsageError, match=r"production is gone.*`nox -s rollback -- prod`"):
        preflight.check_alias(client(fake), "prod", "order-processing-prod")


@pytest.mark.parametrize(
    ("own", "aliases"), [(None, []), (5, []), (0, ["production"]), (5, ["ledger-1f", "production"])]
)
def test_a_first_deployment_and_one_cut_short_may_make_it(
    own: int | None, aliases: list[str]
) -> None:
    """No function, no alias at all, or the alias itself."""
    preflight.check_alias(client(Lambda(own=own, aliases=aliases)), "dev", "order-processing-dev")


def test_an_unreachable_aws_is_named() -> None:
    """The sentence says where AWS was looked for."""
    fake = Refusing(EndpointConnectionError(endpoint_url="https://lambda.example/x"))
    with pytest.raises(UsageError, match=r"cannot be reached.*https://lambda\.example/x"):
        preflight.read(client(fake), ["order"])


def test_a_misspelt_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before AWS is asked, and without a traceback."""
    monkeypatch.setenv("AWS_PROFILE", "prodd")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(UsageError, match=r"\(prodd\).*AWS_PROFILE"):
        preflight.connect("us-east-1")


def test_a_refusal_by_aws_is_passed_on_in_one_sentence() -> None:
    """Access denied, for one, keeps AWS's own words."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no\nway."}}, "Get")
    with pytest.raises(UsageError, match=r"AWS denied access.*use a role that may \(no way\)"):
        preflight.read(client(Refusing(denied)), "order")


@given(st.integers(0, 10**11), st.integers(0, 10**11), st.integers(0, 10**8))
def test_code_fits_or_the_request_makes_it_fit(limit: int, used: int, size: int) -> None:
    """Refused exactly where it does not fit, with a number of gigabytes that suffices."""
    account = Account(1000, 1000, limit, used)
    if used + size <= limit:
        preflight.check_storage(size, account)
        return
    with pytest.raises(UsageError, match="code storage lacks") as refusal:
        preflight.check_storage(size, account)
    wanted = int(str(refusal.value).rpartition("--desired-value ")[2].rstrip("`."))
    preflight.check_storage(size, Account(1000, 1000, wanted * 1024**3, used))


def test_the_account_is_read_with_its_code_storage() -> None:
    """Limits and use."""
    fake = Lambda(limit=400, unreserved=300, code_used=7)
    assert preflight.read_account(client(fake)) == Account(400, 300, 75 * 1024**3, 7)


def test_the_client_is_the_regions() -> None:
    """It is made without asking anything."""
    assert preflight.connect("eu-central-1").meta.region_name == "eu-central-1"
