"""`python -m rehearsal.engine up|destroy --stack NAME [--config KEY=VALUE ...]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rehearsal.engine import deployment, project
from rehearsal.engine.errors import EngineError
from rehearsal.engine.process import ROOT, stack_directory
from sandbox import emulated
from sandbox.environment import refuse_remote
from sandbox.errors import SandboxError


def main(arguments: list[str]) -> int:
    """Deploy or destroy one stack: a line per resource on stdout, a refusal on stderr."""
    options = _parser().parse_args(arguments)
    directory = options.directory or stack_directory(options.stack)
    try:
        _stay_here()
        loaded = project.load(options.root, options.stack, dict(options.config))
        if options.command == "up":
            if options.fresh:
                deployment.forget(directory)
            deployment.up(loaded, directory, _report)
        else:
            deployment.destroy(loaded, directory, _report)
    except (EngineError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to complete the stack.", file=sys.stderr)
        return 130
    return 0


def _stay_here() -> None:
    """This engine is for the emulated AWS: the one that is given, else the one that runs here."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        refuse_remote(os.environ)
    else:
        os.environ.update(emulated.clients())


def _report(operation: str, type_: str, name: str) -> None:
    print(f"{operation:<8}{type_.rpartition(':')[2]} {name}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.engine", description=__doc__)
    parser.add_argument("command", choices=("up", "destroy"))
    parser.add_argument("--stack", required=True)
    parser.add_argument("--config", action="append", default=[], type=_pair, metavar="KEY=VALUE")
    parser.add_argument("--fresh", action="store_true", help="AWS is new: forget the last state")
    parser.add_argument("--directory", type=Path, help="where state and outputs lie")
    parser.add_argument("--root", type=Path, default=ROOT, help="where Pulumi.yaml lies")
    return parser


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
