"""The way back for an alias that somebody deleted: made anew where the ledger's last move led.

Until then every call at the alias is refused; the versions and the ledger's entries are all there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

from release.aws.clock import to_text
from release.errors import AliasChangedError, UnavailableError
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.alias import Alias, Record
from release.state.ledger import Entry
from release.state.succession import check_doubt
from release.state.versions import check_exists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.context import Release
    from release.errors import NoAliasError
    from release.outputs import Outputs


def restore(
    release: Release,
    linked: Sequence[Entry],
    gone: NoAliasError,
    version: str | None,
    reason: str | None,
) -> Result:
    """Make the alias anew at the version named, else at the one that was live by the ledger.

    `linked` is the ledger, newest first. Where it knows no move and no version is named, `gone`
    stands: the stack was never released. UnavailableError if the alias has come back meanwhile.
    """
    began = release.clock.monotonic()
    last = next((entry for entry in linked if entry.moves), None)
    if version is None and last is None:
        raise gone
    target = check_exists(release, version or (last.version if last else ""))
    if last is not None:
        check_doubt(Alias(last.version), linked, target, (reason or "").strip())
    entry = _entry(target, linked, last, (reason or "").strip(), to_text(release.clock.now()))
    record = Record(
        previous=_previous(target, last),
        commit=entry.commit,
        verdict=entry.verdict,
        entry=ledger.try_write(release.functions, entry) or entry.parent,
    )
    try:
        alias.create(release.functions, target, record)
    except AliasChangedError:
        raise UnavailableError(
            f"{release.outputs.alias} has come back meanwhile: look at `status`, then "
            "repeat if need be."
        ) from None
    return _result(release.outputs, target, last, round(release.clock.monotonic() - began, 3))


def _previous(target: str, last: Entry | None) -> str | None:
    """What was live before the target, as far as the ledger tells."""
    if last is None:
        return None
    return last.before if last.version == target else last.version


def _entry(target: str, linked: Sequence[Entry], last: Entry | None, reason: str, at: str) -> Entry:
    return Entry(
        target,
        "rollback",
        at,
        verdict="restored",
        commit=last.commit if last and last.version == target else None,
        who=ledger.author(),
        parent=linked[0].name if linked else None,
        reason=reason or "the alias was gone",
    )


def _result(outputs: Outputs, target: str, last: Entry | None, seconds: float) -> Result:
    known = f"the ledger's last move: {last.kind} to {last.version} at {last.at}" if last else None
    message = (
        f"{outputs.alias} was gone and serves version {target} again "
        f"({known or 'the ledger knows no move'}); it took {amounts.seconds(seconds)}."
    )
    details = {
        "from": None,
        "to": target,
        "changed": True,
        "seconds": seconds,
        "endedCanary": None,
        "restored": True,
    }
    return Result(Exit.DONE, message, details, Change("none", target, "not read", "restored"))
