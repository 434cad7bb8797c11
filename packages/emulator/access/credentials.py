"""Temporary credentials of execution roles."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from emulator.access.keys import Principal
from emulator.aws import Credentials
from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.access.keys import Keys
    from emulator.aws import StorageCall

_LIFETIME = 3600
_MARGIN = 600
"""Seconds before expiry at which credentials are no longer handed out."""


class RoleCredentials:
    """AssumeRole as Lambda does it: the session is named after the function; cached per both."""

    def __init__(self, call: StorageCall, keys: Keys) -> None:
        self._call = call
        self._keys = keys
        self._cached: dict[Principal, Credentials] = {}
        self._locks: dict[Principal, asyncio.Lock] = {}

    async def get(self, role_arn: str, function_name: str) -> Credentials:
        """Credentials with at least some minutes left; raises `AwsError` if they are refused."""
        session = Principal.of_role(role_arn, function_name)
        async with self._locks.setdefault(session, asyncio.Lock()):
            cached = self._cached.get(session)
            if cached is None or cached.expires_at - time.time() < _MARGIN:
                cached = self._cached[session] = await self.new(role_arn, function_name)
            return cached

    async def new(self, role_arn: str, function_name: str) -> Credentials:
        """Credentials of one execution environment's own; raises `AwsError` as `get`."""
        session = _session_name(function_name)
        credentials = await self._assume(role_arn, session)
        self._keys.remember(credentials, Principal.of_role(role_arn, session))
        return credentials

    async def _assume(self, role_arn: str, session: str) -> Credentials:
        request: dict[str, object] = {"RoleArn": role_arn, "RoleSessionName": session}
        try:
            answer = await self._call("sts", "AssumeRole", request, self._keys.root)
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


def _session_name(function_name: str) -> str:
    """A session is named after its function, with more where STS would find that too short."""
    return function_name if len(function_name) > 1 else f"{function_name}@lambda_function"
