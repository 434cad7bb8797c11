"""`python -m rehearsal.workflows.lint`: what GitHub's editor finds in workflows and actions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from console import closed_output
from console.checkout import ROOT

from rehearsal.workflows.github import problems

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("workflows/*.yml", "actions/*/action.yml")


def main(root: Path = ROOT) -> int:
    """0 if it finds nothing; else 1 and a line per problem."""
    paths = [path for pattern in FILES for path in sorted((root / ".github").glob(pattern))]
    found = [line for path in paths for line in problems(root, str(path.relative_to(root)))]
    print("\n".join(found) or f"GitHub's language service finds nothing in {len(paths)} files.")
    return int(bool(found))


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
