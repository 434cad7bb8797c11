"""The command line of the drills."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from console.arguments import Parser
from console.checkout import ROOT
from console.errors import UsageError
from reporting.markdown import summarise
from service import declaration

from rehearsal.command import ended
from rehearsal.drills import page, report
from rehearsal.drills.catalogue import DRILLS
from rehearsal.drills.run import Day, play

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rehearsal.drills.drill import Drill


def main(arguments: Sequence[str]) -> int:
    """Run the drills; 0 where every claim is proved, 1 where one is not, 2 for bad input."""
    options = _parser().parse_args(arguments)
    return ended("drill", lambda: _chosen(options))


def _chosen(options: argparse.Namespace) -> int:
    chosen = choose(options.names)
    if options.list:
        width = max(len(drill.name) for drill in DRILLS)
        print("\n".join(f"{drill.name:<{width}}  {drill.claim}" for drill in chosen))
        return 0
    service = declaration.chosen(options.service)
    return run(Day(chosen, options.directory.resolve(), options.seed, options.faulty, service))


def choose(names: Sequence[str]) -> list[Drill]:
    """Return the drills of these names, or all; raises UsageError for a name that is none."""
    known = {drill.name: drill for drill in DRILLS}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no drill '{name}'; choose from {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or list(DRILLS)


def run(day: Day) -> int:
    """Play the day, leave its report and show the table."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    rows = play(day)
    found = report.document(rows, day.seed, faulty=day.faulty, started_at=started)
    (day.directory / "report.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (day.directory / "report.html").write_text(page.render(found), "utf-8")
    summarise(report.markdown(found))
    print(report.table(found), f"\n{day.directory / 'report.html'}", sep="")
    return int(found["proved"] < found["claims"])


def _parser() -> Parser:
    parser = Parser(
        prog="drill", description="Prove each claim of safety by a fault that would break it."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all drills unless named")
    parser.add_argument("--service", metavar="NAME", help="the first one, by default")
    parser.add_argument("--list", action="store_true", help="say which drills there are")
    parser.add_argument("--seed", type=int, default=1, help="draws the same events again")
    parser.add_argument(
        "--without-fault", dest="faulty", action="store_false",
        help="leave every fault out: then no claim may be proved",
    )  # fmt: skip
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "drill")
    return parser
