"""The caller: signed calls of Lambda's API, many at a time, without any retry of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.faults.ledger import Outcome
    from rehearsal.faults.plan import Mode

_PATIENCE = aiohttp.ClientTimeout(total=120)


class LambdaClient:
    """Calls one function; a context that holds the connections."""

    def __init__(self, environment: Mapping[str, str], function: str) -> None:
        self._base = f"{environment['AWS_ENDPOINT_URL']}"
        self._function = quote(function, safe="")
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        )
        self._signer = SigV4Auth(credentials, "lambda", environment["AWS_REGION"])
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=_PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def invoke(
        self, qualifier: str, payload: bytes, mode: Mode
    ) -> tuple[Outcome, dict[str, Any] | None]:
        """Invoke a version or an alias; the outcome, and the function's result where it gave one.

        An answer that Lambda never gives, or none at all, is an error to the caller.
        """
        try:
            status, headers, body = await self.send(qualifier, payload, mode)
        except (aiohttp.ClientError, TimeoutError):
            return "error", None
        if status == 429:
            return "throttled", None
        if mode == "async":
            return ("accepted" if status == 202 else "error"), None
        if status != 200 or "X-Amz-Function-Error" in headers:
            return "error", None
        result: dict[str, Any] = json.loads(body)
        return ("confirmed" if result.get("status") == "confirmed" else "rejected"), result

    async def send(
        self, qualifier: str, payload: bytes, mode: Mode
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Invoke; status, headers and body as they came.

        Raises aiohttp.ClientError or TimeoutError where no answer came.
        """
        url = f"{self._base}/2015-03-31/functions/{self._function}/invocations"
        kind = "Event" if mode == "async" else "RequestResponse"
        request = AWSRequest(
            "POST",
            f"{url}?Qualifier={quote(qualifier)}",
            data=payload,
            headers={"X-Amz-Invocation-Type": kind},
        )
        return await self._call(request)

    async def reserve(self, concurrency: int) -> None:
        """Set the function's reserved concurrency; raises RuntimeError where Lambda refuses."""
        request = AWSRequest(
            "PUT",
            f"{self._base}/2017-10-31/functions/{self._function}/concurrency",
            data=json.dumps({"ReservedConcurrentExecutions": concurrency}).encode(),
            headers={"Content-Type": "application/json"},
        )
        status, _, body = await self._call(request)
        if status != 200:
            raise RuntimeError(f"PutFunctionConcurrency answered {status}: {body.decode()}")

    async def _call(self, request: AWSRequest) -> tuple[int, Mapping[str, str], bytes]:
        self._signer.add_auth(request)
        async with self._session.request(
            str(request.method), str(request.url), data=request.data, headers=dict(request.headers)
        ) as answer:
            return answer.status, answer.headers, await answer.read()
