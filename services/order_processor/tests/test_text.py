from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_processor.text import fault

from services.order_processor.tests.inputs import oracle


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x07", "a control (U+0007)"),
        ("a\x85b", "a control (U+0085)"),
        ("a\u2028b", "a control (U+2028)"),
        ("a\ud83d", "half a surrogate pair (U+D83D)"),
        ("\ufdd0", "a noncharacter (U+FDD0)"),
        ("a\U0010ffff", "a noncharacter (U+10FFFF)"),
        ("\u3164", "is blank (U+3164)"),
        ("\u115f\u2800", "is blank (U+115F)"),
        ("\ufe0f", "is blank (U+FE0F)"),
        ("\u00a0", "is blank (U+00A0)"),
        (" a", "a space (U+0020)"),
        ("a\u3000", "a space (U+3000)"),
        ("\u00a0é", "a space (U+00A0)"),
    ],
)
def test_names_the_character(text: str, said: str) -> None:
    """A person looks at text that shows nothing wrong: its number says what is there."""
    assert said in str(fault(text))


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d🚀",
        "می\u200cخواهم",
        "a\u00a0b",
        "❤\ufe0f",
        "❤",
        "e\u0301",
        "\ue000",
        "\u0378",
        "\u202eabc",
    ],
)
def test_is_text(text: str) -> None:
    """Joiners, no-break spaces, variation selectors, private and unassigned characters."""
    assert fault(text) is None


@given(st.text(st.characters(exclude_categories=[]), min_size=1, max_size=4))
def test_agrees_with_the_oracle(text: str) -> None:
    """Which knows the rules by other lists."""
    assert (fault(text) is None) == oracle._is_text(text)


def test_every_character_by_itself_agrees_with_the_oracle() -> None:
    """All of them: what is refused is a closed list, and no Unicode version changes it."""
    wrong = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if (fault(chr(code)) is None) != oracle._is_text(chr(code))
    ]
    assert not wrong
