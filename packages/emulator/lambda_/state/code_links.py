"""Where GetFunction says that code lies: URLs that any HTTP client can fetch, for ten minutes."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

from emulator.errors import AwsError
from emulator.http import Response

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/awslambda-tasks/"
"""In AWS the name of a bucket of Lambda's own, and the URL is a presigned one."""
LIFETIME = 600.0
"""Seconds (Lambda API Reference, FunctionCodeLocation: valid for 10 minutes)."""


class _Link(NamedTuple):
    file: Path
    until: float


class CodeLinks:
    """Hands out links and answers them: whoever has one may read that code, and nothing else."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._links: dict[str, _Link] = {}

    def new(self, task_root: Path) -> str:
        """Return the URL of the zip that was unpacked into a directory."""
        now = time.time()
        self._links = {key: link for key, link in self._links.items() if link.until > now}
        key = secrets.token_urlsafe(32)
        self._links[key] = _Link(task_root.with_suffix(".zip"), now + LIFETIME)
        return f"{self._endpoint_url}{PATH}{key}"

    def answer(self, path: str) -> Response:
        """Return the code behind a link; raises `AwsError`, 403, for any other path."""
        link = self._links.get(path.removeprefix(PATH))
        if link is None or link.until < time.time():
            raise AwsError("AccessDenied", "Request has expired", 403)
        return Response(200, link.file.read_bytes(), {"Content-Type": "application/zip"})
