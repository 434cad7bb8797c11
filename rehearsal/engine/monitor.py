"""The resource monitor that the program talks to: applies each registration through boto3."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from rehearsal.engine.errors import EngineError
from rehearsal.engine.providers import PROVIDERS
from rehearsal.engine.state import Properties, Record, State

if TYPE_CHECKING:
    from rehearsal.engine.providers.base import Aws

Progress = Callable[[str, str, str], None]
"""(operation, type, name); operation is `create`, `update`, `replace`, `same` or `delete`."""

_STACK = "pulumi:pulumi:Stack"


class _NoMocks(Mocks):
    """Nothing is pretended: what the program asks of the engine beyond resources is refused."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise EngineError(f"The program calls {args.token}, which this engine does not offer.")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise EngineError(f"The program reads {args.typ}, which this engine does not offer.")


class Monitor(MockMonitor):
    """Applies resources one at a time, as the program's dependencies release them.

    After the first failure nothing further is applied; `failure` is that first one. What has been
    applied is in the state, so the same deployment can be run again.
    """

    def __init__(self, aws: Aws, state: State, progress: Progress) -> None:
        super().__init__(_NoMocks())
        self._aws = aws
        self._state = state
        self._progress = progress
        # The SDK calls in from its executor's threads.
        self._one_at_a_time = threading.Lock()
        self.registered: list[str] = []
        self.outputs: Properties = {}
        self.failure: Exception | None = None

    def RegisterResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Apply one resource and answer with its outputs."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        with self._one_at_a_time, _event_loop():
            if self.failure:
                raise EngineError(f"{request.name} was not deployed: an earlier resource failed.")
            try:
                record = self._deploy(urn, request)
            except Exception as error:
                self.failure = error
                raise
            return resource_pb2.RegisterResourceResponse(
                urn=urn, id=record.outputs.get("id", ""), object=_struct(record)
            )

    def RegisterResourceOutputs(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> object:
        """Keep the stack's outputs; those of components are of no use here."""
        if request.urn.split("::")[2] == _STACK:
            with _event_loop():
                self.outputs = _plain(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def _deploy(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> Record:
        if urn in self.registered:
            raise EngineError(f"The program registers {request.type} '{request.name}' twice.")
        self.registered.append(urn)
        before = self._state.get(urn)
        inputs = _plain(rpc.deserialize_properties(request.object))
        if before:
            keep_ignored(inputs, before.inputs, request.ignoreChanges)
        outputs = self._outputs(request, inputs, before) if request.custom else {}
        record = Record(
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=inputs,
            outputs=outputs,
            parent=request.parent,
            dependencies=sorted(request.dependencies),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
        )
        if record != before:
            self._state.put(urn, record)
        return record

    def _outputs(
        self,
        request: resource_pb2.RegisterResourceRequest,
        inputs: Properties,
        before: Record | None,
    ) -> Properties:
        """Make AWS so; return the resource's outputs."""
        provider = PROVIDERS.get(request.type)
        if provider is None:
            raise EngineError(f"This engine knows no {request.type}: '{request.name}' needs one.")
        operation = diff(inputs, before.inputs if before else None, provider.replace_on)
        self._progress(operation, request.type, request.name)
        if before and operation == "same":
            return before.outputs
        previous = {**before.inputs, **before.outputs} if before else {}
        try:
            if before and operation == "replace":
                refuse_protected(before)
                provider.delete(self._aws, before.outputs)
                previous = {}
            return provider.apply(self._aws, inputs, previous)
        except (BotoCoreError, ClientError) as error:
            raise EngineError(refusal(operation, request.type, request.name, error)) from error


def refusal(operation: str, type_: str, name: str, error: Exception) -> str:
    """Put AWS's refusal, or its absence, in one sentence."""
    if isinstance(error, NoConnectionError | HTTPClientError):
        where = os.environ.get("AWS_ENDPOINT_URL", "its public endpoints")
        return f"AWS at {where} cannot be reached to {operation} '{name}': see that it runs."
    text = " ".join(str(error).split())
    return f"AWS did not {operation} {type_} '{name}': {text}"


def refuse_protected(record: Record) -> None:
    """Raise EngineError where the stack says that the resource must not be deleted."""
    if record.protect:
        raise EngineError(
            f"{record.type} '{record.name}' is protected and would be deleted: "
            "take its protection away in a deployment of its own first."
        )


def keep_ignored(inputs: Properties, before: Properties, ignored: Iterable[str]) -> None:
    """Put the last state's value in place of each ignored input, as Pulumi's `ignoreChanges`."""
    for key in ignored:
        if key in before:
            inputs[key] = before[key]
        else:
            inputs.pop(key, None)


def diff(inputs: Properties, before: Properties | None, replace_on: frozenset[str]) -> str:
    """What must happen for `inputs` where `before` was applied last."""
    if before is None:
        return "create"
    changed = {
        key
        for key in inputs.keys() | before.keys()
        if _identity(inputs.get(key)) != _identity(before.get(key))
    }
    if changed & replace_on:
        return "replace"
    return "update" if changed else "same"


def _identity(value: object) -> object:
    """An archive is what it holds, wherever it lies."""
    return value["sha256"] if isinstance(value, dict) and "sha256" in value else value


def _plain(value: Any) -> Any:
    """Turn the SDK's values into JSON: whole numbers arrive as floats, archives as objects."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, pulumi.FileArchive):
        content = Path(value.path).read_bytes()
        return {"path": value.path, "sha256": hashlib.sha256(content).hexdigest()}
    return value


def _struct(record: Record) -> Any:
    """Inputs and outputs as the program may read them; the archive stays with its file."""
    kept = {key: value for key, value in record.inputs.items() if _identity(value) is value}
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(rpc.serialize_properties({**kept, **record.outputs}, {}))


@contextlib.contextmanager
def _event_loop() -> Iterator[None]:
    """Give the SDK's executor thread a loop for one call, as its (de)serialisation asks for one."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()
