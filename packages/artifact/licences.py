"""Licences as SPDX expressions, whatever words a distribution's metadata has for them.

https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
"""

from __future__ import annotations

import re

from console.errors import UsageError

# Looked through by a person: what is not among them stops the build instead of being shipped.
_KNOWN = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0"}
_OTHER_WORDS = {"Apache License 2.0": "Apache-2.0", "MIT License": "MIT"}
# Where the metadata is less exact than the licence file beside it.
_BY_FILE = {
    # "MIT" in the metadata, MIT No Attribution in the file and in a classifier.
    "aws-lambda-powertools": "MIT-0",
    # "Dual License": BSD for all of it, and Apache as a choice for what came after 2017.
    "python-dateutil": "BSD-3-Clause AND (Apache-2.0 OR BSD-3-Clause)",
}


def expression(name: str, declared: str | None) -> str:
    """Return the SPDX expression for the distribution `name` that declares `declared`.

    Raises UsageError for a licence that nobody has looked at yet.
    """
    words = (declared or "").strip().splitlines() or [""]
    found = _BY_FILE.get(name) or _OTHER_WORDS.get(words[0], words[0])
    if not is_known(found):
        raise UsageError(
            f"Cannot tell the licence of {name} from '{words[0]}': "
            "look at it and add it to packages/artifact/licences.py."
        )
    return found


def is_known(text: str) -> bool:
    """Whether `text` is an SPDX expression of known licences."""
    tokens = re.findall(r"[()]|[^\s()]+", text)
    names = {token for token in tokens if token not in {"AND", "OR", "(", ")"}}
    # Every licence becomes x: what is left must reduce to one x.
    shape = " ".join("x" if token in names else token for token in tokens)
    while (reduced := re.sub(r"\( x \)|x (AND|OR) x", "x", shape)) != shape:
        shape = reduced
    return shape == "x" and names <= _KNOWN


def is_single(text: str) -> bool:
    """Whether the expression is one licence and no combination."""
    return text in _KNOWN
