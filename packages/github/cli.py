"""GitHub's command line, and how a module here ends."""

from __future__ import annotations

import sys
import tempfile
from typing import TYPE_CHECKING

from console import lifelines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RefusedError(Exception):
    """What was asked cannot be done as it stands; the message says what to do."""


def gh(*arguments: str, given: str | None = None) -> str:
    """What `gh` prints, `given` a text to read; RefusedError where it is missing or says no."""
    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as stdin:
            stdin.write(given or "")
            stdin.seek(0)
            command = ["gh", *arguments]
            done = lifelines.run(command, stdin=stdin, capture_output=True, text=True)
    except FileNotFoundError:
        raise RefusedError(
            "gh, GitHub's command line, is not installed: see https://cli.github.com"
        ) from None
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}"
        raise RefusedError(f"gh {' '.join(arguments[:2])}: {said}")
    return str(done.stdout)


def end(main: Callable[[Sequence[str]], int]) -> None:
    """Run a module's `main` on the command line: one sentence and status 2 where it refuses."""
    try:
        sys.exit(main(sys.argv[1:]))
    except RefusedError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
