"""MiniStack, its answers corrected: what the storage process runs."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from emulator.clock import Clock
from emulator.corrections import authorization, dynamodb, iam, logs, sqs, sts


def main() -> None:
    """Put each correction around MiniStack's handler of its service, and serve on a socket."""
    app: Any = importlib.import_module("ministack.app")  # it has no types
    clock = Clock(float(os.environ["TIME_SCALE"]))
    corrections = {
        "dynamodb": dynamodb.corrected,
        "iam": iam.corrected,
        "logs": logs.corrected,
        "sqs": sqs.corrected,
        "sts": sts.corrected,
    }
    for name, corrected in corrections.items():
        app.SERVICE_HANDLERS[name] = corrected(app.SERVICE_HANDLERS[name], clock)
    authorization.correct()
    server: Any = importlib.import_module("hypercorn.__main__")
    alone = ("--workers", "0", "--keep-alive", "75", "--log-level", "WARNING")
    server.main(["ministack.app:app", "--bind", f"unix:{sys.argv[1]}", *alone])


main()
