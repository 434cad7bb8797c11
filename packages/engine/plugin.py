"""`pulumi-resource-aws`: the providers of this engine behind Pulumi's plugin protocol.

Put first on the PATH it takes the place of the AWS plugin, so that the Pulumi CLI deploys the real
program to an emulated AWS, offline.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from concurrent import futures
from typing import TYPE_CHECKING

import grpc
from console.checkout import IMPORTED_FROM
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from engine import wire
from engine.errors import EngineError
from engine.providers import PROVIDERS
from engine.providers.aws import Aws
from engine.providers.base import PartialError, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.protobuf import struct_pb2
    from google.protobuf.message import Message

NAME = "pulumi-resource-aws"
_LOOK_SECONDS = 0.5
_LARGEST_MESSAGE = 400 * 1024 * 1024  # as the SDK's own servers have it


def install(directory: Path) -> Path:
    """Write the executable into `directory`, which is to stand first on the PATH; return it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / NAME
    run = f'PYTHONPATH="{IMPORTED_FROM}" exec "{sys.executable}" -m engine.plugin "$@"'
    path.write_text(f"#!/bin/sh\n{run}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """One AWS provider: `Configure` says the region, the environment where AWS is."""

    def __init__(self) -> None:
        self._aws: Aws | None = None

    def GetPluginInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Any version will do: what stands on the PATH is taken."""
        return plugin_pb2.PluginInfo(version="7.51.1")

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Take plain values only."""
        return provider_pb2.ProviderHandshakeResponse()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Take the provider's configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Another configuration is another connection, and no other resource."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect to the region."""
        region = request.variables.get("aws:config:region") or wire.read(request.args).get("region")
        if not region:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Set aws:region for the stack.")
        self._aws = Aws(str(region))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Fill in the provider's defaults; say what it does not take."""
        inputs, failures = _resource(request.urn, context).check(wire.read(request.news))
        return provider_pb2.CheckResponse(
            inputs=wire.write(inputs, request.news),
            failures=[
                provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                for failure in failures
            ],
        )

    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Say what changed, and whether the resource must be made anew for it."""
        found = _resource(request.urn, context).diff(
            wire.read(request.olds), wire.read(request.news), request.ignoreChanges
        )
        message = provider_pb2.DiffResponse
        return message(
            changes=message.DIFF_SOME if found.changed else message.DIFF_NONE,
            diffs=sorted(found.changed),
            replaces=sorted(found.replaced),
            deleteBeforeReplace=found.delete_first,
            detailedDiff={key: _difference(key in found.replaced) for key in found.changed},
            hasDetailedDiff=True,
        )

    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Make the resource; a preview answers with what is known before."""
        resource, inputs = _resource(request.urn, context), wire.read(request.properties)
        if request.preview:
            id_, state = "", resource.planned(None, inputs)
        else:
            with _refusals(context, request.properties):
                id_, state = resource.create(self._connected, inputs)
        return provider_pb2.CreateResponse(id=id_, properties=wire.write(state, request.properties))

    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Ask AWS; an answer without an id says that the resource is gone."""
        resource = _resource(request.urn, context)
        with _refusals(context, request.properties):
            state = resource.read(self._connected, request.id, wire.read(request.properties))
        if state is None:
            return provider_pb2.ReadResponse()
        inputs = resource.inputs(wire.read(request.inputs), state)
        return provider_pb2.ReadResponse(
            id=state.get("id", request.id),
            properties=wire.write(state, request.properties),
            inputs=wire.write(inputs, request.inputs),
        )

    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Bring the resource up to date; a preview answers with what is known before."""
        resource = _resource(request.urn, context)
        before, inputs = wire.read(request.olds), wire.read(request.news)
        if request.preview:
            state = resource.planned(before, inputs)
        else:
            with _refusals(context, request.news):
                state = resource.update(
                    self._connected, request.id, before, inputs, request.ignoreChanges
                )
        return provider_pb2.UpdateResponse(properties=wire.write(state, request.news))

    def Delete(
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete the resource; one that is gone already is no error."""
        resource = _resource(request.urn, context)
        with _refusals(context, request.properties):
            resource.delete(self._connected, request.id, wire.read(request.properties))
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let the call under way end: what AWS was asked for must be recorded."""
        return empty_pb2.Empty()

    @property
    def _connected(self) -> Aws:
        if self._aws is None:
            raise EngineError("The provider was not configured.")
        return self._aws


def _resource(urn: str, context: grpc.ServicerContext) -> Resource:
    """The provider of the resource's type, out of urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME."""
    types, _, name = urn.split("::", 2)[2].partition("::")
    type_ = types.rpartition("$")[2]
    if type_ not in PROVIDERS:
        said = f"This engine knows no {type_}: '{name}' needs one."
        context.abort(grpc.StatusCode.UNIMPLEMENTED, said)
    return PROVIDERS[type_]


def _difference(replaced: bool) -> provider_pb2.PropertyDiff:
    message = provider_pb2.PropertyDiff
    return message(kind=message.UPDATE_REPLACE if replaced else message.UPDATE)


@contextlib.contextmanager
def _refusals(context: grpc.ServicerContext, given: struct_pb2.Struct) -> Iterator[None]:
    """Turn what AWS or a provider refuses into the protocol's errors."""
    try:
        yield
    except PartialError as error:
        # The engine records what there is, and knows that it is not complete.
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.id, properties=wire.write(error.state, given), reasons=[str(error)]
        )
        context.abort_with_status(_status(str(error), detail))
    except EngineError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _status(said: str, detail: Message) -> _Status:
    packed = any_pb2.Any()
    packed.Pack(detail)
    whole = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=said, details=[packed])
    return _Status(said, (("grpc-status-details-bin", whole.SerializeToString()),))


class _Status(grpc.Status):
    """A failure with details."""

    code = grpc.StatusCode.UNKNOWN

    def __init__(self, details: str, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.details, self.trailing_metadata = details, trailing_metadata


def main() -> int:
    """Serve until the CLI, which reads the port from stdout, ends this process or is gone."""
    parent = os.getppid()
    server = grpc.server(
        futures.ThreadPoolExecutor(),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the CLI's: it lets a call end.
    print(port, flush=True)
    # A CLI that was killed ends nobody: see that it is there. (Until the time is over: True.)
    while server.wait_for_termination(_LOOK_SECONDS) and os.getppid() == parent:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
