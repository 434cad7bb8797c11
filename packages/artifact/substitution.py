"""Puts small modules of our own in the place of large ones that a service says it never uses.

Modules that are never imported are left out; these are imported by modules that are needed.
Each digest names the original that was looked at: with another one the build stops, so that no
dependency update changes silently what a substitute stands in for.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBSTITUTES = Path(__file__).with_name("substitutes")

# SHA-256 of the original, its first 24 digits. Measured effects: docs/adr/0008-cold-start.md.
REPLACED = {
    "aws_lambda_powertools/__init__.py": "a388841d4d0c7d60b4fd37d5",
    "aws_lambda_powertools/utilities/jmespath_utils/__init__.py": "06bf3d501bad5b8b0bbf60e4",
    "botocore/docs/__init__.py": "331c7a7a2cbbebe4b13e952c",
    "botocore/docs/docstring.py": "268f650386453eaef970d094",
    "urllib3/http2/__init__.py": "c73ac0487ed1e4035190f24e",
}


def substitute(root: Path, names: Iterable[str]) -> None:
    """Replace the modules in an install directory; raises UsageError for an unknown one."""
    for name in names:
        if name not in REPLACED:
            raise UsageError(
                f"There is no substitute for '{name}', which service.toml names in [artifact]: "
                f"choose from {', '.join(REPLACED)}."
            )
        original = root / name
        if not original.is_file() or _digest(original) != REPLACED[name]:
            raise UsageError(
                f"{name} is not the one that its substitute was written for: see whether"
                " packages/artifact/substitutes still fits and renew the digest beside it."
            )
        shutil.copyfile(SUBSTITUTES / name, original)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:24]
