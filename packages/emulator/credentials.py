"""Temporary credentials of execution roles."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.aws import Credentials
from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.aws import StorageCall

_LIFETIME = 3600
_MARGIN = 600
"""Seconds before expiry at which credentials are no longer handed out."""


@dataclass(frozen=True, slots=True)
class Session:
    """A role as it was assumed: the session is named after the function."""

    role_arn: str
    name: str


class RoleCredentials:
    """AssumeRole as Lambda does it: the session is named after the function; cached per both."""

    def __init__(self, call: StorageCall, root: Credentials) -> None:
        self._call = call
        self._root = root
        self._cached: dict[Session, Credentials] = {}
        self._locks: dict[Session, asyncio.Lock] = {}
        self._given: dict[str, tuple[Session, float]] = {}
        """Sessions by access key, and when each ends."""

    async def get(self, role_arn: str, function_name: str) -> Credentials:
        """Credentials with at least some minutes left; raises `AwsError` if they are refused."""
        key = Session(role_arn, function_name)
        async with self._locks.setdefault(key, asyncio.Lock()):
            cached = self._cached.get(key)
            if cached is None or cached.expires_at - time.time() < _MARGIN:
                cached = self._cached[key] = await self._assume(role_arn, function_name)
                self._remember(key, cached)
            return cached

    def session(self, access_key_id: str) -> Session | None:
        """Whose key it is; None where it was not given out here."""
        session, _ = self._given.get(access_key_id, (None, 0.0))
        return session

    def _remember(self, session: Session, credentials: Credentials) -> None:
        now = time.time()
        self._given = {key: given for key, given in self._given.items() if given[1] > now}
        self._given[credentials.access_key_id] = session, credentials.expires_at

    async def _assume(self, role_arn: str, function_name: str) -> Credentials:
        request: dict[str, object] = {"RoleArn": role_arn, "RoleSessionName": function_name}
        try:
            answer = await self._call("sts", "AssumeRole", request, self._root)
        except AwsError as error:
            if error.status == 503:
                raise
            raise AwsError(
                "AccessDeniedException",
                f"The role defined for the function cannot be assumed by Lambda. ({error.message})",
                403,
            ) from error
        given = answer["Credentials"]
        if not isinstance(given, dict):
            raise AwsError("ServiceException", "AssumeRole answered without credentials", 500)
        return Credentials(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            time.time() + _LIFETIME,
        )
