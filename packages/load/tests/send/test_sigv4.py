from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from load.send.sigv4 import Signer

keys = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=20)
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
names = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_", min_size=1, max_size=64)
# A header's value as a client sends it has no blanks around it.
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)
PATH = "/2015-03-31/functions/{}/invocations"


def theirs(
    monkeypatch: pytest.MonkeyPatch,
    credentials: Credentials,
    region: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    now: float,
) -> dict[str, str]:
    """Return the headers that botocore signs the same request with."""
    moment = datetime.fromtimestamp(now, UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(credentials, "lambda", region).add_auth(request)
    return dict(request.headers.items())


def ours_of(signer: Signer, body: bytes, now: float) -> tuple[str, dict[str, str]]:
    """Return the request line and the headers of a head that we signed."""
    head = signer.head(body, now).decode()
    assert head.endswith("\r\n\r\n")
    first, *lines = head[:-4].split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    key=keys,
    secret=secrets,
    token=st.none() | secrets,
    region=st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-2"]),
    function=names,
    alias=names,
    kind=values,
    body=st.binary(max_size=200),
    now=st.integers(1_000_000_000, 4_000_000_000),
)
def test_signatures_equal_botocores_byte_for_byte(
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    secret: str,
    token: str | None,
    region: str,
    function: str,
    alias: str,
    kind: str,
    body: bytes,
    now: int,
) -> None:
    """Whatever the credentials, names, headers, body and time: the same signature."""
    path, query = PATH.format(function), f"Qualifier={alias}"
    headers = {"Host": "lambda.example:8443", "X-Amz-Invocation-Type": kind}
    credentials = Credentials(key, secret, token)
    signer = Signer(lambda: credentials, (region, "lambda"), ("POST", path, query), headers)
    first, ours = ours_of(signer, body, now)
    url = f"https://lambda.example:8443{path}?{query}"
    expected = theirs(monkeypatch, credentials, region, url, headers, body, now)
    assert first == f"POST {path}?{query} HTTP/1.1"
    assert ours["Authorization"] == expected["Authorization"]
    assert ours["X-Amz-Date"] == expected["X-Amz-Date"]
    assert ours.get("X-Amz-Security-Token") == token
    assert ours["X-Amz-Invocation-Type"] == kind
    assert ours["Content-Length"] == str(len(body))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    turns=st.lists(
        st.tuples(
            st.integers(-2, 90_000),
            st.sampled_from(
                [("key", "one", None), ("key", "two", None), ("other", "one", "token")]
            ),
            st.binary(max_size=20),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_a_signer_has_no_memory_that_shows(
    monkeypatch: pytest.MonkeyPatch, turns: list[tuple[int, tuple[str, str, str | None], bytes]]
) -> None:
    """Over seconds, days and changes of credentials it signs as botocore does each time."""
    held = [Credentials("none", "none")]
    signer = Signer(
        lambda: held[0], ("us-east-1", "lambda"), ("POST", "/p", "a=b"), {"Host": "lambda.example"}
    )
    now, second = 1_900_000_000, -1
    for step, credentials, body in turns:
        # Credentials are read once a second: new ones count from the next second on.
        now += step
        if now != second:
            held[0], second = Credentials(*credentials), now
        _, ours = ours_of(signer, body, now)
        expected = theirs(
            monkeypatch,
            held[0],
            "us-east-1",
            "https://lambda.example/p?a=b",
            {"Host": "lambda.example"},
            body,
            now,
        )
        assert ours["Authorization"] == expected["Authorization"]
        assert ours.get("X-Amz-Security-Token") == held[0].token


def test_an_encoded_path_is_signed_as_botocore_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function named by its ARN has percent signs in its path, which are encoded once more."""
    credentials = Credentials("key", "secret")
    path = PATH.format("arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af")
    signer = Signer(lambda: credentials, ("us-east-1", "lambda"), ("POST", path, ""), {"Host": "h"})
    first, ours = ours_of(signer, b"{}", 1e9)
    assert first == f"POST {path} HTTP/1.1"
    expected = theirs(
        monkeypatch, credentials, "us-east-1", f"https://h{path}", {"Host": "h"}, b"{}", 1e9
    )
    assert ours["Authorization"] == expected["Authorization"]


def test_the_key_follows_the_utc_day_and_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer that lives past midnight or meets new credentials signs as a new one would."""
    midnight = datetime(2031, 5, 1, tzinfo=UTC).timestamp()
    held = [Credentials("key", "secret", "token")]
    signer = Signer(lambda: held[0], ("us-east-1", "lambda"), ("POST", "/p", ""), {"Host": "h"})
    for now, credentials in (
        (midnight - 1, held[0]),
        (midnight, held[0]),
        (midnight + 1, Credentials("next", "other", "more")),
        (midnight + 2, Credentials("key", "secret", "token")),
    ):
        held[0] = credentials
        _, ours = ours_of(signer, b"", now)
        expected = theirs(
            monkeypatch, credentials, "us-east-1", "https://h/p", {"Host": "h"}, b"", now
        )
        assert ours["Authorization"] == expected["Authorization"]
