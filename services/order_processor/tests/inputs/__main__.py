"""`python -m services.order_processor.tests.inputs`: malformed events by the thousand.

Builds the artifact, unpacks it, and puts generated events through it in a process that has nothing
else; then a sample of them through the deployed stack.
"""

from __future__ import annotations

import re
import secrets
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from artifact.build import Request, build
from console import closed_output
from console.arguments import Parser, whole
from console.errors import UsageError
from service.declaration import load_all

from services.order_processor.tests.fakes import FakeDynamoDB
from services.order_processor.tests.function_process import FunctionEnded, FunctionProcess
from services.order_processor.tests.inputs import deployed, oracle
from services.order_processor.tests.inputs.invoices import main as invoices
from services.order_processor.tests.inputs.run import Contradiction, Tally, run

if TYPE_CHECKING:
    import argparse


def main(arguments: list[str] | None = None) -> int:
    """Return 0 where every answer was as it should be, 1 where one was not, 2 for bad input."""
    options = _parser().parse_args(arguments)
    if options.invoices:
        return invoices(options.invoices, options.write)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    command = f"nox -s inputs -- --examples {options.examples} --seed {seed}"
    print(f"seed {seed}: these events again by `{command}`", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="inputs-") as temporary:
            return _run(options, seed, Path(temporary))
    except (UsageError, deployed.StackError) as error:
        print(error, file=sys.stderr)
        return 2
    except (Contradiction, FunctionEnded) as failure:
        print("\n".join([str(failure), *getattr(failure, "__notes__", [])]))
        print(f"The same events again: {command}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace, seed: int, directory: Path) -> int:
    for service in load_all():
        build(Request(service, directory / "artifact" / service.name))
    built = directory / "artifact" / "order_processor" / "order_processor.zip"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(directory / "task")
    with FakeDynamoDB() as fake, FunctionProcess(directory / "task", fake.url) as function:
        started = time.monotonic()
        tally = run(function, options.examples, seed, options.sample)
        seconds = time.monotonic() - started
        if len(fake.items) != 1:
            raise Contradiction(f"{len(fake.items) - 1} malformed events were recorded")
    _tell(tally, seconds)
    if options.sample == 0:
        return 0
    seen = deployed.put_through(tally.sample, directory / "artifact", directory / "deployed")
    print(
        f"through the deployed stack, asynchronously: {seen.accepted} accepted, "
        f"{seen.refused} refused by Lambda as no JSON, {seen.rejected} rejected, "
        f"{seen.errors} function errors, {seen.dlq_messages} DLQ messages"
    )
    return 0 if seen.holds else 1


def _tell(tally: Tally, seconds: float) -> None:
    readme = (oracle.SERVICE / "README.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    for code in codes:
        print(f"{tally.codes[code]:>9} {code}")
    print(
        f"{tally.events} malformed events, each rejected with exactly the oracle's reasons "
        f"({tally.codes.total()}, at most {tally.most_reasons} for one event); "
        f"{tally.events / seconds:.0f} events/s"
    )


def _parser() -> Parser:
    parser = Parser(prog="nox -s inputs --", description=__doc__)
    parser.add_argument("--examples", type=whole(0), default=10_000, metavar="N")
    parser.add_argument("--seed", type=whole(0), metavar="N", help="gives the same events again")
    parser.add_argument(
        "--sample",
        type=whole(0),
        default=200,
        metavar="N",
        help="through the deployed stack; 0: none",
    )
    parser.add_argument(
        "--invoices",
        type=Path,
        metavar="FOLDER",
        help="instead: what becomes of real invoices, from a local copy of the files by day",
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="and some of them as a sample")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
