"""Which of two commits is newer: a release that a later one has overtaken must not be deployed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console import lifelines
from console.checkout import ROOT
from console.errors import UsageError
from reporting.amounts import digest

if TYPE_CHECKING:
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}")


def check(stack: str, built: str | None, deployed: str | None, root: Path = ROOT) -> None:
    """Raise UsageError where `deployed` holds `built` already, or git in `root` cannot tell.

    A commit on another branch than the deployed one overtakes nothing. Where neither side knows a
    commit (the stack's first deployment, a build outside git) there is no order to keep.
    """
    if not built or not deployed or not _COMMIT.fullmatch(deployed) or built == deployed:
        return
    status = _git(root, "merge-base", "--is-ancestor", built, deployed)
    if status == 0:
        raise UsageError(
            f"Superseded: stack '{stack}' was deployed from {digest(deployed)}, which holds "
            f"{digest(built)} already. To go back, roll back; to take a change out, revert it."
        )
    if status != 1:
        raise UsageError(
            f"It is unknown whether {digest(built)} is newer than {digest(deployed)}, from "
            "which stack "
            f"'{stack}' was deployed: fetch the whole history (`git fetch --unshallow`), or see "
            "that git is on PATH."
        )


def _git(root: Path, *arguments: str) -> int:
    """Return git's status: 0 yes, 1 no, anything else: it does not know."""
    try:
        return lifelines.run(
            ["git", "-C", str(root), *arguments], check=False, capture_output=True
        ).returncode
    except OSError:
        return -1
