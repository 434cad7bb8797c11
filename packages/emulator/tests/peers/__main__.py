"""`python -m emulator.tests.peers PATH [PYTEST ARGUMENTS]`: run both suites, and count."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from console import closed_output, lifelines
from console.arguments import RaisingParser
from console.checkout import IMPORTED_FROM
from console.errors import UsageError
from emulator.tests.peers import counts
from emulator.tests.peers.counts import Counts
from emulator.tests.peers.lists import Listed
from emulator.tests.peers.suites import SUITES, Suite
from sandbox.environment import local


def main(arguments: list[str]) -> int:
    """Return 1 after a failure that known.toml does not list, 2 for bad input, else 0."""
    parser = RaisingParser(prog="nox -s peer_suites --", description=main.__doc__)
    parser.add_argument("path", type=Path, help="where localstack/ and moto/ are, as cloned")
    try:
        given, chosen = parser.parse_known_args(arguments)
        suites = [(suite, _checkout(given.path, suite)) for suite in SUITES]
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    ended = [(suite, checkout, _run(suite, checkout, chosen)) for suite, checkout in suites]
    told = [_tell(*each, _whole(each[0], chosen)) for each in ended]
    return int(any(told))


def _whole(suite: Suite, chosen: list[str]) -> tuple[str, ...]:
    """Return the folders of a suite that pytest's arguments leave as they are."""
    if chosen and not set(chosen) <= {folder for each in SUITES for folder in each.tests}:
        return ()
    return tuple(folder for folder in suite.tests if not chosen or folder in chosen)


def _checkout(path: Path, suite: Suite) -> Path:
    checkout = (path / suite.name).absolute()
    if missing := [folder for folder in suite.tests if not (checkout / folder).is_dir()]:
        raise UsageError(
            f"There is no {checkout / missing[0]}: name a folder that holds clones of "
            "localstack/localstack and getmoto/moto as localstack/ and moto/."
        )
    return checkout


def _run(suite: Suite, checkout: Path, chosen: list[str]) -> dict[str, str] | None:
    """How each test ended; None where `chosen`, pytest's arguments, name others' tests alone."""
    named = [each for each in chosen if each.startswith("tests/")]
    own = [each for each in named if (checkout / each.partition("::")[0]).exists()]
    if named and not own:
        return None
    options = [each for each in chosen if each not in named]
    with tempfile.TemporaryDirectory() as place:
        record = Path(place, "record.json")
        lifelines.run(
            [
                *(sys.executable, "-S", "-s", "-m", "pytest", "-q", "--tb=short"),
                *("-p", "emulator.tests.peers.plugin", "-p", "no:cacheprovider"),
                *("-o", "log_level=WARNING", "--show-capture=no", "--disable-warnings"),
                *suite.arguments, *options, *(own or suite.tests),
            ],
            cwd=checkout,
            env={
                **local(), **suite.variables,
                "PYTHONPATH": os.pathsep.join([str(suite.libraries), IMPORTED_FROM]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PEER_SUITE": suite.name, "PEER_RECORD": str(record),
            },
        )  # fmt: skip
        if not record.exists():
            return {"pytest itself": "failed"}
        return dict(json.loads(record.read_text(encoding="utf-8")))


def _tell(
    suite: Suite, checkout: Path, found: dict[str, str] | None, folders: tuple[str, ...]
) -> bool:
    """Print the counts and what is not as listed; whether a failure is new.

    The counts of `folders`, which were run whole, are kept.
    """
    if found is None:
        return False
    known = Listed.read("known.toml", suite.name)
    failed = [test for test, how in found.items() if how == "failed"]
    new = [test for test in failed if not known.pattern(test)]
    for test in new:
        print(f"New failure: {test}")
    for test, how in found.items():
        if how == "passed" and known.pattern(test):
            print(f"Passes, take it off known.toml: {test}")
    if folders == suite.tests:
        for pattern in known.reasons.keys() - set(map(known.pattern, found)):
            print(f"Names no test, take it off known.toml: {pattern}")
    commit = _commit(checkout)
    told = Counts.of(commit, found.values())
    print(
        f"{suite.name} at {commit}: {told.passed} passed, {told.out_of_scope} out of scope, "
        f"{told.failed} failed ({told.failed - len(new)} known, {len(new)} new)."
    )
    for folder in folders:
        endings = (how for test, how in found.items() if test.startswith(folder))
        counts.keep(f"{suite.name}: {folder}", Counts.of(commit, endings))
    return bool(new)


def _commit(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"]
    asked = lifelines.run(command, capture_output=True, text=True, env=local())
    return str(asked.stdout).strip() or "no commit"


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
