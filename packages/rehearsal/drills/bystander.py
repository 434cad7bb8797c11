"""Another team's function in the same account: small, without a reservation, always in use."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

NAME = "bystander"
PAUSE_SECONDS = 0.1
_CODE = "def handler(event, context):\n    return event\n"


class Bystander:
    """A context in which somebody calls it, one call after the other; counts what came of them."""

    def __init__(self, env: DrillEnvironment) -> None:
        self.served = 0
        self.refused = 0
        self._client = env.client("lambda")
        self._function = env.function
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._call, daemon=True, name=NAME)

    def __enter__(self) -> Self:
        deployed = self._client.get_function_configuration(FunctionName=self._function)
        self._client.create_function(
            FunctionName=NAME,
            Role=deployed["Role"],
            Runtime=deployed["Runtime"],
            Handler="bystander.handler",
            Code={"ZipFile": _archive()},
        )
        self._client.get_waiter("function_active_v2").wait(
            FunctionName=NAME, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _call(self) -> None:
        while not self._done.is_set():
            try:
                self._client.invoke(FunctionName=NAME, Payload=b"{}")["Payload"].read()
                self.served += 1
            except (ClientError, BotoCoreError):
                self.refused += 1
            time.sleep(PAUSE_SECONDS)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bystander.py")
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, _CODE)
    return buffer.getvalue()
