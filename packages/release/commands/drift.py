"""`drift`: does what is deployed still equal what the outputs, the alias and the ledger say?

The program itself is compared by `nox -s drift`, which asks Pulumi first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

from release.aws.clock import from_text, to_text
from release.commands.live_watch import due
from release.errors import NoAliasError
from release.gate.decision import watches_candidate
from release.observation import Policy
from release.result import Change, Exit, Result
from release.state import alias, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from release.aws.lambda_functions import Version
    from release.context import Release
    from release.observation import Alarm
    from release.outputs import Outputs
    from release.state.alias import Alias
    from release.state.ledger import Entry


WATCH = 3600.0
"""Seconds that a canary is taken to be watched for where the alias does not say: a job's time."""

MARGIN = 300.0
"""Seconds for what surrounds the watch: smoke test, warming, promotion."""


def drift(release: Release) -> Result:
    """Read everything, change nothing; fails with each thing that differs."""
    try:
        seen = alias.read(release.functions)
    except NoAliasError as gone:
        details: dict[str, object] = {"version": None, "findings": [str(gone)]}
        return Result(Exit.FAIL, str(gone), details, Change("none", "none", "not read", "drifted"))
    linked = ledger.read(release.functions, seen)
    found = [
        *alias_findings(seen, linked),
        *canary_findings(seen, release.clock.now()),
        *watch_findings(seen, release.clock.now()),
        *_live_findings(release, seen),
        *_deployed_findings(release),
        *alarm_findings(
            release.monitoring.alarms(release.outputs.release_alarms),
            release.outputs,
            release.clock.now(),
        ),
    ]
    message = "; ".join(found) + "." if found else "Nothing has drifted."
    verdict = "drifted" if found else "as it should be"
    return Result(
        Exit.FAIL if found else Exit.DONE,
        message,
        {"version": seen.version, "findings": found},
        Change(seen.version, seen.version, "read", verdict),
    )


def alias_findings(seen: Alias, linked: Sequence[Entry]) -> list[str]:
    """What alias, its record and the ledger tell differently."""
    wrong = ledger.disagreement(seen, linked)
    found = [wrong] if wrong else []
    candidate = seen.record.candidate
    found += [
        f"the alias weighs version {version}, which no canary on record explains"
        for version in seen.weights
        if candidate is None or candidate.version != version
    ]
    return found


def canary_findings(seen: Alias, now: datetime) -> list[str]:
    """A canary that nobody watches any longer: its bake time and patience are over."""
    candidate = seen.record.candidate
    if candidate is None or not seen.is_canary(candidate.version):
        return []
    watch = WATCH if candidate.watch is None else candidate.watch
    try:
        age = (now - from_text(candidate.since)).total_seconds()
    except ValueError:
        return [f"the alias does not say since when version {candidate.version} is its canary"]
    if age <= watch + MARGIN:
        return []
    share = amounts.weight(seen.weights[candidate.version])
    return [
        f"version {candidate.version} has had {share} of the traffic for {_minutes(age)} "
        f"and was to be watched for {_minutes(watch)}: `rollback --canary-only` ends it"
    ]


def watch_findings(seen: Alias, now: datetime) -> list[str]:
    """A version that was promoted and that nobody judged afterwards: its time is over."""
    noted = due(seen)
    if noted is None or not noted.is_abandoned(now):
        return []
    return [
        f"version {noted.version} was to be watched against {noted.before} until "
        f"{to_text(noted.until)}, and nobody has judged it: `watch` does"
    ]


def _minutes(seconds: float) -> str:
    return amounts.number(round(seconds / 60), "min")


def version_findings(version: Version, outputs: Outputs) -> list[str]:
    """What a version is configured with and the outputs say otherwise."""
    found = []
    configured, queue = version.configured, outputs.dead_letter_arn
    if queue not in (None, configured.dead_letters):
        sends = f"has the DLQ {configured.dead_letters}, not {queue}"
        found.append(f"version {version.number} {sends}")
    if outputs.table is not None and outputs.table not in configured.variables.values():
        found.append(f"none of version {version.number}'s variables names table {outputs.table}")
    return found


def alarm_findings(alarms: Sequence[Alarm], outputs: Outputs, now: datetime) -> list[str]:
    """Release alarms that are gone or watch another version than the last deployment's."""
    if outputs.candidate_version is None:
        return []
    policy = Policy(outputs.function, outputs.alias, outputs.candidate_version, now, now)
    gone = [f"{alarm.name} does not exist" for alarm in alarms if alarm.state == "ABSENT"]
    return gone + [
        f"{alarm.name} does not watch version {outputs.candidate_version}"
        for alarm in alarms
        if alarm.state != "ABSENT" and not watches_candidate(alarm, policy)
    ]


def _live_findings(release: Release, seen: Alias) -> list[str]:
    live = release.functions.find_version(seen.version)
    if live is None:
        return [f"the alias serves version {seen.version}, which does not exist"]
    return version_findings(live, release.outputs)


def _deployed_findings(release: Release) -> list[str]:
    found = []
    reserved, expected = (
        release.functions.reserved_concurrency(),
        release.outputs.reserved_concurrency,
    )
    if expected is not None and reserved != expected:
        found.append(f"the reserved concurrency is {reserved}, not {expected}")
    number = release.outputs.candidate_version
    if number is None:
        return found
    candidate = release.functions.find_version(number)
    if candidate is None:
        return [*found, f"version {number} of the last deployment does not exist"]
    if release.outputs.code_sha256 not in (None, candidate.code_sha256):
        found.append(f"version {number} does not hold the deployed artifact")
    return found
