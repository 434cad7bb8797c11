"""Tags in AWS's characters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service.artifacts import Origin

from infra import tags


@given(st.one_of(st.none(), st.text(max_size=600)))
def test_any_text_becomes_a_tag_that_aws_takes(text: str | None) -> None:
    """1 to 256 letters, numbers, spaces and a few signs, whatever came in."""
    value = tags.clean(text)
    assert 1 <= len(value) <= 256
    for character in value:
        assert character in " _.:/=+-@" or unicodedata.category(character)[0] in "LN"


@pytest.mark.parametrize("value", ["acme/orders", "ada@example.org", "12", "Zoë Ångström"])
def test_a_good_value_is_kept(value: str) -> None:
    """Names, addresses and numbers stay readable."""
    assert tags.clean(value) == value


def test_a_long_value_is_cut() -> None:
    """AWS takes 256 characters."""
    assert tags.clean("a" * 300) == "a" * 256


@pytest.mark.parametrize("value", [None, "", "<>", " \n"])
def test_nothing_left_is_none(value: str | None) -> None:
    """A tag is never empty."""
    assert tags.clean(value) == "none"


def test_unknown_origin_is_tagged_none() -> None:
    """The keys are there all the same."""
    built = tags.build("dev", "2026-01-01", Origin(None, None, None))
    assert {built[key] for key in ("Repository", "Author", "PRNumber")} == {"none"}
    assert built["CreatedAt"] == "2026-01-01"
