"""`rollback`: all traffic to a version that was good, in one write, without a build or Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release import alias
from release.alias import Record
from release.errors import AliasChangedError, UnavailableError, UsageError
from release.result import Change, Exit, Result
from release.target import check_number

if TYPE_CHECKING:
    from release.alias import Alias
    from release.clock import Clock
    from release.lambda_adapter import Functions
    from release.outputs import Outputs

ATTEMPTS = 5
"""Writes tried when others write the alias at the same time."""

_TOO_FAST = "The alias is being changed too fast by others: stop them, then repeat."


def rollback(
    functions: Functions, outputs: Outputs, clock: Clock, version: str | None = None
) -> Result:
    """Put the alias back.

    Without a version: during a canary to the live version, else to the one that was live before.
    That one then is the previous, so rolling back twice returns to where it began.
    """
    began = clock.monotonic()
    first = alias.read(functions)
    target = check_number(version) if version else choose(first, outputs)
    if functions.find_version(target) is None:
        raise UsageError(
            f"{outputs.function} has no version {target}: name one that exists with --version."
        )
    changed = _put_back(functions, clock, target)
    seconds = round(clock.monotonic() - began, 3)
    return _result(outputs, first, target, changed=changed, seconds=seconds)


def end_canary(functions: Functions, outputs: Outputs, clock: Clock) -> Result:
    """End a canary that nobody watches any longer; without one, do nothing.

    Unlike a rollback it never moves the live version, whatever others do meanwhile.
    """
    began = clock.monotonic()
    first = alias.read(functions)
    seen, changed = first, False
    for _ in range(ATTEMPTS):
        if not seen.weights:
            seconds = round(clock.monotonic() - began, 3)
            return _result(outputs, first, seen.version, changed=changed, seconds=seconds)
        try:
            seen = alias.make_live(
                functions, seen, seen.version, _record(seen, seen.version), clock
            )
            changed = True
        except AliasChangedError:
            seen = alias.read(functions)
    raise UnavailableError(_TOO_FAST)


def choose(seen: Alias, outputs: Outputs) -> str:
    """The version to go back to; UsageError if none is known."""
    if seen.weights:
        return seen.version
    if seen.record.previous is None or seen.record.previous == seen.version:
        raise UsageError(f"{outputs.alias} records no previous version: name one with --version N.")
    return seen.record.previous


def _put_back(functions: Functions, clock: Clock, target: str) -> bool:
    """Write until the alias serves the target alone; whether a write was needed.

    A rollback is urgent, so a write by somebody else in between does not stop it; the target was
    chosen once, from what the caller saw, so two at a time do not undo each other.
    """
    for _ in range(ATTEMPTS):
        seen = alias.read(functions)
        if seen.version == target and not seen.weights:
            return False
        try:
            alias.make_live(functions, seen, target, _record(seen, target), clock)
        except AliasChangedError:
            continue
        return True
    raise UnavailableError(_TOO_FAST)


def _record(seen: Alias, target: str) -> Record:
    if seen.version == target:  # only a canary ends; how this version came to be live stands
        kept = seen.record
        return Record(kept.previous, kept.commit, kept.verdict, kept.reason, kept.candidate)
    return Record(previous=seen.version, verdict="rollback")


def _result(
    outputs: Outputs, first: Alias, target: str, *, changed: bool, seconds: float
) -> Result:
    before = first.version
    if first.weights:
        before += " with canary " + ", ".join(first.weights)
    message = (
        f"{outputs.alias} serves version {target} alone (before: {before}); "
        f"{'it took' if changed else 'nothing to do,'} {seconds:.2f} s."
    )
    details = {
        "from": first.version,
        "to": target,
        "changed": changed,
        "seconds": seconds,
        "endedCanary": next(iter(first.weights), None),
    }
    verdict = "rolled back" if changed else "nothing to roll back"
    return Result(Exit.DONE, message, details, Change(before, target, "not read", verdict))
