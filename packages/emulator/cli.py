"""The command line: `lambda-emulator --env-file FILE`."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import ipaddress
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.arguments import RaisingParser
from console.checkout import ROOT
from console.errors import UsageError

from emulator.app import Emulator, Options
from emulator.lambda_.runtime.concurrency import REQUESTS_PER_CONCURRENCY

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXPOSED = (
    "Warning: the emulator is not on the loopback only, and it speaks plain HTTP: whoever listens "
    "on the way to this machine can run code on it."
)
_SESSIONS_STORAGE = ROOT / "build" / "tools" / "storage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit status: 0, 1 where storage died, 2 for bad input."""
    try:
        options = parse(arguments)
        return asyncio.run(_serve(options))
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2


def parse(arguments: Sequence[str] | None) -> Options:
    """The options; raises `UsageError`."""
    given = _parser().parse_args(arguments)
    if not given.env_file.parent.is_dir():
        raise UsageError(
            f"There is no directory {given.env_file.parent}: create it for --env-file."
        )
    if not given.expose and not ipaddress.IPv4Address(given.host).is_loopback:
        raise UsageError(
            f"{given.host} is not a loopback address: whoever listens on the way to it can run "
            "code on this machine. Take 127.0.0.1, or add --expose."
        )
    return Options(
        env_file=given.env_file.absolute(),
        storage=given.storage,
        host=given.host,
        port=given.port,
        time_scale=given.time_scale,
        seed=given.seed,
        latency_ms=dict(given.latency),
        account_concurrency=given.account_concurrency,
        region=given.region,
        requests_per_concurrency=given.requests_per_concurrency,
        any_python=given.any_python,
    )


def _parser() -> RaisingParser:
    parser = RaisingParser(prog="lambda-emulator", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--env-file", type=Path, required=True, help="written once ready: AWS_* variables")
    add("--host", type=_host, default="127.0.0.1", help="an IPv4 address of this machine")
    add("--expose", action="store_true", help="allow a --host that others can reach")
    add("--port", type=_port, default=0, help="0 takes a free one")
    add("--time-scale", type=_positive, default=1.0, metavar="S", help="divides AWS's waiting")
    add("--seed", type=int, help="makes alias routing and ids repeatable")
    add("--storage", type=Path, default=_storage(), metavar="DIR", help="where MiniStack is")
    add("--region", default="us-east-1")
    add("--any-python", action="store_true", help="run functions for other Pythons on this one")
    add("--account-concurrency", type=_count, default=1000, metavar="N")
    add(
        "--requests-per-concurrency",
        type=_positive,
        default=REQUESTS_PER_CONCURRENCY,
        metavar="R",
        help="synchronous requests a second for each unit of concurrency, as in AWS 10",
    )
    add(
        "--latency",
        type=_latency,
        action="append",
        default=[],
        metavar="SERVICE=MS",
        help="added to each call of a service, for example dynamodb=40",
    )
    return parser


def _storage() -> Path:
    """Where MiniStack is: installed beside this package, or by this checkout's sessions."""
    found = importlib.util.find_spec("ministack")
    return Path(found.origin).parents[1] if found and found.origin else _SESSIONS_STORAGE


def _host(text: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an IPv4 address") from None


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port number from 0 to 65535")
    return int(text)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0 and up to 100000")
    return value


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def _latency(text: str) -> tuple[str, float]:
    service, separator, milliseconds = text.partition("=")
    if not (service and separator):
        raise argparse.ArgumentTypeError(f"{text} is not of the form SERVICE=MILLISECONDS")
    return service, _positive(milliseconds)


async def _serve(options: Options) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    emulator = Emulator(options)
    try:
        endpoint = await _start(emulator, stopping)
        if endpoint is None:
            return 0
        if options.exposed:
            print(_EXPOSED, file=sys.stderr, flush=True)
        print(
            f"Emulated AWS at {endpoint}, time scale {options.time_scale:g}.",
            flush=True,
        )
        died = await _until(emulator, stopping)
        _report(emulator, died)
        return 1 if died else 0
    finally:
        await emulator.stop()


async def _start(emulator: Emulator, stopping: asyncio.Event) -> str | None:
    """The endpoint, or None where a signal came first."""
    starting = asyncio.ensure_future(emulator.start())
    stopped = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if starting.done():
        return starting.result()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return None


async def _until(emulator: Emulator, stopping: asyncio.Event) -> bool:
    """Wait for a signal or for the end of storage; whether it was the latter."""
    waiting = {
        asyncio.ensure_future(stopping.wait()),
        asyncio.ensure_future(emulator.storage_gone.wait()),
    }
    _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return emulator.storage_gone.is_set() and not stopping.is_set()


def _report(emulator: Emulator, died: bool) -> None:
    if died:
        print("The storage process ended on its own; the emulator stops.", file=sys.stderr)
    queued = emulator.queued()
    names = ", ".join(f"{name}: {count}" for name, count in sorted(queued.items()))
    detail = f" ({names})" if names else ""
    print(f"Asynchronous events still queued: {queued.total()}{detail}.", flush=True)
