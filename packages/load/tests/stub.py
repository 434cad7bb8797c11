"""A small stand-in for AWS on loopback: one function with c slots of a fixed service time.

It speaks as much of Lambda, DynamoDB, SQS, Logs and CloudWatch as a load test asks for, and refuses
an invocation that finds no slot free with the body that AWS sends.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

THROTTLED = {
    "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
    "Type": "User",
    "message": "Rate Exceeded.",
}

Answer = tuple[int, dict[str, str], bytes]


def digest_of(event: object) -> str:
    """Return the digest of a content as the service defines it."""
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Stub:
    """`slots` invocations at a time, each `service_seconds` long; keeps what it saw."""

    slots: int = 5
    service_seconds: float = 0.02
    table: dict[str, dict[str, Any]] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    slot_seconds: list[float] = field(default_factory=list)
    invocations: int = 0
    throttled: int = 0
    connections: int = 0
    busy: int = 0
    invoked: threading.Event = field(default_factory=threading.Event)
    fails_with: Answer | None = None
    refuses_all: Answer | None = None

    def __enter__(self) -> Self:
        """Start serving in a thread of its own."""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead an AWS client here."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = {k.lower(): v.strip() for k, _, v in (h.partition(":") for h in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, extra, content = await self._answer(method, path, headers, body)
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
                lines += [f"{name}: {value}" for name, value in extra.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if self.refuses_all:
            return self.refuses_all
        path = path.partition("?")[0]
        if "/functions/unknown" in path:
            return _refused(404, "ResourceNotFoundException", "Function not found: arn")
        if path.endswith("/aliases/production"):
            return _json({"Name": "production", "FunctionVersion": "1"})
        if "/aliases/" in path:
            return _refused(404, "ResourceNotFoundException", "Cannot find alias arn: it")
        if path.endswith("/configuration"):
            found = {"FunctionName": "f", "Timeout": 5, "CodeSha256": "the-digest"}
            return _json(found | {"MemorySize": 512})
        if method == "GET" and path.endswith("/concurrency"):
            return _json({"ReservedConcurrentExecutions": self.slots})
        if "/invocations" in path:
            return await self._invoke(headers.get("x-amz-invocation-type", ""), body)
        return self._data(headers.get("x-amz-target", ""), body)

    def _data(self, operation: str, body: bytes) -> Answer:
        request = json.loads(body)
        if operation.endswith(".Scan"):
            return _json({"Items": list(self.table.values())})
        if operation.endswith(".BatchGetItem"):
            (name,) = request["RequestItems"]
            keys = [key["orderId"]["S"] for key in request["RequestItems"][name]["Keys"]]
            return _json({"Responses": {name: [self.table[k] for k in keys if k in self.table]}})
        if operation.endswith(".ReceiveMessage"):
            taken, self.dead = self.dead[:10], self.dead[10:]
            self._hidden = getattr(self, "_hidden", []) + taken
            return _json({"Messages": [_message(body) for body in taken]})
        if operation.endswith(".ChangeMessageVisibilityBatch"):
            self.dead += self._hidden
            self._hidden = []
            return _json({"Successful": [], "Failed": []})
        if operation.endswith(".GetMetricData"):
            return _json({"MetricDataResults": []})
        if operation.endswith(".FilterLogEvents"):
            return _json({"events": [_report(seconds) for seconds in self.slot_seconds]})
        return _refused(400, "UnknownOperation", operation)

    async def _invoke(self, kind: str, body: bytes) -> Answer:
        if kind == "DryRun":
            return 204, {}, b""
        if self.fails_with:
            return self.fails_with
        if kind == "Event":
            task = asyncio.create_task(self._later(body))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
            return 202, {"x-amzn-RequestId": str(uuid.uuid4())}, b""
        if self.busy >= self.slots:
            self.throttled += 1
            return 429, {"x-amzn-ErrorType": "TooManyRequestsException"}, _bytes(THROTTLED)
        result = await self._execute(json.loads(body))
        return 200, {"X-Amz-Executed-Version": "1"}, _bytes(result)

    async def _later(self, body: bytes) -> None:
        # A busy function's events are tried again later, as Lambda does.
        if self.busy >= self.slots:
            await asyncio.sleep(5 * self.service_seconds)
            await self._later(body)
        else:
            await self._execute(json.loads(body))

    async def _execute(self, event: dict[str, Any]) -> dict[str, Any]:
        self.busy += 1
        self.invocations += 1
        self.invoked.set()
        began = self._loop.time()
        await asyncio.sleep(self.service_seconds)
        self.busy -= 1
        self.slot_seconds.append(self._loop.time() - began)
        return self._result(event)

    def keep(self, event_id: str, digest: str) -> None:
        """Store an event as the function does, unless it is there."""
        item = {
            "orderId": {"S": event_id},
            "contentDigest": {"S": digest},
            "confirmedAt": {"S": datetime.now(UTC).isoformat()},
        }
        self.table.setdefault(event_id, item)

    def _result(self, event: dict[str, Any]) -> dict[str, Any]:
        lines = event.get("lines", [])
        wrong = not lines or any(line["quantity"] < 1 or "," in line["unitPrice"] for line in lines)
        if wrong or "currency" not in event:
            return {"status": "rejected", "orderId": event["orderId"], "reasons": [{"code": "BAD"}]}
        self.keep(event["orderId"], digest_of(event))
        return {"status": "confirmed", "orderId": event["orderId"], "lineCount": len(lines)}


def _bytes(document: object) -> bytes:
    return json.dumps(document).encode()


def _json(document: object) -> Answer:
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, _bytes(document)


def _refused(status: int, code: str, message: str) -> Answer:
    return status, {"x-amzn-ErrorType": code}, _bytes({"Type": "User", "message": message})


def _message(body: str) -> dict[str, str]:
    return {
        "MessageId": "m",
        "ReceiptHandle": body[:40],
        "Body": body,
        "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
    }


def _report(seconds: float) -> dict[str, Any]:
    milliseconds = f"{seconds * 1000:.2f}"
    line = f"REPORT RequestId: 0\tDuration: {milliseconds} ms\tBilled Duration: 1 ms\t"
    return {"message": line, "timestamp": 0}
