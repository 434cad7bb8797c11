"""`nox -s explore`: every call, every fault, every command; then several commands at once, in every
order of their calls; build/explore/report.json.

Exit status 1 where something does not hold. `--prove` undoes mends one by one and must find each;
`--schedule ID` shows one order of calls again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from console import closed_output

from release.tests.explore.commands import SCENARIOS
from release.tests.explore.faults import FAULTS
from release.tests.explore.groups import GROUPS
from release.tests.explore.together import Together
from release.tests.explore.trials import Explorer
from release.tests.explore.undone import MENDS
from release.tests.explore.wire import Remembering, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from release.tests.explore.commands import Scenario
    from release.tests.explore.groups import Group

REPORT = Path("build/explore/report.json")
Report = dict[str, Any]


@cache
def wire(*, remembers: bool = False) -> Wire:
    """This process's."""
    return Remembering() if remembers else Wire()


@contextlib.contextmanager
def explorer(undone: str | None, *, remembers: bool = False) -> Iterator[Explorer]:
    """What runs commands, with a mend undone if one is named."""
    mine = wire(remembers=remembers)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(mock.patch("release.cli.main.session", return_value=mine.session))
        if undone is not None:
            stack.enter_context(MENDS[undone].undo())
        yield Explorer(mine, folder)


def explore(scenario: Scenario, undone: str | None = None) -> list[Report]:
    """The trials of one command."""
    with explorer(undone) as runs:
        trials = list(runs.explore(scenario))
    return [{"command": scenario.name, **trial} for trial in trials]


def meet(group: Group, undone: str | None = None) -> Report:
    """The orders of one group's calls."""
    with explorer(undone, remembers=True) as runs:
        return Together(group, runs).explore()


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


def all_at_once(groups: Sequence[Group], undone: str | None = None) -> list[Report]:
    """All groups, a line as soon as one is through; the longest begin first."""
    found: list[Report] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(meet, group, undone) for group in reversed(groups)]
        for task in as_completed(tasks):
            found.append(group := task.result())
            print(f"{group['group']}: {group['schedules']:,} orders in {group['states']:,} states, "
                  f"{len(group['wrong'])} violations", flush=True)  # fmt: skip
            for each in group["wrong"] if undone is None else ():
                print(f"  --schedule {each['schedule']}: {each['what']}", flush=True)
    return found


def summary(trials: Sequence[Report], groups: Sequence[Report], seconds: float) -> Report:
    """What build/explore/report.json says."""
    wrong = [trial for trial in trials if trial["wrong"]]
    wrong += [each for group in groups for each in group["wrong"]]
    return {
        "commands": len({trial["command"] for trial in trials}),
        "calls": len({(trial["command"], trial["number"]) for trial in trials}),
        "operations": sorted({trial["call"] for trial in trials}),
        "faults": list(FAULTS),
        "trials": len(trials),
        "groups": len(groups),
        "states": sum(group["states"] for group in groups),
        "schedules": len(trials) + sum(group["schedules"] for group in groups),
        "violations": len(wrong),
        "seconds": round(seconds, 1),
        "found": wrong,
    }


def prove() -> int:
    """Undo each mend; exit status 1 where nothing is found."""
    missed = 0
    for name, mend in MENDS.items():
        touched = [each for each in SCENARIOS if each.name in mend.scenarios]
        met = [each for each in GROUPS if each.name in mend.groups]
        found = sum(bool(trial["wrong"]) for trial in all_of(touched, name))
        found += sum(len(group["wrong"]) for group in all_at_once(met, name))
        print(f'Without "{name}": {found} violations.', flush=True)
        missed += not found
    return int(bool(missed))


def show(schedule: str) -> int:
    """Tell one order of calls; exit status 2 for one that is none."""
    name, _, order = schedule.partition(":")
    try:
        (group,) = [each for each in GROUPS if each.name == name]
        with explorer(None, remembers=True) as runs:
            for line in Together(group, runs).replay(order):
                print(line)
    except ValueError as error:
        print(f"There is no schedule {schedule}: {error}.", file=sys.stderr)
        return 2
    return 0


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 where all holds."""
    parser = argparse.ArgumentParser(prog="explore", description=__doc__)
    parser.add_argument("command", nargs="*", help="explore these only, such as 'rollback'")
    parser.add_argument("--prove", action="store_true", help="undo mends, and find each")
    parser.add_argument("--schedule", metavar="ID", help="show this order of calls again")
    options = parser.parse_args(arguments)
    names = [each.name for each in (*SCENARIOS, *GROUPS)]
    if unknown := set(options.command) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}: name one of {', '.join(names)}")
    if options.schedule:
        return show(options.schedule)
    if options.prove:
        return prove()
    began, only = time.monotonic(), options.command
    trials = all_of([each for each in SCENARIOS if not only or each.name in only])
    groups = all_at_once([each for each in GROUPS if not only or each.name in only])
    report = summary(trials, groups, time.monotonic() - began)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(
        f"{report['commands']} commands, {report['calls']} calls, {len(FAULTS)} faults, "
        f"{report['groups']} groups at once, {report['schedules']:,} schedules "
        f"({report['trials']:,} trials, and all orders of calls in {report['states']:,} states), "
        f"{report['violations']} violations in {report['seconds']} s: {REPORT}"
    )
    return int(bool(report["violations"]))


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
