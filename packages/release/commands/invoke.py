"""`invoke`: one event to what callers reach, and what came back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.errors import UsageError

from release.result import Exit, Result
from release.state import alias
from release.synthetic.traffic import payload, plain

if TYPE_CHECKING:
    from pathlib import Path

    from release.context import Release


def invoke(release: Release, path: Path | None) -> Result:
    """Send what `path` holds to the alias, as a caller would, and show the answer.

    Without a path it is a synthetic event of the service to the live version, which takes one by
    its number alone. Fails where the function gave no answer. UsageError if the file cannot be read
    or is no JSON: nothing is sent then.
    """
    if path is None:
        asked = alias.read(release.functions).version
        event = payload(plain(release, asked))
    else:
        asked, event = release.outputs.alias, _event(path)
    run = release.functions.invoke(asked, event)
    by = f"version {run.executed_version or 'unknown'}"
    details = {"executedVersion": run.executed_version, "answer": run.payload, "error": run.error}
    if run.error is not None:
        return Result(Exit.FAIL, f"{release.outputs.alias} gave no answer: {run.error}.", details)
    answer = json.dumps(run.payload, indent=2, ensure_ascii=False)
    return Result(Exit.DONE, f"{release.outputs.alias}, {by}, answered:\n{answer}", details)


def _event(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except OSError as error:
        raise UsageError(f"The event {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"The event {path} is no JSON: {error}.") from None
    return text.encode()
