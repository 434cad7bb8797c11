"""Runs the program against a recording monitor: what it registers, without any AWS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import contextvars
import hashlib
import inspect
import json
import logging
import warnings
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import yaml
from pulumi.runtime import configure, rpc, run_in_stack, set_all_config
from pulumi.runtime.mocks import (
    MockCallArgs,
    MockEngine,
    MockMonitor,
    MockResourceArgs,
    Mocks,
    MockSettings,
)

with warnings.catch_warnings():
    # The package warns of deprecated classes of its own, none of them ours, once it is loaded.
    warnings.simplefilter("ignore", DeprecationWarning)
    import pulumi_aws as aws

    inspect.getmodule(aws.lambda_.Function)
    inspect.getmodule(aws.s3.Bucket)

from console.checkout import ROOT
from service.declaration import load, load_all

from infra import program, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from types_boto3_lambda import LambdaClient

SERVICE = load("order_processor")
CODE = b"the zip"
CANDIDATE = "7"
BOUNDARY = "arn:aws:iam::123456789012:policy/execution-boundary"
GIT = {
    "commit": "3fa9c1e" + "0" * 33,
    "repository": "acme/orders",
    "author": "Ada <ada@example.org>",
    "pullRequest": "12",
}
CODE_SHA256 = base64.b64encode(hashlib.sha256(CODE).digest()).decode()


@dataclass(frozen=True, slots=True)
class Registered:
    """One registration: inputs as the engine receives them, and its options."""

    type: str
    name: str
    custom: bool
    inputs: dict[str, Any]
    parent: str
    ignored: list[str]
    protected: bool
    retained: bool
    dependencies: list[str]


@dataclass(slots=True)
class Recording:
    """Everything that one run registered, in order, and what the program exported."""

    resources: dict[str, Registered] = field(default_factory=dict)
    exported: dict[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the service."""
        found: dict[str, Any] = self.exported[SERVICE.name]
        return found

    def of_type(self, end: str) -> list[Registered]:
        """Return the resources whose type token ends with `end`."""
        return [found for found in self.resources.values() if found.type.endswith(end)]

    def only(self, end: str) -> Registered:
        """Return the single resource of that type."""
        (found,) = self.of_type(end)
        return found

    def alarm(self, name: str) -> Registered:
        """Return the metric alarm with that AWS name."""
        (found,) = [a for a in self.of_type(":MetricAlarm") if a.inputs["name"] == name]
        return found


class _Outputs(Mocks):
    """Computed outputs: an ARN that names its resource, a published version."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        named = args.inputs.get("name", args.name)
        computed = {"arn": f"arn:{named}", "url": f"https://{named}", "version": CANDIDATE}
        return f"{args.name}-id", {**args.inputs, **computed}


class _Monitor(MockMonitor):
    def __init__(self, recording: Recording) -> None:
        super().__init__(_Outputs())
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the protocol's name
        """Note the request, then answer as the mock monitor does."""
        with _event_loop():
            return self._register(request)

    def _register(self, request: Any) -> Any:
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._recording.resources[response.urn] = Registered(
                type=request.type,
                name=request.name,
                custom=request.custom,
                inputs=cast("dict[str, Any]", rpc.deserialize_properties(request.object)),
                parent=request.parent,
                ignored=list(request.ignoreChanges),
                protected=request.protect,
                retained=request.retainOnDelete,
                dependencies=list(request.dependencies),
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  the protocol's name
        """Keep the stack's outputs."""
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            with _event_loop():
                outputs = cast("dict[str, Any]", rpc.deserialize_properties(request.outputs))
            self._recording.exported.update(outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


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


class Lambda:
    """An account as the preflight reads it."""

    def __init__(
        self,
        limit: int = 1000,
        unreserved: int = 1000,
        own: int | None = None,
        code_used: int = 0,
        aliases: Sequence[str] = (),
    ) -> None:
        self._limits = {
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": unreserved,
            "TotalCodeSize": 75 * 1024**3,
        }
        self._usage = {"TotalCodeSize": code_used}
        self._own = own
        self.meta = SimpleNamespace(endpoint_url="https://lambda.example")
        self.exceptions = SimpleNamespace(ResourceNotFoundException=LookupError)
        self.asked: list[str] = []
        self._aliases = aliases

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, str]:  # noqa: N803
        """Answer with the alias, or as Lambda does where there is none."""
        if self._own is None or Name not in self._aliases:
            raise LookupError(FunctionName)
        return {"Name": Name}

    def list_aliases(self, *, FunctionName: str) -> dict[str, list[dict[str, str]]]:  # noqa: N803
        """Answer with all of them, or as Lambda does where there is no function."""
        if self._own is None:
            raise LookupError(FunctionName)
        return {"Aliases": [{"Name": name} for name in self._aliases]}

    def get_account_settings(self) -> dict[str, Any]:
        """Answer with the account's limits."""
        return {"AccountLimit": self._limits, "AccountUsage": self._usage}

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, int]:  # noqa: N803
        """Answer with the reservation, or as Lambda does where there is no function."""
        self.asked.append(FunctionName)
        if self._own is None:
            raise LookupError(FunctionName)
        return {"ReservedConcurrentExecutions": self._own} if self._own else {}

    def connect(self, region: str) -> LambdaClient:
        """Stand in for the program's client."""
        del region
        return cast("LambdaClient", self)


def write_artifact(directory: Path, **changes: object) -> Path:
    """Write a zip and its manifest for each service; `changes` replace members of the manifest."""
    for service in load_all():
        place = directory / service.name
        place.mkdir(parents=True, exist_ok=True)
        (place / service.zip_name).write_bytes(CODE)
        manifest: dict[str, object] = {
            "schema": 1,
            "artifact": service.zip_name,
            "sha256": hashlib.sha256(CODE).hexdigest(),
            "codeSha256": CODE_SHA256,
            "runtime": "python3.13",
            "handler": service.handler,
            "architectures": ["x86_64", "arm64"],
            "git": GIT,
        }
        (place / "manifest.json").write_text(json.dumps(manifest | changes), encoding="utf-8")
    return directory


def stack_config(stack: str, root: Path = ROOT) -> dict[str, str]:
    """Config of a committed stack file over the defaults of `Pulumi.yaml`, as the CLI gives it."""
    project = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))
    file = root / project["stackConfigDir"] / f"Pulumi.{stack}.yaml"
    values = {
        f"{project['name']}:{key}": declared["default"]
        for key, declared in project["config"].items()
        if "default" in declared
    } | yaml.safe_load(file.read_text(encoding="utf-8"))["config"]
    return {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}


def forked(stack: str) -> dict[str, str]:
    """Config of a committed stack that has its account's boundary, as a fork's has."""
    return {f"{settings.PROJECT}:permissionsBoundaryArn": BOUNDARY} | {
        key: value for key, value in stack_config(stack).items() if value
    }


def run(
    stack: str,
    config: Mapping[str, str],
    entry: Callable[[], None],
    project: str = settings.PROJECT,
) -> Recording:
    """Run `entry` as the program of `stack`; the SDK's module state is the run's own."""
    recording = Recording()
    contextvars.Context().run(_run, (project, stack), config, entry, recording)
    return recording


def _run(
    named: tuple[str, str],
    config: Mapping[str, str],
    entry: Callable[[], None],
    recording: Recording,
) -> None:
    project, stack = named
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    set_all_config(dict(config))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=_Monitor(recording),
            engine=MockEngine(logging.getLogger("pulumi")),
            project=project,
            stack=stack,
            dry_run=False,
        )
    )
    try:
        loop.run_until_complete(run_in_stack(entry))
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def deploy(stack: str, directory: Path, account: Lambda | None = None, **config: str) -> Recording:
    """Run the real program for a committed stack with an artifact in `directory`."""
    client = account or Lambda()
    changes = {f"order-processing:{key}": value for key, value in config.items()}
    values = forked(stack) | {"order-processing:artifact": str(directory)} | changes
    return run(stack, values, lambda: program.deploy(client.connect))
