"""MiniStack, its answers corrected: what the storage process runs."""

from __future__ import annotations

import importlib
from typing import Any

from emulator.corrections import logs


def main() -> None:
    """Put each correction around MiniStack's handler of its service, and serve."""
    app: Any = importlib.import_module("ministack.app")  # it has no types
    for name, corrected in (("logs", logs.corrected),):
        app.SERVICE_HANDLERS[name] = corrected(app.SERVICE_HANDLERS[name])
    app.main()


main()
