"""`canary`: give a candidate a share of the alias's traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.aws.clock import to_text
from release.errors import AliasChangedError
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.alias import Candidate
from release.state.ledger import Entry
from release.state.succession import check_succession
from release.state.versions import check_number, check_target, served_already

if TYPE_CHECKING:
    from release.aws.lambda_functions import Functions
    from release.context import Release
    from release.outputs import Outputs
    from release.state.alias import Alias


def canary(
    release: Release,
    version: str,
    weight: float,
    reason: str | None = None,
    watch: float | None = None,
) -> Result:
    """Start (or restart, the analysis with it) a canary of `version` at `weight` (0 to 1).

    `watch` is for how many seconds somebody means to watch it; the alias notes it.

    UsageError for what must not be given traffic; nothing is changed then. What is older than the
    live version, was rolled back from, takes another canary's place or takes all the traffic is
    refused unless a reason is given, which the ledger keeps.
    """
    said = (reason or "").strip()
    _check(version, weight)
    seen = alias.read(release.functions)
    if seen.version == version:
        return Result(
            Exit.DONE,
            served_already(release.outputs, version),
            {"from": version, "to": version, "weight": 0.0, "changed": False, "since": None},
            Change(version, version, "not read", "nothing to promote"),
        )
    check_target(release, version)
    _check_share(version, weight, said)
    since = release.clock.now()
    insists = check_succession(release, seen, version, reason) is not None or weight == 1
    try:
        entry = _insist(release.functions, seen, version, said, to_text(since)) if insists else None
        begun = Candidate(version, to_text(since), watch=round(watch) if watch else None)
        alias.start_canary(release.functions, seen, begun, weight, entry)
    except AliasChangedError:
        return changed_meanwhile(release.outputs, version)
    share = amounts.weight(weight)
    return Result(
        Exit.DONE,
        f"{release.outputs.alias} sends {share} to version {version}, the rest to "
        f"{seen.version}.{_replaced(seen, version)}",
        {
            "from": seen.version,
            "to": version,
            "weight": weight,
            "changed": True,
            "since": to_text(since),
        },
        Change(seen.version, f"{version} at {share}", "not read", "canary started"),
    )


def _check(version: str, weight: float) -> None:
    check_number(version)
    if not 0 <= weight <= 1:
        raise UsageError(
            f"A weight of {amounts.number(weight)} is impossible: name a share from 0 to 1."
        )


def _check_share(version: str, weight: float, said: str) -> None:
    if weight == 1 and not said:
        raise UsageError(
            f"A weight of 1 sends everything to version {version}, which no gate has judged: "
            "name a smaller share, or say why with --reason TEXT."
        )


def _replaced(seen: Alias, version: str) -> str:
    others = ", ".join(each for each in seen.weights if each != version)
    return f" The canary of version {others} has ended." if others else ""


def _insist(functions: Functions, seen: Alias, version: str, reason: str, at: str) -> str:
    """The ledger's entry of a canary that somebody insists on."""
    entry = Entry(
        version,
        "canary",
        at,
        before=seen.version,
        verdict="forced",
        who=ledger.author(),
        parent=seen.record.entry,
        reason=reason,
    )
    return ledger.write(functions, entry)


def changed_meanwhile(outputs: Outputs, version: str) -> Result:
    """Somebody else's write came first: theirs stands."""
    return Result(
        Exit.FAIL,
        f"{outputs.alias} was changed by somebody else in between, so version {version} was left "
        "alone: look at `status`, then repeat if it is still right.",
        {"changed": False, "conflict": True},
        Change("?", version, "not read", "alias changed by somebody else"),
    )
