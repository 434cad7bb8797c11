"""The kept emulator of DynamoDB, SQS, IAM, STS, Logs and the rest, as a child process."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from console.errors import UsageError

from emulator.process import Child

if TYPE_CHECKING:
    from emulator.aws import Credentials

SERVICES = (
    "dynamodb,sqs,sns,iam,sts,logs,ssm,s3,kms,secretsmanager,events,"
    "resourcegroupstaggingapi,tagging,servicequotas,xray"
)
SIGNED_FOR = frozenset(
    {"dynamodb", "sqs", "sns", "iam", "sts", "logs", "ssm", "s3", "kms", "secretsmanager"}
    | {"events", "tagging", "servicequotas"}
)
"""The services that are kept here, as requests for them are signed."""
ENDPOINT = "http://storage"
"""What requests name; the connector decides where they go."""
_SOCKET = "ministack.socket"
_START_SECONDS = 20.0
_ROOT_TO_STORAGE = re.compile(r"test|[0-9]{12}|")


def taken_for_root(access_key_id: str) -> bool:
    """Whether MiniStack takes anyone who names this key for its root, whatever the signature."""
    return _ROOT_TO_STORAGE.fullmatch(access_key_id) is not None


class StorageProcess:
    """MiniStack on a socket in the emulator's own directory, which only its user can open.

    It checks the signatures of sessions and of users, and not those of `root`.
    """

    def __init__(
        self,
        directory: Path,
        work: Path,
        account_id: str,
        region: str,
        root: Credentials,
        time_scale: float,
    ) -> None:
        if not (directory / "ministack").is_dir():
            raise UsageError(
                f"No MiniStack in {directory}: install it there "
                "(pip install --target DIR ministack) or name another place with --storage."
            )
        self._directory = directory.resolve()
        self._work = work
        self._account_id = account_id
        self._region = region
        self._root = root
        self._time_scale = time_scale
        self._work.mkdir(parents=True, exist_ok=True)
        self._folder = os.open(work, os.O_RDONLY)
        self._child: Child | None = None

    @property
    def exited(self) -> asyncio.Future[int]:
        """Resolves when the process is gone."""
        if self._child is None:
            raise RuntimeError("not started")
        return self._child.exited

    def connector(self) -> aiohttp.BaseConnector:
        """A new connection pool that leads to it, without a limit."""
        # A socket's path has 107 bytes at most, the directory's any number: Linux names it shortly.
        folder = f"/proc/self/fd/{self._folder}" if sys.platform == "linux" else self._work
        return aiohttp.UnixConnector(f"{folder}/{_SOCKET}", limit=0)

    async def start(self) -> None:
        """Start it and wait until it answers; raises `UsageError` when it does not."""
        corrections = self._work / "corrections"  # of this installation the emulator alone
        corrections.mkdir()
        (corrections / "emulator").symlink_to(Path(__file__).parent)
        log = self._work / "ministack.log"
        with log.open("wb") as output:
            self._child = Child(
                [sys.executable, "-S", "-s", "-m", "emulator.corrections", _SOCKET],
                cwd=self._work,
                environment=self._environment(),
                output=output.fileno(),
            )
        if not await self._healthy():
            tail = log.read_text(errors="replace")[-400:].strip()
            raise UsageError(f"MiniStack in {self._directory} did not start: {tail or 'no output'}")

    async def stop(self) -> None:
        """Kill it: its state is in memory, so there is nothing to flush."""
        if self._child is not None:
            self._child.kill()
            await self._child.exited
        os.close(self._folder)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._work),
            "TMPDIR": str(self._work),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(self._directory), str(self._work / "corrections")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": self._root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._root.secret_access_key,
            "MINISTACK_ACCOUNT_ID": self._account_id,
            "MINISTACK_REGION": self._region,
            "SERVICES": SERVICES,
            "TIME_SCALE": str(self._time_scale),
            "LOG_LEVEL": "WARNING",
        }

    async def _healthy(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        async with aiohttp.ClientSession(connector=self.connector()) as session:
            while time.monotonic() < deadline and not self.exited.done():
                try:
                    async with session.get(f"{ENDPOINT}/_ministack/health") as answer:
                        if answer.status == 200:
                            return True
                except (aiohttp.ClientError, OSError):
                    await asyncio.sleep(0.02)
        return False
