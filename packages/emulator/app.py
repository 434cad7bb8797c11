"""The emulator put together: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.errors import UsageError

from emulator.access.credentials import RoleCredentials
from emulator.access.keys import Keys, random_root
from emulator.access.permissions import Permissions
from emulator.access.trust import Trust
from emulator.aws import StorageClient
from emulator.clock import Clock
from emulator.cloudwatch.metrics.store import MetricStore
from emulator.cloudwatch.service import CloudWatch
from emulator.gateway import Gateway, bind
from emulator.ids import Ids
from emulator.lambda_.api.control import ControlPlane
from emulator.lambda_.api.invoke import Invoker
from emulator.lambda_.api.service import LambdaService
from emulator.lambda_.api.tracing import Tracer
from emulator.lambda_.queue.destinations import Targets
from emulator.lambda_.queue.events import EventQueue
from emulator.lambda_.queue.undelivered import Undelivered
from emulator.lambda_.runtime.concurrency import REQUESTS_PER_CONCURRENCY
from emulator.lambda_.runtime.environment import Host
from emulator.lambda_.runtime.environments import Environments
from emulator.lambda_.runtime.executions import Executions
from emulator.lambda_.runtime.metrics import LambdaMetrics
from emulator.lambda_.runtime.shipped import assemble
from emulator.lambda_.state.code_links import CodeLinks
from emulator.lambda_.state.registry import Registry
from emulator.logs import LogDelivery
from emulator.process import raise_descriptor_limit
from emulator.sqs_metrics import QueueMetrics
from emulator.storage import ENDPOINT, StorageProcess
from emulator.tagging import TaggingService
from emulator.workdir import WorkDirectory
from emulator.xray import XRay

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from pathlib import Path

    from emulator.aws import Credentials
    from emulator.http import Service
    from emulator.lambda_.state.model import Version
    from emulator.tagging import Tagged

ACCOUNT_ID = "123456789012"
FLUSH_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line decides."""

    env_file: Path
    storage: Path
    host: str = "127.0.0.1"
    port: int = 0
    time_scale: float = 1.0
    seed: int | None = None
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    account_concurrency: int = 1000
    region: str = "us-east-1"
    requests_per_concurrency: float = REQUESTS_PER_CONCURRENCY
    any_python: bool = False

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach the endpoint."""
        return not self.host.startswith("127.")

    @property
    def reachable_host(self) -> str:
        """Where clients on this machine find the endpoint: the loopback is part of any address."""
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104


class Emulator:
    """The whole of it, in one event loop."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clock = Clock(options.time_scale)
        self._store = MetricStore(self._clock)
        directory = WorkDirectory()
        self._work = directory.path
        self._queue: EventQueue | None = None
        self._stack = contextlib.AsyncExitStack()
        self._stack.callback(directory.remove)
        self.storage_gone = asyncio.Event()

    async def start(self) -> str:
        """Start everything and write the environment file; returns the endpoint's URL.

        Raises `UsageError` for what a person has to change; `stop` cleans up in any case.
        """
        options = self._options
        raise_descriptor_limit()
        listener = bind(options.host, options.port)
        self._stack.callback(listener.close)
        endpoint = f"http://{options.reachable_host}:{listener.getsockname()[1]}"
        keys = Keys(random_root(), ACCOUNT_ID)
        client = await self._start_storage(keys.root)
        roles = RoleCredentials(client.call, keys)
        permissions = Permissions(client.call, keys.root)
        trust = Trust(client.call, keys.root, ACCOUNT_ID)
        xray = XRay(permissions)
        await xray.start()
        self._stack.callback(xray.close)
        cloudwatch = CloudWatch(self._store, self._clock, ACCOUNT_ID, options.region, permissions)
        host = self._build_host(client, endpoint, xray.port, keys, roles)
        services: dict[str, Service] = {
            "lambda": self._build_lambda(client, host, permissions, trust),
            "monitoring": cloudwatch,
            "tagging": TaggingService(
                client.call, keys.root, permissions, lambda: self._tagged(cloudwatch)
            ),
            "xray": xray,
        }
        queues = QueueMetrics(client.call, self._store, self._clock, keys.root)
        self._run(cloudwatch.run(), queues.run())
        replies = Ids(options.seed, "replies")
        self._gateway = Gateway(
            services,
            keys,
            permissions,
            self._storage.connector,
            options.latency_ms,
            replies.uuid,
        )
        self._stack.push_async_callback(self._gateway.close)
        await self._gateway.start(listener)
        self._write_environment(endpoint, keys.root)
        return endpoint

    def _tagged(self, cloudwatch: CloudWatch) -> list[Tagged]:
        functions = self._registry.functions.values()
        return [*((each.arn, each.tags) for each in functions), *cloudwatch.tags.all()]

    def queued(self) -> Counter[str]:
        """Asynchronous events neither processed nor given up, by function name."""
        return self._queue.queued() if self._queue is not None else Counter()

    async def stop(self) -> None:
        """End every child process and leave nothing behind; safe after a failed start."""
        await self._stack.aclose()

    async def _start_storage(self, root: Credentials) -> StorageClient:
        options = self._options
        self._storage = StorageProcess(
            options.storage,
            self._work / "storage",
            ACCOUNT_ID,
            options.region,
            root,
            options.time_scale,
        )
        self._stack.push_async_callback(self._storage.stop)
        client = StorageClient(ENDPOINT, options.region, self._storage.connector)
        self._stack.push_async_callback(client.close)
        await self._storage.start()
        self._storage.exited.add_done_callback(self._on_storage_exit)
        return client

    def _on_storage_exit(self, _: asyncio.Future[int]) -> None:
        self._gateway.storage_alive = False
        self.storage_gone.set()

    def _build_host(
        self,
        client: StorageClient,
        endpoint: str,
        xray_port: int,
        keys: Keys,
        roles: RoleCredentials,
    ) -> Host:
        logs = LogDelivery(client.call, keys.root, self._store, self._clock)
        # On the way out in the opposite order: environments end, logs are delivered, code goes.
        self._registry = self._build_registry(endpoint)
        self._stack.callback(self._registry.code.clear)
        self._stack.push_async_callback(_deliver_rest, logs)
        self._run(logs.run())
        return Host(
            region=self._options.region,
            work=self._work / "environments",
            runtime_dir=assemble(self._work / "runtime"),
            endpoint_url=endpoint,
            xray_port=xray_port,
            roles=roles,
            logs=logs,
            ids=Ids(self._options.seed, "environments"),
            starting=asyncio.Semaphore(2 * (os.cpu_count() or 1)),
            any_python=self._options.any_python,
        )

    def _build_lambda(
        self, client: StorageClient, host: Host, permissions: Permissions, trust: Trust
    ) -> LambdaService:
        options, registry = self._options, self._registry
        environments = Environments(host, lambda version: _is_current(registry, version))
        self._stack.callback(environments.close)
        registry.retire.append(environments.retire)
        metrics = LambdaMetrics(self._store)
        executions = Executions(registry, environments, metrics, options.requests_per_concurrency)
        targets = Targets(client.call, host.roles, permissions)
        undelivered = Undelivered(targets, metrics)
        self._queue = EventQueue(registry, executions, undelivered, metrics, self._clock)
        self._stack.callback(self._queue.close)
        self._run(environments.sweep())
        ids, tracer = Ids(options.seed), Tracer(Ids(options.seed, "traces"))
        invoker = Invoker(registry, executions, self._queue, ids, tracer)
        targets.invoke = invoker.accept
        return LambdaService(invoker, ControlPlane(registry, trust.require), permissions)

    def _build_registry(self, endpoint: str) -> Registry:
        options = self._options
        return Registry(
            ACCOUNT_ID,
            options.region,
            self._work / "code",
            random.Random(options.seed),  # noqa: S311 - alias draws, to be replayed
            self._clock,
            options.account_concurrency,
            CodeLinks(endpoint),
        )

    def _run(self, *loops: Coroutine[None, None, None]) -> None:
        for work in loops:
            task = asyncio.get_running_loop().create_task(work)
            self._stack.push_async_callback(_cancel, task)

    def _write_environment(self, endpoint: str, root: Credentials) -> None:
        """Leave the variables that any AWS client needs, atomically and for this user only.

        On Linux the file is a link into this process: however the emulator ends, it leads nowhere
        from then on, and nobody reads of an emulator that is gone.
        """
        path, region = self._options.env_file, self._options.region
        lines = (
            f"AWS_ENDPOINT_URL={endpoint}",
            f"AWS_ACCESS_KEY_ID={root.access_key_id}",
            f"AWS_SECRET_ACCESS_KEY={root.secret_access_key}",
            f"AWS_REGION={region}",
            f"AWS_DEFAULT_REGION={region}",
        )
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            if sys.platform == "linux":
                held = os.memfd_create(path.name)
                self._stack.callback(os.close, held)
                os.fchmod(held, 0o600)
                os.write(held, "\n".join((*lines, "")).encode())
                draft.symlink_to(f"/proc/{os.getpid()}/fd/{held}")
            else:
                draft.touch(mode=0o600)
                draft.write_text("\n".join(lines) + "\n")
            draft.replace(path)
        except OSError as error:
            raise UsageError(
                f"Cannot write {path} ({error.strerror}): choose another --env-file."
            ) from error
        self._stack.callback(path.unlink, missing_ok=True)


async def _deliver_rest(logs: LogDelivery) -> None:
    """Deliver what was logged last; a storage that no longer answers must not hold up the end."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(logs.flush(), FLUSH_SECONDS)


def _is_current(registry: Registry, version: Version) -> bool:
    """Whether calls may still run `version`: numbers never change, `$LATEST` does."""
    function = registry.functions.get(version.function_name)
    if function is None or version.version != "$LATEST":
        return function is not None and version.version in function.versions
    running = function.running
    return running is not None and running.revision_id == version.revision_id


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
