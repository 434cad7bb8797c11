"""The operation Invoke: synchronous, asynchronous and dry."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.http import Response
from emulator.lambda_.runtime.concurrency import Throttled
from emulator.lambda_.runtime.environment import LOG_TAIL, Job
from emulator.lambda_.runtime.executions import too_many_requests
from emulator.lambda_.runtime.outcome import SUCCESS
from emulator.lambda_.state import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.http import Request
    from emulator.ids import Ids
    from emulator.lambda_.api.tracing import Tracer
    from emulator.lambda_.queue.events import EventQueue
    from emulator.lambda_.runtime.executions import Executions
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.registry import Registry

SYNCHRONOUS_LIMIT = 6_291_456
ASYNCHRONOUS_LIMIT = 1_048_576
"""Bytes of a payload (Lambda Developer Guide, gettingstarted-limits)."""
CLIENT_CONTEXT_LIMIT = 3583
_TYPES = ("Event", "RequestResponse", "DryRun")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
LEGACY_LIMIT = 262_144
"""Bytes of a payload of InvokeAsync, the operation that `Event` replaced (botocore's model)."""


class Invoker:
    """Answers `POST /2015-03-31/functions/{reference}/invocations`."""

    def __init__(
        self,
        registry: Registry,
        executions: Executions,
        queue: EventQueue,
        ids: Ids,
        tracer: Tracer,
    ) -> None:
        self._registry = registry
        self._executions = executions
        self._queue = queue
        self._ids = ids
        self._tracer = tracer

    async def handle(self, reference: str, request: Request) -> Response:
        """Answer one call; raises `AwsError` for what AWS refuses before a handler runs."""
        headers = request.headers
        kind = headers.get("x-amz-invocation-type", "RequestResponse")
        if kind not in _TYPES:
            raise refusals.validation(
                f"Value '{kind}' at 'invocationType' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(_TYPES)}]"
            )
        if not _REQUEST_ID.fullmatch(headers.get("x-amzn-requestid", _NO_ID)):
            raise _content_refused("x-amzn-RequestId must be a UUID.")
        limit = ASYNCHRONOUS_LIMIT if kind == "Event" else SYNCHRONOUS_LIMIT
        payload = _payload(request.body, limit)
        target = self._registry.resolve(reference, request.query.get("Qualifier"))
        if kind == "DryRun":
            return Response(204, headers={"x-amzn-RequestId": self._ids.uuid()})
        trace = self._tracer.header(target.version.tracing_mode, headers.get("x-amzn-trace-id"))
        if kind == "Event":
            return self._enqueue(Job(self._ids.uuid(), target, payload, trace))
        context = _client_context(headers.get("x-amz-client-context", ""))
        try:
            execution = self._executions.acquire(target, synchronous=True)
        except Throttled as throttled:
            raise too_many_requests(throttled) from None
        job = Job(self._ids.uuid(), target, payload, trace, context)
        return _reply(job, await self._executions.run(execution, job), headers)

    async def handle_legacy(self, reference: str, request: Request) -> Response:
        """Answer `POST /2014-11-13/functions/{reference}/invoke-async`."""
        payload = _payload(request.body, LEGACY_LIMIT)
        request_id = self.accept(reference, payload, request.headers.get("x-amzn-trace-id"))
        return Response(202, b'{"Status":202}', {"x-amzn-RequestId": request_id})

    def accept(self, reference: str, payload: bytes, trace: str | None) -> str:
        """Queue `payload` for the function at `reference`; the request id."""
        target = self._registry.resolve(reference)
        header = self._tracer.header(target.version.tracing_mode, trace)
        job = Job(self._ids.uuid(), target, payload, header)
        self._queue.put(job)
        return job.request_id

    def _enqueue(self, job: Job) -> Response:
        self._queue.put(job)
        headers = {
            "x-amzn-RequestId": job.request_id,
            "x-amzn-Remapped-Content-Length": "0",
            "X-Amzn-Trace-Id": _public_trace(job.trace_header),
        }
        return Response(202, headers=headers)


def _reply(job: Job, outcome: Outcome, asked: Mapping[str, str]) -> Response:
    headers = {
        "Content-Type": "application/json",
        "x-amzn-RequestId": job.request_id,
        "x-amzn-Remapped-Content-Length": "0",
        "X-Amz-Executed-Version": job.target.version.version,
        "X-Amzn-Trace-Id": _public_trace(job.trace_header),
    }
    if outcome.ending.status != SUCCESS:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if asked.get("x-amz-log-type") == "Tail":
        log = "".join(f"{line}\n" for line in outcome.log).encode()
        headers["X-Amz-Log-Result"] = base64.b64encode(log[-LOG_TAIL:]).decode()
    return Response(200, outcome.ending.payload, headers)


def _payload(body: bytes, limit: int) -> bytes:
    """The event to hand on: an absent one is `{}` (recorded for asynchronous invocations)."""
    if len(body) > limit:
        raise refusals.too_large(
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        )
    if not body:
        return b"{}"
    try:
        _JSON.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise _content_refused(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from None
    return body


def _no_number(name: str) -> float:
    raise ValueError(f"Non-standard token '{name}'")


_JSON = json.JSONDecoder(parse_constant=_no_number)
"""Takes no NaN and no Infinity, as AWS."""
_NO_ID = "00000000-0000-0000-0000-000000000000"


def _content_refused(message: str) -> AwsError:
    """A 400 for a body or a header that cannot be read (botocore's model)."""
    return AwsError("InvalidRequestContentException", message, members={"Type": "User"})


def _client_context(encoded: str) -> str:
    """The caller's context as one line of plain ASCII JSON, the form the runtime expects."""
    if not encoded:
        return ""
    context: object = None
    if len(encoded) <= CLIENT_CONTEXT_LIMIT:
        with contextlib.suppress(ValueError, RecursionError):
            context = json.loads(base64.b64decode(encoded, validate=True))
    if not isinstance(context, dict):
        raise _content_refused(
            "Client context must be a valid Base64-encoded JSON object of at most "
            f"{CLIENT_CONTEXT_LIMIT} bytes."
        )
    return json.dumps(context)


def _public_trace(header: str) -> str:
    """What a caller gets back: root and decision."""
    fields = dict(part.split("=", 1) for part in header.split(";"))
    return f"root={fields['Root']};sampled={fields['Sampled']}"
