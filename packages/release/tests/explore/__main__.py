"""`nox -s explore`: every call, every fault, every command; build/explore/report.json.

Exit status 1 where something does not hold. `--prove` undoes mends one by one and must find each.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from console import closed_output

from release.tests.explore.commands import SCENARIOS
from release.tests.explore.faults import FAULTS
from release.tests.explore.trials import Explorer
from release.tests.explore.undone import MENDS
from release.tests.explore.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.tests.explore.commands import Scenario

REPORT = Path("build/explore/report.json")
Report = dict[str, Any]


@cache
def wire() -> Wire:
    """This process's."""
    return Wire()


def explore(scenario: Scenario, undone: str | None = None) -> list[Report]:
    """The trials of one command, with a mend undone if one is named."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(mock.patch("release.cli.main.session", return_value=wire().session))
        if undone is not None:
            stack.enter_context(MENDS[undone].undo())
        trials = list(Explorer(wire(), folder).explore(scenario))
    return [{"command": scenario.name, **trial} for trial in trials]


def all_of(scenarios: Sequence[Scenario], undone: str | None = None) -> list[Report]:
    """The trials of all, a line as soon as a command is through."""
    found: list[Report] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for trials in pool.map(partial(explore, undone=undone), scenarios):
            found += trials
            wrong = [trial for trial in trials if trial["wrong"]]
            calls = len({trial["number"] for trial in trials})
            print(f"{trials[0]['command']}: {calls} calls, {len(trials)} trials, "
                  f"{len(wrong)} violations", flush=True)  # fmt: skip
            for trial in wrong if undone is None else ():
                where = f"{trial['fault']} at call {trial['number']}, {trial['call']}"
                print(f"  {where}: {'; '.join(trial['wrong'])}", flush=True)
    return found


def summary(trials: Sequence[Report], seconds: float) -> Report:
    """What build/explore/report.json says."""
    wrong = [trial for trial in trials if trial["wrong"]]
    return {
        "commands": len({trial["command"] for trial in trials}),
        "calls": len({(trial["command"], trial["number"]) for trial in trials}),
        "operations": sorted({trial["call"] for trial in trials}),
        "faults": list(FAULTS),
        "schedules": len(trials),
        "violations": len(wrong),
        "seconds": round(seconds, 1),
        "found": wrong,
    }


def prove() -> int:
    """Undo each mend; exit status 1 where nothing is found."""
    missed = 0
    for name, mend in MENDS.items():
        touched = [each for each in SCENARIOS if each.name in mend.scenarios]
        found = sum(bool(trial["wrong"]) for trial in all_of(touched, name))
        print(f'Without "{name}": {found} violations.', flush=True)
        missed += not found
    return int(bool(missed))


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 where all holds."""
    parser = argparse.ArgumentParser(prog="explore", description=__doc__)
    parser.add_argument("command", nargs="*", help="explore these only, such as 'rollback'")
    parser.add_argument("--prove", action="store_true", help="undo mends, and find each")
    options = parser.parse_args(arguments)
    if unknown := set(options.command) - {each.name for each in SCENARIOS}:
        known = ", ".join(each.name for each in SCENARIOS)
        parser.error(f"there is no {', '.join(sorted(unknown))}: name one of {known}")
    if options.prove:
        return prove()
    began = time.monotonic()
    chosen = [s for s in SCENARIOS if not options.command or s.name in options.command]
    report = summary(all_of(chosen), time.monotonic() - began)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(
        f"{report['commands']} commands, {report['calls']} calls, {len(FAULTS)} faults, "
        f"{report['schedules']} schedules, {report['violations']} violations "
        f"in {report['seconds']} s: {REPORT}"
    )
    return int(bool(report["violations"]))


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
