"""`python -m github.tell OWNER/NAME WHAT RUN`: an issue of that title leads to what failed.

One that is open already gets a comment, so that a week of failures is one issue.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console import closed_output

from github.cli import RefusedError, end, gh

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """0 once it is told; RefusedError where GitHub does not take it."""
    if len(arguments) != 3:
        raise RefusedError("Say where, what and in which run: nox -s tell -- OWNER/NAME WHAT RUN")
    repository, what, run = arguments
    body = f"{what}: {run}\n\nWhat to do: docs/runbooks/README.md."
    where = ("--repo", repository)
    listed = gh(
        "issue", "list", *where, "--state", "open", "--search", f'in:title "{what}"',
        "--json", "number,title",
    )  # fmt: skip
    for issue in json.loads(listed):
        if issue["title"] == what:
            print(gh("issue", "comment", str(issue["number"]), *where, "--body", body).strip())
            return 0
    print(gh("issue", "create", *where, "--title", what, "--body", body).strip())
    return 0


if __name__ == "__main__":
    closed_output.tolerate()
    end(main)
