"""The caller: signed calls of Lambda's API, many at a time, without any retry of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from load.run_log.classify import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATIENCE = aiohttp.ClientTimeout(total=120)


class LambdaClient:
    """Calls one function; a context that holds the connections.

    For whoever has an event loop: the load test's own client, which costs less CPU, has gevent's.
    """

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

    async def invoke(self, qualifier: str, payload: bytes, *, asynchronous: bool = False) -> Reply:
        """Invoke a version or an alias; return what came back, status 0 when nothing whole did."""
        request = AWSRequest(
            "POST",
            f"{self._base}/2015-03-31/functions/{self._function}/invocations"
            f"?Qualifier={quote(qualifier)}",
            data=payload,
            headers={"X-Amz-Invocation-Type": "Event" if asynchronous else "RequestResponse"},
        )
        try:
            return await self._call(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Reply(0, error=type(error).__name__)

    async def reserve(self, concurrency: int) -> None:
        """Set the function's reserved concurrency; raises RuntimeError where Lambda refuses."""
        request = AWSRequest(
            "PUT",
            f"{self._base}/2017-10-31/functions/{self._function}/concurrency",
            data=json.dumps({"ReservedConcurrentExecutions": concurrency}).encode(),
            headers={"Content-Type": "application/json"},
        )
        reply = await self._call(request)
        if reply.status != 200:
            said = reply.body.decode()
            raise RuntimeError(f"PutFunctionConcurrency answered {reply.status}: {said}")

    async def _call(self, request: AWSRequest) -> Reply:
        self._signer.add_auth(request)
        async with self._session.request(
            str(request.method), str(request.url), data=request.data, headers=dict(request.headers)
        ) as answer:
            return Reply(
                answer.status,
                await answer.read(),
                answer.headers.get("X-Amz-Function-Error"),
                answer.headers.get("X-Amz-Executed-Version"),
                answer.headers.get("x-amzn-RequestId"),
            )
