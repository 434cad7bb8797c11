"""The command line of the rehearsal."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from console.arguments import Parser, positive
from service import candidates, declaration
from service.candidates import COLD_SHIFT

from rehearsal.command import ended
from rehearsal.run import rehearse
from rehearsal.settings import (
    AWS_PROVIDER,
    EMULATED_PROVIDER,
    OWN_ENGINE,
    PULUMI_ENGINE,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Rehearse a release; 0 where every step held, 1 where one did not, 2 for bad input."""
    return ended("rehearsal", lambda: rehearse(parse(arguments)))


def parse(arguments: Sequence[str]) -> Settings:
    """Return the settings that the command line asks for; bad options exit with status 2."""
    default = {field.name: field.default for field in fields(Settings)}
    parser = Parser(prog="rehearse", description="Rehearse a release on this machine.")
    parser.add_argument("--service", metavar="NAME", help="the first one, by default")
    parser.add_argument(
        "--fault", metavar="NAME",
        help="deploy this faulty candidate, or shift to a slow starter without warming it",
    )  # fmt: skip
    parser.add_argument(
        "--engine", choices=[OWN_ENGINE, PULUMI_ENGINE], default=default["engine"],
        help="what deploys: the rehearsal's own engine, or the Pulumi CLI",
    )  # fmt: skip
    parser.add_argument(
        "--provider", choices=[EMULATED_PROVIDER, AWS_PROVIDER], default=default["provider"],
        help="what the Pulumi CLI calls AWS by: the rehearsal's providers, or AWS's own plugin",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=default["seed"], help="replays a run")
    parser.add_argument(
        "--directory", type=Path, default=default["directory"], help="where the report goes"
    )
    parser.add_argument(
        "--peak-rate", type=positive, default=default["peak_rate"], help="events/s at the peak"
    )
    parser.add_argument(
        "--load-seconds", type=positive, default=default["load_seconds"], help="length of the load"
    )
    known = parser.parse_args(arguments)
    service = declaration.chosen(known.service)
    faults = [*candidates.names(service), COLD_SHIFT]
    if known.fault not in (None, *faults):
        parser.error(f"argument --fault: choose from {', '.join(faults)}")
    return Settings(
        service=service,
        engine=known.engine,
        provider=known.provider,
        fault=known.fault,
        seed=known.seed,
        directory=known.directory.resolve(),
        peak_rate=known.peak_rate,
        load_seconds=known.load_seconds,
    )
