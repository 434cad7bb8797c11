"""MiniStack, its answers corrected: what the storage process runs."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from emulator.corrections import logs, sts


def main() -> None:
    """Put each correction around MiniStack's handler of its service, and serve on a socket."""
    app: Any = importlib.import_module("ministack.app")  # it has no types
    for name, corrected in (("logs", logs.corrected), ("sts", sts.corrected)):
        app.SERVICE_HANDLERS[name] = corrected(app.SERVICE_HANDLERS[name])
    server: Any = importlib.import_module("hypercorn.__main__")
    alone = ("--workers", "0", "--keep-alive", "75", "--log-level", "WARNING")
    server.main(["ministack.app:app", "--bind", f"unix:{sys.argv[1]}", *alone])


main()
