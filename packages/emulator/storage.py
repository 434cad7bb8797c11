"""The kept emulator of DynamoDB, SQS, IAM, STS, Logs and the rest, as a child process."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import aiohttp
from console.errors import UsageError

from emulator.aws import Credentials
from emulator.process import Child

SERVICES = (
    "dynamodb,sqs,sns,iam,sts,logs,ssm,s3,kms,secretsmanager,events,"
    "resourcegroupstaggingapi,tagging,servicequotas,xray"
)
SIGNED_FOR = frozenset(
    {"dynamodb", "sqs", "sns", "iam", "sts", "logs", "ssm", "s3", "kms", "secretsmanager"}
    | {"events", "tagging", "servicequotas"}
)
"""The services that are kept here, as requests for them are signed."""
ROOT = Credentials("test", "test")
"""MiniStack's root credentials: it signs in the account named at its start."""
_START_SECONDS = 20.0


def free_port() -> int:
    """A loopback TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class StorageProcess:
    """MiniStack on a loopback port of its own, reached only through the gateway."""

    def __init__(self, directory: Path, work: Path, account_id: str, region: str) -> None:
        if not (directory / "ministack").is_dir():
            raise UsageError(
                f"No MiniStack in {directory}: install it there "
                "(pip install --target DIR ministack) or name another place with --storage."
            )
        self._directory = directory.resolve()
        self._work = work
        self._account_id = account_id
        self._region = region
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._child: Child | None = None

    @property
    def exited(self) -> asyncio.Future[int]:
        """Resolves when the process is gone."""
        if self._child is None:
            raise RuntimeError("not started")
        return self._child.exited

    async def start(self) -> None:
        """Start it and wait until it answers; raises `UsageError` when it does not."""
        self._work.mkdir(parents=True, exist_ok=True)
        corrections = self._work / "corrections"  # of this installation the emulator alone
        corrections.mkdir()
        (corrections / "emulator").symlink_to(Path(__file__).parent)
        log = self._work / "ministack.log"
        with log.open("wb") as output:
            self._child = Child(
                [sys.executable, "-S", "-s", "-m", "emulator.corrections"],
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

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._work),
            "TMPDIR": str(self._work),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(self._directory), str(self._work / "corrections")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": self._account_id,
            "MINISTACK_REGION": self._region,
            "SERVICES": SERVICES,
            "LOG_LEVEL": "WARNING",
        }

    async def _healthy(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline and not self.exited.done():
                try:
                    async with session.get(f"{self.endpoint}/_ministack/health") as answer:
                        if answer.status == 200:
                            return True
                except (aiohttp.ClientError, OSError):
                    await asyncio.sleep(0.02)
        return False
