"""What may stand in a text that people read and compare.

Only what Unicode has fixed for good decides here, or a list of this module: `str.isprintable` and
the categories know the characters of the Unicode version that a Python was built with, so the same
order would be taken by one runtime and refused by the next. What is not refused is text: unassigned
characters, private ones, joiners, variation selectors. Texts are compared code point by code point.
"""

from __future__ import annotations

import functools
import re

# White_Space: https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt
_SPACES = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Default_Ignorable_Code_Point, and the blank of Braille, which has a glyph without ink:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff\u2800"
)


@functools.cache
def _refused() -> dict[str, re.Pattern[str]]:
    """What nobody can read, by kind. Compiled when the first text beyond ASCII comes: most
    environments never see one, and each would pay for it while it starts."""
    planes = "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
    return {
        "a control": re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"),
        "half a surrogate pair": re.compile(r"[\ud800-\udfff]"),
        "a noncharacter": re.compile(rf"[\ufdd0-\ufdef{planes}]"),
    }


def fault(text: str) -> str | None:
    """Return why `text` is none that people could read; None where it is."""
    if text.isascii() and text.isprintable():  # most are; ASCII is the same in every version
        return None if text == text.strip(" ") else _spaced(text)
    for kind, pattern in _refused().items():
        if found := pattern.search(text):
            return f"must not have {kind} ({_named(found[0])})"
    if re.match(rf"[{_SPACES}{_UNSEEN}]*\Z", text):
        return f"must show something, and is blank ({_named(text[0])})"
    return _spaced(text)


def _spaced(text: str) -> str | None:
    found = re.search(rf"\A[{_SPACES}]|[{_SPACES}]\Z", text)
    return f"must not begin or end with a space ({_named(found[0])})" if found else None


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"
