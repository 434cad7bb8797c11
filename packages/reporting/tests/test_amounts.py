"""How amounts are written."""

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import amounts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not measured"), (0.0, "0.0 %"), (0.00001, "< 0.01 %"), (0.0066, "0.66 %"),
        (0.0147, "1.5 %"), (0.196, "19.6 %"), (1.0, "100.0 %"),
    ],
)  # fmt: skip
def test_a_measured_share_is_finer_where_it_is_small(value: float | None, text: str) -> None:
    """A target of one per cent has to be told from what misses it."""
    assert amounts.share(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.25, "25 %"), (0.125, "12.5 %"), (1, "100 %")])
def test_a_chosen_share_has_no_digits_that_nobody_gave(value: float, text: str) -> None:
    """A weight, a target, a budget."""
    assert amounts.weight(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.044, "0.04 s"), (3.14, "3.1 s"), (19.06, "19.1 s"), (99.96, "100 s"), (1234.5, "1,234 s")],
)
def test_a_duration_is_finer_where_it_is_short(value: float, text: str) -> None:
    """Two digits after the point below a second, one below a hundred."""
    assert amounts.seconds(value) == text


def test_bounds_have_their_unit_once() -> None:
    """`18.7 to 22.6 %`."""
    assert amounts.interval(0.187, 0.226) == "18.7 to 22.6 %"
    assert amounts.interval(None, 0.2) == amounts.NOT_MEASURED


@pytest.mark.parametrize("value", ["2030-01-02T04:04:05+01:00", 1893553445.0])
def test_a_moment_is_in_utc(value: str | float) -> None:
    """Whatever it came as."""
    assert amounts.moment(value) == "2030-01-02 03:04:05 UTC"


@given(st.binary(max_size=50))
def test_a_digest_reads_alike_in_hex_and_in_base64(content: bytes) -> None:
    """And its head is the head of what `sha256sum` prints."""
    found = sha256(content)
    in_base64 = b64encode(found.digest()).decode()
    assert amounts.whole(in_base64) == amounts.whole(found.hexdigest()) == found.hexdigest()
    assert amounts.digest(in_base64) == amounts.digest(found.hexdigest()) == found.hexdigest()[:12]


def test_a_commit_is_cut_as_git_cuts_it_and_an_unknown_one_is_said() -> None:
    """Twelve digits, which git takes for the whole."""
    assert amounts.digest("c0ffee" * 6 + "c0ff") == "c0ffeec0ffee"
    assert amounts.digest(None) == "unknown"


def test_a_unit_stays_with_its_number() -> None:
    """No line ends between the two; other spaces stay as they are."""
    kept = amounts.together("20.2 % of 400 orders in 3.1 s, at most 5 points")
    assert kept.split(" ") == [
        "20.2\xa0%",
        "of",
        "400",
        "orders",
        "in",
        "3.1\xa0s,",
        "at",
        "most",
        "5\xa0points",
    ]
