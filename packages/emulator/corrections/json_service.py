"""The corrections of a service that speaks AWS's JSON protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.corrections.serving import RefusedError
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from emulator.corrections.serving import Answer, Serve


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `given` is its `body` parsed."""

    serve: Serve
    path: str
    headers: dict[str, str]
    body: bytes
    given: dict[str, Any]

    async def stored(
        self, given: Mapping[str, Any] | None = None, operation: str = ""
    ) -> dict[str, Any]:
        """What storage answers, to this call or to another one; raises `RefusedError`."""
        prefix, _, named = self.headers["x-amz-target"].rpartition(".")
        headers = {**self.headers, "x-amz-target": f"{prefix}.{operation or named}"}
        body = self.body if given is None else json.dumps(given).encode()
        answer = await self.serve("POST", self.path, headers, body, {})
        if answer[0] != 200:
            raise RefusedError(answer)
        parsed: dict[str, Any] = json.loads(answer[2] or b"{}")
        return parsed


def refusal(error: AwsError) -> Answer:
    """`error` as AWS's JSON protocols tell it: the code in the body, and in a header."""
    body = {"__type": error.code, "message": error.message, **error.members}
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps(body).encode()


class JsonService:
    """Serves `operations` itself, each by its name, and leaves every other to `serve`."""

    def __init__(
        self,
        serve: Serve,
        operations: Mapping[str, Callable[[Call], Awaitable[dict[str, Any]]]],
        refuse: Callable[[AwsError], Answer] = refusal,
    ) -> None:
        self._serve = serve
        self._operations = operations
        self._refuse = refuse

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        """Answer a request; what the operations refuse are answers too."""
        operation = self._operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        given = _parsed(body) if operation else None
        if operation is None or given is None:
            return await self._serve(method, path, headers, body, query)
        try:
            answer = await operation(Call(self._serve, path, headers, body, given))
        except RefusedError as refused:
            return refused.answer
        except AwsError as error:
            return self._refuse(error)
        except (KeyError, TypeError, AttributeError) as error:  # no shape of the service's model
            message = f"The request is not of its operation's shape: {error!r}"
            return self._refuse(AwsError("SerializationException", message))
        content_type = headers.get("content-type", "application/x-amz-json-1.0")
        return 200, {"Content-Type": content_type}, json.dumps(answer).encode()


def invalid(message: str) -> AwsError:
    """Refuse a parameter as most services do."""
    return AwsError("InvalidParameterException", message)


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
