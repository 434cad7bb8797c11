"""The resource monitor that the program talks to: applies each registration."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import get_project, get_stack
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import alias_pb2, resource_pb2

from engine.errors import EngineError
from engine.providers import explicit
from engine.state import Properties, Record, below, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.steps import Steps

_STACK = "pulumi:pulumi:Stack"
_NOT_OFFERED = {
    "importId": "import_",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "hooks": "hooks",
    "transforms": "transforms",
    "state_migrations": "state migrations",
    "customTimeouts": "custom_timeouts",
    "remote": "a remote component",
}
"""Fields of a registration that this engine refuses, and what a program calls them."""


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

    def __init__(self, steps: Steps) -> None:
        super().__init__(_NoMocks())
        self._steps = steps
        # The SDK calls in from its executor's threads.
        self._one_at_a_time = threading.Lock()
        self.registered: list[str] = []
        self._was: dict[str, str] = {}
        """The URN in the state of each resource that has another now."""
        self._olds = set(steps.state.urns())
        self._kept: dict[str, dict[str, bool]] = {}
        self.outputs: Properties = {}
        self.failure: Exception | None = None

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As Pulumi's engine: with the types of all parents but the stack."""
        return self._urn(get_stack(), get_project(), parent, type_, name)

    @staticmethod
    def _urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
        above = parent.split("::")[2] if parent else _STACK
        qualified = type_ if above == _STACK else f"{above}${type_}"
        return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"

    def GetDeploymentInfo(self, request: object) -> Any:  # noqa: N802  the protocol's name
        """Offer nothing that this engine would not do."""
        del request
        features = [
            resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
            resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
            resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
        ]
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802  the protocol's name
        """As `GetDeploymentInfo`, for an SDK that asks one by one."""
        offered = request.id in ("secrets", "aliasSpecs", "deletedWith", "transforms")
        return type("SupportsFeatureResponse", (object,), {"hasSupport": offered})

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
                urn=urn, id=record.id, object=_struct(record)
            )

    def RegisterResourceOutputs(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> object:
        """Keep the stack's outputs; those of components are of no use here."""
        if request.urn.split("::")[2] == _STACK:
            with _event_loop():
                self.outputs = _plain(rpc.deserialize_properties(request.outputs, True))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def RegisterStackTransform(self, request: object) -> object:  # noqa: N802  the protocol's name
        """Refuse it: this engine would not run it."""
        raise EngineError(_refusal("The program", "a stack transform"))

    def RegisterStackInvokeTransform(self, request: object) -> object:  # noqa: N802  as above
        """Refuse it, as the other."""
        raise EngineError(_refusal("The program", "a stack transform"))

    def _deploy(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> Record:
        if urn in self.registered:
            raise EngineError(f"The program registers {request.type} '{request.name}' twice.")
        _refuse_what_is_not_offered(request)
        self._refuse_other_providers(request)
        self.registered.append(urn)
        was = self._found(urn, request)
        kept = self._inherited(urn, request)
        goal = Record(
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=_plain(rpc.deserialize_properties(request.object, True)),
            parent=request.parent,
            dependencies=sorted(request.dependencies),
            input_dependencies={
                key: sorted(needs.urns)
                for key, needs in sorted(request.propertyDependencies.items())
                if needs.urns
            },
            protect=kept["protect"],
            retain_on_delete=kept["retainOnDelete"],
            ignored=sorted(request.ignoreChanges),
            replace_on=sorted(request.replaceOnChanges),
        )
        first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
        return self._steps.apply(urn, goal, was=was, delete_first=first)

    def _refuse_other_providers(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """There is one AWS here, which an explicit provider of the program's own stands for."""
        named = [request.provider] if request.provider else []
        for reference in (*named, *request.providers.values()):
            urn = reference.rpartition("::")[0]  # its id follows
            if types_of(urn)[-1] != explicit.TYPE or urn not in self.registered:
                who = f"{request.type} '{request.name}'"
                raise EngineError(_refusal(who, "a provider of another cloud"))

    def _inherited(
        self, urn: str, request: resource_pb2.RegisterResourceRequest
    ) -> dict[str, bool]:
        """Return the options that a child has from its parent unless it says otherwise."""
        above = self._kept.get(request.parent, {})
        self._kept[urn] = {
            name: bool(getattr(request, name)) if request.HasField(name) else above.get(name, False)
            for name in ("protect", "retainOnDelete")
        }
        return self._kept[urn]

    def _found(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> str:
        """Return the URN that the state has for this resource: its own, or one of its aliases."""
        taken = set(self._was.values())
        was = next((u for u in (urn, *self._aliases(request)) if u in self._olds), urn)
        if urn in taken or (was != urn and was in taken | {*self.registered}):
            raise EngineError(f"The program registers twice what was {was}: once by an alias.")
        if was != urn:
            self._was[urn] = was
        return was

    def _aliases(self, request: resource_pb2.RegisterResourceRequest) -> list[str]:
        """Return what the resource may be called in the state.

        What a parent was called before is an alias of its children too, and where a child's name
        begins with its parent's, that follows.
        """
        given = [self._alias(request, alias) for alias in request.aliases]
        above = self._was.get(request.parent)
        if not above:
            return given
        before, now = (urn.rpartition("::")[2] for urn in (above, request.parent))
        known = [(types_of(urn)[-1], urn.rpartition("::")[2]) for urn in given]
        return given + [
            below(above, type_, before + name.removeprefix(now) if name.startswith(now) else name)
            for type_, name in [(request.type, request.name), *known]
        ]

    def _alias(self, request: resource_pb2.RegisterResourceRequest, alias: alias_pb2.Alias) -> str:
        if alias.urn:
            return alias.urn
        spec = alias.spec
        parent = self._was.get(spec.parentUrn, spec.parentUrn) or request.parent
        return self._urn(
            spec.stack or get_stack(),
            spec.project or get_project(),
            "" if spec.noParent else parent,
            spec.type or request.type,
            spec.name or request.name,
        )


def _refuse_what_is_not_offered(request: resource_pb2.RegisterResourceRequest) -> None:
    # A message without anything in it is set all the same.
    asked = [
        field.name
        for field, value in request.ListFields()
        if not hasattr(value, "ByteSize") or value.ByteSize()
    ]
    what = next((_NOT_OFFERED[name] for name in asked if name in _NOT_OFFERED), "")
    nested = [
        key for key in (*request.ignoreChanges, *request.replaceOnChanges) if {*key} & {*".[*"}
    ]
    if nested:
        what = f"'{nested[0]}' inside an argument in ignore_changes or replace_on_changes"
    if what:
        raise EngineError(_refusal(f"{request.type} '{request.name}'", what))


def _refusal(who: str, what: str) -> str:
    return (
        f"{who} asks for {what}, which this engine does not offer: deploy it with the Pulumi CLI."
    )


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
        return {"path": value.path, "hash": hashlib.sha256(content).hexdigest()}
    if isinstance(value, Unknown):  # within a list or an object; on its own it is a text already
        return rpc.UNKNOWN
    return value


def _struct(record: Record) -> Any:
    """Inputs and outputs as the program may read them; an archive stays with its file."""
    known = record.inputs | record.outputs
    kept = {
        key: value
        for key, value in known.items()
        if not (isinstance(value, dict) and value.keys() == {"path", "hash"})
    }
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(rpc.serialize_properties(kept, {}))


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
